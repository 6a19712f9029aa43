import { IsBoolean, IsIn, IsNumber, IsString, Length, Max, Min } from 'class-validator';
import { Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/cleanup. */
export class CleanupExecutionsDto {
  /** Days since the end, fractions too; 0: all that have ended. */
  @IsNumber()
  @Min(0)
  @Max(36_500)
  olderThanDays: number = 30;

  @Omittable()
  @IsIn(['completed', 'failed', 'cancelled'])
  status?: 'completed' | 'failed' | 'cancelled';

  @Omittable()
  @IsString()
  @Length(1, 128)
  workflowId?: string;

  /** Counts, and deletes nothing. */
  @IsBoolean()
  dryRun: boolean = false;
}
