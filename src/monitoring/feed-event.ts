import { JOURNAL_EVENT_TYPES } from '../engine/journal/present-event.js';
import type { JournalEventType } from '../engine/journal/events.js';
import type { JsonObject } from '../engine/json.js';
import type { ExecutionStatus } from '../engine/state/transitions.js';

/** What is told beside the journal; `node:started` too, of nodes that are not external. */
export const UNJOURNALED_EVENT_TYPES = [
  'progress:updated',
  'performance:updated',
  'log:added',
  'execution:deleted',
] as const;

export type FeedEventType = JournalEventType | (typeof UNJOURNALED_EVENT_TYPES)[number];

/** Every type that the feed has. */
export const FEED_EVENT_TYPES: readonly FeedEventType[] = [...JOURNAL_EVENT_TYPES, ...UNJOURNALED_EVENT_TYPES];

/** One event as it goes over every wire. */
export interface FeedEvent {
  type: FeedEventType;
  executionId: string;
  /** Its number in the journal; of what is not journaled the one that it stands at. */
  seq: number;
  /** Epoch ms. */
  timestamp: number;
  /** As GET /executions/:id/events shows it. */
  data: JsonObject;
  /** Opaque: what follows it is what comes after this event, over all executions. Made when it is first read. */
  readonly cursor: string;
}

/** An event, with what filters need beside it. */
export interface FeedItem {
  event: FeedEvent;
  workflowId: string;
  /** The execution's, right after the event. */
  status: ExecutionStatus;
  /** True for what has a number of its own in the journal. */
  journaled: boolean;
}

/** What a subscription to all executions lets through; absent: everything. */
export interface FeedFilter {
  workflowId?: string;
  types?: readonly FeedEventType[];
  /** The status that the execution has right after the event. */
  status?: readonly ExecutionStatus[];
  /** At most 100, whose `progress:updated` it wants too: of others there is none. */
  executionIds?: readonly string[];
}
