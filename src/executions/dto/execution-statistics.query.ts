import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { LATEST_TIME } from './latest-time.js';

/** Query of GET /executions/stats. */
export class ExecutionStatisticsQuery {
  @Describe('Ended, or created and not ended, at or after this (epoch ms)', 1_704_067_200_000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  from?: number;

  @Describe('Ended, or created and not ended, at or before this (epoch ms)', 1_704_153_600_000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  to?: number;

  @Describe('Only those of this workflow', 'wf_orders')
  @Omittable()
  @IsString()
  @Length(1, 128)
  workflowId?: string;

  @Describe('Adds `byHour`', 'hour')
  @Omittable()
  @IsIn(['hour'])
  interval?: 'hour';
}
