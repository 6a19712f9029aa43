import { IsInt, Max, Min } from 'class-validator';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { LATEST_TIME } from './latest-time.js';

/** Query of GET /executions/:id/metrics. */
export class ListMetricsQuery {
  @Describe('Measured at or after this (epoch ms)', 1_704_067_200_000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  from?: number;

  @Describe('Measured at or before this (epoch ms)', 1_704_153_600_000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  to?: number;

  @Describe('Most samples of the answer: of more, so many are picked evenly, the first and the last among them', 200)
  @IsInt()
  @Min(1)
  @Max(1000)
  points: number = 1000;
}
