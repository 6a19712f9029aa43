import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { JournalEventType, NumberedEvent } from '../engine/journal/events.js';
import { Database } from './database.js';
import { readJournalAfter, readJournalBefore } from './journal-rows.js';

/** Which events, and in which order. */
export interface EventFilter {
  /** Only those with a higher seq. */
  after?: number;
  /** Only those with a lower seq. */
  before?: number;
  descending: boolean;
  limit: number;
  type?: JournalEventType;
  nodeId?: string;
}

export interface EventPage {
  events: NumberedEvent[];
  /** There are more of them behind the last one. */
  more: boolean;
}

/** A page ends early when its events have taken about so many bytes: each may have megabytes. */
const PAGE_BYTES = 16 * 1024 * 1024;

const FIRST = 0;
/** Above every seq (int4). */
const LAST = 2_147_483_647;

/** The journal as it was written. */
@Injectable()
export class EventRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** The events of an execution that the filter lets through; at most `limit`. */
  async list(executionId: string, filter: EventFilter): Promise<EventPage> {
    const { descending, limit, after = FIRST, before = LAST } = filter;
    const read = descending ? readJournalBefore : readJournalAfter;
    const events: NumberedEvent[] = [];
    let bytes = 0;
    for (let seq = descending ? before : after; ; ) {
      const found = await read(this.pool, executionId, seq);
      if (!found) return { events, more: false };
      seq = found.events.at(-1)?.seq ?? seq;
      const wanted = found.events.filter((numbered) => isWanted(numbered, filter));
      events.push(...wanted);
      if (events.length > limit) return { events: events.slice(0, limit), more: true };
      const atEnd = !found.more || (descending ? seq <= after : seq >= before);
      if (wanted.length > 0) bytes += found.bytes;
      if (atEnd || bytes > PAGE_BYTES) return { events, more: !atEnd };
    }
  }

  /** Every event of one node, in order. */
  async ofNode(executionId: string, nodeId: string): Promise<NumberedEvent[]> {
    const events: NumberedEvent[] = [];
    let seq = FIRST;
    for (;;) {
      const found = await readJournalAfter(this.pool, executionId, seq);
      if (!found) return events;
      events.push(...found.events.filter(({ event }) => 'nodeId' in event && event.nodeId === nodeId));
      if (!found.more) return events;
      seq = found.events.at(-1)?.seq ?? seq;
    }
  }
}

function isWanted({ seq, event }: NumberedEvent, filter: EventFilter): boolean {
  const { after = FIRST, before = LAST, type, nodeId } = filter;
  if (seq <= after || seq >= before) return false;
  if (type !== undefined && event.type !== type) return false;
  return nodeId === undefined || ('nodeId' in event && event.nodeId === nodeId);
}
