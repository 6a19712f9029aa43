import { IsBoolean, IsString, MaxLength } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/:id/cancel. */
export class CancelExecutionDto {
  @Describe('Kept in the journal and shown in the history')
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;

  @Describe('Undo what was done before it ends, as with force: what cannot be undone stays, and is told in `rollbacks`')
  @IsBoolean()
  rollback: boolean = false;

  @Describe('Says which nodes would be aborted, and with `rollback` what would be undone, and changes nothing')
  @IsBoolean()
  dryRun: boolean = false;
}
