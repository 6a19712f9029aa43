import { Body, Controller, Headers, HttpCode, Param, Post, Put } from '@nestjs/common';
import { invalidParams } from '../engine/errors.js';
import { recordWithoutNodes, type ExecutionRecord } from '../engine/journal/execution-record.js';
import type { JsonValue } from '../engine/json.js';
import { Actor } from '../http/actor.js';
import { Answer } from '../http/envelope.js';
import { CancelExecutionDto } from './dto/cancel-execution.dto.js';
import { ChangeStatusDto } from './dto/change-status.dto.js';
import { ExecutionReader } from './execution-reader.js';
import { ExecutionsService } from './executions.service.js';
import { expectedSeq } from './expected-seq.js';
import { statusCommand } from './status-command.js';
import { Operation } from '../http/openapi/operation.js';
import * as operations from './openapi/execution-commands.operations.js';

type CommandAnswer = Omit<ExecutionRecord, 'nodes'>;

/** What a cancellation would do. */
interface CancelPreview {
  willAbort: string[];
  warnings: JsonValue[];
}

/** Commands; each answers the record without nodes, once what it changed is committed. */
@Controller('executions/:id')
export class ExecutionCommandsController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly reader: ExecutionReader,
  ) {}

  @Put('status')
  @Operation(operations.changeStatus)
  async changeStatus(
    @Param('id') id: string,
    @Body() body: ChangeStatusDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<Answer> {
    const command = statusCommand(body, actor);
    const ifMatchSeq = expectedSeq(ifMatch);
    if (command) await this.executions.command(id, command, { ifMatchSeq });
    else await this.reader.refuseStatus(id, body.status, ifMatchSeq);
    return this.answer(id);
  }

  @Post('cancel')
  @Operation(operations.cancelExecution)
  @HttpCode(200)
  async cancel(
    @Param('id') id: string,
    @Body() { reason, rollback, dryRun }: CancelExecutionDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Actor() actor: string | undefined,
  ): Promise<Answer> {
    if (rollback) {
      throw invalidParams([{ field: 'rollback', message: 'rollback is not available yet: cancel without it' }]);
    }
    const ifMatchSeq = expectedSeq(ifMatch);
    if (dryRun) {
      const preview: CancelPreview = { willAbort: await this.reader.abortedByCancel(id, ifMatchSeq), warnings: [] };
      return new Answer(preview, 'Nothing was changed');
    }
    await this.executions.command(id, { kind: 'end', then: 'cancelled', actor, reason }, { ifMatchSeq });
    return this.answer(id);
  }

  private async answer(id: string): Promise<Answer> {
    const record: CommandAnswer = recordWithoutNodes(await this.reader.record(id));
    return new Answer(record, message(record));
  }
}

/** What has been reached by now: a pause may still wait for nodes, a cancellation for their end. */
function message({ status, activity }: CommandAnswer): string {
  if (activity === 'pausing' || activity === 'cancelling') return `Execution is ${activity}`;
  if (status === 'pending') return 'Execution is pending';
  if (status === 'failed') return 'Execution ended as failed';
  return `Execution ${status === 'running' ? 'resumed' : status} successfully`;
}
