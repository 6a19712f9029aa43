import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ExecutionRecord } from '../engine/journal/execution-record.js';
import type { CheckpointRecord } from '../engine/journal/record-checkpoints.js';
import { triggerOf } from '../executions/create-execution.js';
import { ExecutionReader } from '../executions/execution-reader.js';
import { expectedSeq } from '../executions/expected-seq.js';
import { idempotencyKey } from '../executions/idempotency-key.js';
import { Actor } from '../http/actor.js';
import { Answer, Message } from '../http/envelope.js';
import { Operation } from '../http/openapi/operation.js';
import { CheckpointDto } from './dto/checkpoint.dto.js';
import { RerunDto } from './dto/rerun.dto.js';
import { ResumeDto } from './dto/resume.dto.js';
import * as operations from './openapi/resume.operations.js';
import { Rerun } from './rerun.js';
import { ResumeManager } from './resume-manager.js';

/** How an execution goes on, is marked, or is run once more. */
@Controller('executions/:id')
export class ResumeController {
  constructor(
    private readonly resumes: ResumeManager,
    private readonly reruns: Rerun,
    private readonly reader: ExecutionReader,
  ) {}

  @Post('resume')
  @Operation(operations.resumeExecution)
  @HttpCode(200)
  async resume(
    @Param('id') id: string,
    @Body() { dryRun, reason, ...request }: ResumeDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<Answer> {
    const options = { ifMatchSeq: expectedSeq(ifMatch), idempotencyKey: idempotencyKey(key), actor, reason };
    if (dryRun) {
      return new Answer(await this.resumes.canResume(id, request, options.ifMatchSeq), 'Nothing was changed');
    }
    const outcome = await this.resumes.resume(id, request, options);
    return new Answer(outcome, outcome.message);
  }

  @Post('checkpoints')
  @Operation(operations.createCheckpoint)
  @Message('Checkpoint created successfully')
  createCheckpoint(
    @Param('id') id: string,
    @Body() { label, state, reason }: CheckpointDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<CheckpointRecord> {
    const options = { ifMatchSeq: expectedSeq(ifMatch), idempotencyKey: idempotencyKey(key), actor, reason };
    return this.resumes.createSnapshot(id, { label, state }, options);
  }

  @Post('rerun')
  @Operation(operations.rerunExecution)
  @Message('Execution created successfully')
  async rerun(
    @Param('id') id: string,
    @Body() { trigger, variables, revision, reason }: RerunDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Actor() actor: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionRecord> {
    const options = { ifMatchSeq: expectedSeq(ifMatch), idempotencyKey: idempotencyKey(key), actor, reason };
    const request = { trigger: trigger && triggerOf(trigger), variables, revision };
    const result = await this.reruns.start(id, request, options);
    if ('created' in result) return result.created;
    void reply.status(200);
    return this.reader.record(result.existing);
  }
}
