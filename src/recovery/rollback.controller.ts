import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { expectedSeq } from '../executions/expected-seq.js';
import { idempotencyKey } from '../executions/idempotency-key.js';
import { Actor } from '../http/actor.js';
import { Answer } from '../http/envelope.js';
import { Operation } from '../http/openapi/operation.js';
import { PageQuery } from '../http/pagination.js';
import { RollbackDto } from './dto/rollback.dto.js';
import * as operations from './openapi/rollback.operations.js';
import { RollbackManager, type RollbackPointList } from './rollback-manager.js';
import { rollbackRequest } from './rollback-request.js';

/** RFC 7240, 4.1; preferences are separated by commas. */
const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:[;,]|$)/i;

const MESSAGES = {
  planned: 'Nothing was changed',
  'in-progress': 'Rollback is in progress',
  completed: 'Rollback completed successfully',
  stopped: 'Rollback stopped',
} as const;

/** Where an execution can be rolled back to, and the rollback itself. */
@Controller('executions/:id')
export class RollbackController {
  constructor(private readonly rollbacks: RollbackManager) {}

  @Get('rollback-points')
  @Operation(operations.listRollbackPoints)
  points(@Param('id') id: string, @Query() query: PageQuery): Promise<RollbackPointList> {
    return this.rollbacks.getAvailableRollbackPoints(id, query);
  }

  @Post('rollback')
  @Operation(operations.rollBackExecution)
  @HttpCode(200)
  async rollback(
    @Param('id') id: string,
    @Body() body: RollbackDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Actor() actor: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Answer> {
    const request = rollbackRequest(body);
    const ifMatchSeq = expectedSeq(ifMatch);
    const given = { ifMatchSeq, idempotencyKey: idempotencyKey(key), actor, reason: body.reason };
    if (body.dryRun) {
      return new Answer(await this.rollbacks.validateRollback(id, request, ifMatchSeq), MESSAGES.planned);
    }
    const respondAsync = RESPOND_ASYNC.test(prefer ?? '');
    const hungUp = new AbortController();
    reply.raw.once('close', () => hungUp.abort());
    const answer = await this.rollbacks.rollback(id, request, { ...given, respondAsync, hungUp: hungUp.signal });
    if (respondAsync) void reply.status(202).header('Preference-Applied', 'respond-async');
    return new Answer(answer, MESSAGES[answer.status]);
  }
}
