import { IsArray, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import type { Trigger } from '../../engine/journal/events.js';
import type { Activity, Attention } from '../../engine/journal/summary.js';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../engine/state/transitions.js';
import { Omittable, PrefixedParameters } from '../../http/dto-rules.js';
import type { ExecutionSort } from '../../repositories/execution.repository.js';
import { LATEST_TIME } from './latest-time.js';

const ACTIVITIES: Activity[] = [
  'scheduled',
  'queued',
  'executing',
  'retrying',
  'waiting',
  'pausing',
  'cancelling',
  'rolling-back',
  'rollback-stopped',
];

/** Query of GET /executions. */
export class ListExecutionsQuery {
  @Omittable()
  @IsString()
  @Length(1, 128)
  workflowId?: string;

  /** Any of these. */
  @Omittable()
  @IsArray()
  @IsIn(EXECUTION_STATUSES, { each: true })
  status?: ExecutionStatus[];

  @Omittable()
  @IsIn(ACTIVITIES)
  activity?: Activity;

  /** `any`: whatever needs a person. */
  @Omittable()
  @IsIn(['any', 'unknown', 'rollback-stopped', 'crash-loop', 'failed'])
  attention?: Attention | 'any';

  /** Epoch ms; the start, or the planned one, is not before this. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  startTimeFrom?: number;

  /** Epoch ms; the start, or the planned one, is not after this. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LATEST_TIME)
  startTimeTo?: number;

  @Omittable()
  @IsIn(['manual', 'schedule', 'event', 'api'])
  triggerType?: Trigger['type'];

  /** Of the trigger. */
  @Omittable()
  @IsString()
  @MaxLength(128)
  userId?: string;

  /** `label.<name>=<value>`: all of these. */
  @Omittable()
  @PrefixedParameters('label.')
  labels?: { [name: string]: string };

  /** Part of the workflow's name, upper and lower case alike, or the beginning of an execution's id. */
  @Omittable()
  @IsString()
  @MaxLength(1000)
  search?: string;

  @IsIn(['startTime', 'duration', 'createdAt'])
  sortBy: ExecutionSort = 'createdAt';

  @IsIn(['asc', 'desc'])
  sortOrder: 'asc' | 'desc' = 'desc';

  /** From 1; page × pageSize is at most 100,000. Without it the answer has a `nextCursor`. */
  @Omittable()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page?: number;

  @IsInt()
  @Min(1)
  @Max(200)
  pageSize: number = 20;

  /** The `nextCursor` of the page before; in place of `page`. */
  @Omittable()
  @IsString()
  @Length(1, 2000)
  cursor?: string;
}
