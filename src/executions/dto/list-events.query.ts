import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import type { JournalEventType } from '../../engine/journal/events.js';
import { JOURNAL_EVENT_TYPES } from '../../engine/journal/present-event.js';
import { Omittable } from '../../http/dto-rules.js';

const LARGEST_SEQ = 2_147_483_646;

/** Query of GET /executions/:id/events. */
export class ListEventsQuery {
  /** Only events with a higher seq. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LARGEST_SEQ)
  after?: number;

  /** Only events with a lower seq; the newest of them first, unless `order` says otherwise. */
  @Omittable()
  @IsInt()
  @Min(0)
  @Max(LARGEST_SEQ)
  before?: number;

  /** By seq; default asc, with `before` desc. */
  @Omittable()
  @IsIn(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @IsInt()
  @Min(1)
  @Max(1000)
  limit: number = 100;

  @Omittable()
  @IsIn(JOURNAL_EVENT_TYPES)
  type?: JournalEventType;

  @Omittable()
  @IsString()
  @Length(1, 128)
  nodeId?: string;
}
