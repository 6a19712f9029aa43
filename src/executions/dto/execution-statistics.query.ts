import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { Omittable } from '../../http/dto-rules.js';
import { LATEST_TIME } from './latest-time.js';

/** Query of GET /executions/stats. */
export class ExecutionStatisticsQuery {
  /** Epoch ms; created at or after this. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  from?: number;

  /** Epoch ms; created at or before this. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  to?: number;

  @Omittable()
  @IsString()
  @Length(1, 128)
  workflowId?: string;

  /** Adds `byHour`. */
  @Omittable()
  @IsIn(['hour'])
  interval?: 'hour';
}
