import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ExecutionRecord } from '../engine/journal/execution-record.js';
import { Actor } from '../http/actor.js';
import { Answer, Message } from '../http/envelope.js';
import type { ExecutionStatistics } from '../repositories/execution-statistics.repository.js';
import { createExecution } from './create-execution.js';
import { CleanupExecutionsDto } from './dto/cleanup-executions.dto.js';
import { CreateExecutionDto } from './dto/create-execution.dto.js';
import { ExecutionStatisticsQuery } from './dto/execution-statistics.query.js';
import { GetExecutionQuery } from './dto/get-execution.query.js';
import { ListExecutionsQuery } from './dto/list-executions.query.js';
import { WaitQuery } from './dto/wait.query.js';
import { ExecutionEnds } from './execution-ends.js';
import { ExecutionHistory, type CleanupOutcome, type ExecutionPage } from './execution-history.js';
import { ExecutionsService } from './executions.service.js';
import { ShowsCursor } from '../http/cursor-header.js';
import { Operation } from '../http/openapi/operation.js';
import * as operations from './openapi/executions.operations.js';

/** Executions: made, found, read and deleted. */
@Controller('executions')
export class ExecutionsController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly history: ExecutionHistory,
    private readonly ends: ExecutionEnds,
  ) {}

  @Post()
  @Operation(operations.createExecution)
  @Message('Execution created successfully')
  async create(
    @Query() { wait }: WaitQuery,
    @Body() body: CreateExecutionDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Actor() actor: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionRecord> {
    const hungUp = wait === undefined ? undefined : hangUpOf(reply);
    const result = await this.executions.create(createExecution(body, idempotencyKey, actor));
    if ('existing' in result) void reply.status(200);
    const id = 'existing' in result ? result.existing : result.created.id;
    if (wait !== undefined && hungUp) await this.ends.wait(id, wait, hungUp);
    else if ('created' in result) return result.created;
    return this.history.get(id);
  }

  @Get()
  @Operation(operations.listExecutions)
  @ShowsCursor()
  list(@Query() query: ListExecutionsQuery): Promise<ExecutionPage> {
    return this.history.query(query);
  }

  @Get('stats')
  @Operation(operations.getExecutionStatistics)
  statistics(@Query() query: ExecutionStatisticsQuery): Promise<ExecutionStatistics> {
    return this.history.statistics(query);
  }

  @Post('cleanup')
  @Operation(operations.cleanUpExecutions)
  @HttpCode(200)
  @Message('Executions cleaned up')
  async cleanup(@Body() body: CleanupExecutionsDto): Promise<Answer> {
    const outcome: CleanupOutcome = await this.history.cleanup(body);
    return new Answer(outcome, body.dryRun ? 'Nothing was deleted: it was a dry run' : undefined);
  }

  @Get(':id')
  @Operation(operations.getExecution)
  @ShowsCursor()
  get(@Param('id') id: string, @Query() query: GetExecutionQuery): Promise<ExecutionRecord> {
    return this.history.get(id, query);
  }

  @Delete(':id')
  @Operation(operations.deleteExecution)
  @Message('Execution deleted successfully')
  async delete(@Param('id') id: string): Promise<null> {
    await this.history.delete(id);
    return null;
  }
}

/** Aborted when the client is gone, or has its answer. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const hungUp = new AbortController();
  reply.raw.once('close', () => hungUp.abort());
  return hungUp.signal;
}
