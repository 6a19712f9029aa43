import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import type { JournalEventType } from '../../engine/journal/events.js';
import { JOURNAL_EVENT_TYPES } from '../../engine/journal/present-event.js';
import { Describe, Omittable } from '../../http/dto-rules.js';

const LARGEST_SEQ = 2_147_483_646;

/** Query of GET /executions/:id/events. */
export class ListEventsQuery {
  @Describe('Only events with a higher seq', 4)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LARGEST_SEQ)
  after?: number;

  @Describe('Only events with a lower seq; the newest of them first, unless `order` says otherwise', 100)
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LARGEST_SEQ)
  before?: number;

  @Describe('By seq; ascending, but with `before` descending unless this says otherwise', 'desc')
  @Omittable()
  @IsIn(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @Describe('Most events of the answer', 100)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 100;

  @Describe('Only events of this type', 'node:completed')
  @Omittable()
  @IsIn(JOURNAL_EVENT_TYPES)
  type?: JournalEventType;

  @Describe('Only events of this node', 'total')
  @Omittable()
  @IsString()
  @Length(1, 128)
  nodeId?: string;
}
