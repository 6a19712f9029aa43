import { ArrayMaxSize, IsArray, IsIn, IsString, Length, Matches } from 'class-validator';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../engine/state/transitions.js';
import { Describe, Omittable } from '../../http/dto-rules.js';
import { FEED_EVENT_TYPES, type FeedEventType, type FeedFilter } from '../feed-event.js';

/** PostgreSQL's text cannot hold the character U+0000. */
export const STORABLE = /^[^\0]*$/;
export const UNSTORABLE = '$property must not contain the character U+0000';

/** What a feed of all executions lets through, whatever wire it is on. An empty list is none. */
export class FeedQuery {
  @Describe('Of the executions of this workflow', 'wf_orders')
  @Omittable()
  @IsString()
  @Length(1, 128)
  @Matches(STORABLE, { message: UNSTORABLE })
  workflowId?: string;

  @Describe('Of these types', ['execution:created', 'execution:completed', 'execution:failed'])
  @Omittable()
  @IsArray()
  @IsIn(FEED_EVENT_TYPES, { each: true })
  types?: FeedEventType[];

  @Describe('Of executions that are in one of these statuses right after the event', ['failed', 'paused'])
  @Omittable()
  @IsArray()
  @IsIn(EXECUTION_STATUSES, { each: true })
  status?: ExecutionStatus[];

  @Describe('At most 100 executions whose `progress:updated` is wanted too: of others there is none', [
    'exec_wf_orders_1704355200000_8f14e45fceea167a',
  ])
  @Omittable()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @Length(1, 2048, { each: true })
  @Matches(STORABLE, { each: true, message: UNSTORABLE })
  executionIds?: string[];
}

/** The filter of a query. */
export function filterOf({ workflowId, types, status, executionIds }: FeedQuery): FeedFilter {
  return { workflowId, types: given(types), status: given(status), executionIds: given(executionIds) };
}

function given<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list;
}
