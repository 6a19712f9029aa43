import { IsBoolean, IsString, MaxLength } from 'class-validator';
import { Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/:id/cancel. */
export class CancelExecutionDto {
  /** Kept in the journal and shown in the history. */
  @Omittable()
  @IsString()
  @MaxLength(10_000)
  reason?: string;

  /** Undo what was done before it ends. */
  @IsBoolean()
  rollback: boolean = false;

  /** Says which nodes would be aborted, and changes nothing. */
  @IsBoolean()
  dryRun: boolean = false;
}
