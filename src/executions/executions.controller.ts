import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ExecutionRecord } from '../engine/journal/execution-record.js';
import { Actor } from '../http/actor.js';
import { Message } from '../http/envelope.js';
import type { ExecutionStatistics } from '../repositories/execution-statistics.repository.js';
import { createExecution } from './create-execution.js';
import { CleanupExecutionsDto } from './dto/cleanup-executions.dto.js';
import { CreateExecutionDto } from './dto/create-execution.dto.js';
import { ExecutionStatisticsQuery } from './dto/execution-statistics.query.js';
import { GetExecutionQuery } from './dto/get-execution.query.js';
import { ListExecutionsQuery } from './dto/list-executions.query.js';
import { ExecutionHistory, type ExecutionPage } from './execution-history.js';
import { ExecutionsService } from './executions.service.js';

/** Executions: made, found, read and deleted. */
@Controller('executions')
export class ExecutionsController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly history: ExecutionHistory,
  ) {}

  @Post()
  @Message('Execution created successfully')
  async create(
    @Body() body: CreateExecutionDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Actor() actor: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionRecord> {
    const result = await this.executions.create(createExecution(body, idempotencyKey, actor));
    if ('created' in result) return result.created;
    void reply.status(200);
    return this.history.get(result.existing);
  }

  @Get()
  list(@Query() query: ListExecutionsQuery): Promise<ExecutionPage> {
    return this.history.query(query);
  }

  @Get('stats')
  statistics(@Query() query: ExecutionStatisticsQuery): Promise<ExecutionStatistics> {
    return this.history.statistics(query);
  }

  @Post('cleanup')
  @HttpCode(200)
  @Message('Executions cleaned up')
  cleanup(@Body() body: CleanupExecutionsDto): Promise<{ deletedCount: number; olderThanDays: number }> {
    return this.history.cleanup(body);
  }

  @Get(':id')
  get(@Param('id') id: string, @Query() query: GetExecutionQuery): Promise<ExecutionRecord> {
    return this.history.get(id, query);
  }

  @Delete(':id')
  @Message('Execution deleted successfully')
  async delete(@Param('id') id: string): Promise<null> {
    await this.history.delete(id);
    return null;
  }
}
