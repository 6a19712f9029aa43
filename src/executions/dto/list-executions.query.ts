import { IsArray, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { TRIGGER_TYPES, type Trigger } from '../../engine/journal/events.js';
import { ACTIVITIES, type Activity, type Attention } from '../../engine/journal/summary.js';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../engine/state/transitions.js';
import { Describe, Omittable, PrefixedParameters } from '../../http/dto-rules.js';
import type { ExecutionSort } from '../../repositories/execution-list-query.js';
import { LATEST_TIME } from './latest-time.js';

/** Query of GET /executions. */
export class ListExecutionsQuery {
  @Describe('Of this workflow', 'wf_orders')
  @Omittable()
  @IsString()
  @Length(1, 128)
  workflowId?: string;

  @Describe('In any of these statuses', ['failed', 'paused'])
  @Omittable()
  @IsArray()
  @IsIn(EXECUTION_STATUSES, { each: true })
  status?: ExecutionStatus[];

  @Describe('With this activity', 'waiting')
  @Omittable()
  @IsIn(ACTIVITIES)
  activity?: Activity;

  @Describe('With this need of a person; `any`: with one of them', 'any')
  @Omittable()
  @IsIn(['any', 'unknown', 'rollback-stopped', 'crash-loop', 'failed'])
  attention?: Attention | 'any';

  @Describe('The start, or the planned one, is not before this (epoch ms)', 1_704_067_200_000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  startTimeFrom?: number;

  @Describe('The start, or the planned one, is not after this (epoch ms)', 1_704_153_600_000)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  startTimeTo?: number;

  @Describe('Started in this way', 'api')
  @Omittable()
  @IsIn(TRIGGER_TYPES)
  triggerType?: Trigger['type'];

  @Describe('Started by this user: of the trigger', 'zoe')
  @Omittable()
  @IsString()
  @MaxLength(128)
  userId?: string;

  @Describe('With this label; several together must all hold', 'shop')
  @Omittable()
  @PrefixedParameters('label.')
  labels?: { [name: string]: string };

  @Describe("Part of the workflow's name, upper and lower case alike, or the beginning of an execution's id", 'order')
  @Omittable()
  @IsString()
  @MaxLength(1000)
  search?: string;

  @Describe('What decides the order', 'duration')
  @IsIn(['startTime', 'duration', 'createdAt'])
  sortBy: ExecutionSort = 'createdAt';

  @Describe('Ascending or descending', 'desc')
  @IsIn(['asc', 'desc'])
  sortOrder: 'asc' | 'desc' = 'desc';

  @Describe(
    'Number of the page, from 1; page × pageSize is at most 100,000. Without it the answer has a `nextCursor`',
    1,
  )
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page?: number;

  @Describe('Most rows of a page', 20)
  @IsInt()
  @Min(1)
  @Max(200)
  pageSize: number = 20;

  @Describe('The `nextCursor` of the page before; in place of `page`')
  @Omittable()
  @IsString()
  @Length(1, 2000)
  cursor?: string;
}
