import { IsBoolean, IsIn, IsNumber, IsString, Length, Max, Min } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';

/** Body of POST /executions/cleanup. */
export class CleanupExecutionsDto {
  @Describe('Days since the end, fractions too; 0: all that have ended')
  @IsNumber()
  @Min(0)
  @Max(36_500)
  olderThanDays: number = 30;

  @Describe('Only those that ended so')
  @Omittable()
  @IsIn(['completed', 'failed', 'cancelled'])
  status?: 'completed' | 'failed' | 'cancelled';

  @Describe('Only those of this workflow')
  @Omittable()
  @IsString()
  @Length(1, 128)
  workflowId?: string;

  @Describe('Counts, and deletes nothing')
  @IsBoolean()
  dryRun: boolean = false;
}
