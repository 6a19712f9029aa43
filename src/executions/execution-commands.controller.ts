import { Body, Controller, Headers, HttpCode, Param, Post, Put } from '@nestjs/common';
import { recordWithoutNodes, type ExecutionRecord } from '../engine/journal/execution-record.js';
import type { Command } from '../engine/state/decide-command.js';
import { Actor } from '../http/actor.js';
import { Answer } from '../http/envelope.js';
import type { CancelPreview } from './cancel-preview.js';
import { CancelExecutionDto } from './dto/cancel-execution.dto.js';
import { ChangeStatusDto } from './dto/change-status.dto.js';
import { SettleNodeDto } from './dto/settle-node.dto.js';
import { ExecutionReader } from './execution-reader.js';
import { type CommandOptions, ExecutionsService } from './executions.service.js';
import { expectedSeq } from './expected-seq.js';
import { idempotencyKey } from './idempotency-key.js';
import { NodeSettlement } from './node-settlement.js';
import { statusCommand } from './status-command.js';
import { Operation } from '../http/openapi/operation.js';
import * as operations from './openapi/execution-commands.operations.js';

type CommandAnswer = Omit<ExecutionRecord, 'nodes'>;

/** Commands; each answers the record without nodes, once what it changed is committed. */
@Controller('executions/:id')
export class ExecutionCommandsController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly reader: ExecutionReader,
    private readonly settlement: NodeSettlement,
  ) {}

  @Put('status')
  @Operation(operations.changeStatus)
  async changeStatus(
    @Param('id') id: string,
    @Body() body: ChangeStatusDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<Answer> {
    return this.carryOut(id, statusCommand(body, actor), commandOptions(ifMatch, key));
  }

  @Post('cancel')
  @Operation(operations.cancelExecution)
  @HttpCode(200)
  async cancel(
    @Param('id') id: string,
    @Body() { reason, rollback, dryRun }: CancelExecutionDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<Answer> {
    const options = commandOptions(ifMatch, key);
    if (dryRun) {
      const preview: CancelPreview = await this.reader.cancelPreview(id, rollback, options.ifMatchSeq);
      return new Answer(preview, 'Nothing was changed');
    }
    const undo = rollback ? { rollback } : {};
    return this.carryOut(id, { kind: 'end', then: 'cancelled', ...undo, actor, reason }, options);
  }

  @Post('nodes/:nodeId/settle')
  @Operation(operations.settleNode)
  @HttpCode(200)
  async settle(
    @Param('id') id: string,
    @Param('nodeId') nodeId: string,
    @Body() { status, outputs, port, reason }: SettleNodeDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<Answer> {
    const options = commandOptions(ifMatch, key);
    const command = { kind: 'settle', nodeId, status, outputs, port, actor, reason } as const;
    await this.settlement.check(id, command);
    return this.carryOut(id, command, options, () => `Node settled as ${status}`);
  }

  /**
   * With a key the answer is rendered as of the seq that the command led to, so that it is the same each time; so is that of
   * a resume, which may have ended by now.
   */
  private async carryOut(
    id: string,
    command: Command,
    options: CommandOptions,
    say: (record: CommandAnswer) => string = message,
  ): Promise<Answer> {
    const seq = await this.executions.command(id, command, options);
    const atSeq = options.idempotencyKey === undefined && command.kind !== 'resume' ? undefined : seq;
    const record: CommandAnswer = recordWithoutNodes(await this.reader.record(id, { atSeq }));
    return new Answer(record, say(record));
  }
}

/** @throws EngineError INVALID_PARAMS when a header is not as it must be */
function commandOptions(ifMatch: string | undefined, key: string | undefined): CommandOptions {
  return { ifMatchSeq: expectedSeq(ifMatch), idempotencyKey: idempotencyKey(key) };
}

/** What has been reached by now: a pause may still wait for nodes, a cancellation for their end. */
function message({ status, activity }: CommandAnswer): string {
  if (activity === 'pausing' || activity === 'cancelling' || activity === 'rolling-back') {
    return `Execution is ${activity}`;
  }
  if (activity === 'rollback-stopped') return 'Execution is cancelled; its rollback stopped half-way';
  if (status === 'pending') return 'Execution is pending';
  if (status === 'failed') return 'Execution ended as failed';
  return `Execution ${status === 'running' ? 'resumed' : status} successfully`;
}
