import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import type { NumberedEvent } from '../engine/journal/events.js';
import { presentEvent } from '../engine/journal/present-event.js';
import type { JsonObject } from '../engine/json.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { ExecutionStatus } from '../engine/state/transitions.js';
import type { BatchName } from '../repositories/batch-names.js';
import type { LogLine } from '../repositories/log.repository.js';
import type { FeedEvent, FeedEventType, FeedItem } from './feed-event.js';
import { writeFeedCursor, type FeedPosition } from './feed-cursor.js';

/** What an event has, but its cursor. */
export type Told = Omit<FeedEvent, 'cursor'>;

/** An event at a position; the cursor's text is made when somebody reads it, once. */
export function feedEvent({ type, executionId, seq, timestamp, data }: Told, position: FeedPosition): FeedEvent {
  let text: string | undefined;
  return {
    type,
    executionId,
    seq,
    timestamp,
    data,
    get cursor() {
      text ??= writeFeedCursor(position);
      return text;
    },
  };
}

/** An event of the journal, as its execution is right after it. */
export function journaledItem(
  executionId: string,
  plan: ExecutionPlan,
  numbered: NumberedEvent,
  state: ExecutionState,
  position: FeedPosition,
): FeedItem {
  const { type, seq, timestamp, data } = presentEvent(executionId, plan, numbered, state);
  const event = feedEvent({ type, executionId, seq, timestamp, data }, position);
  return { event, workflowId: state.workflowId, status: state.status, journaled: true };
}

/** What of an execution is not in its journal stands where the execution stands. */
export interface Standing {
  executionId: string;
  seq: number;
  workflowId: string;
  status: ExecutionStatus;
}

/** An event that is not journaled. */
export function unjournaledItem(
  { executionId, seq, workflowId, status }: Standing,
  { type, timestamp, data }: { type: FeedEventType; timestamp: number; data: JsonObject },
  position: FeedPosition,
): FeedItem {
  return {
    event: feedEvent({ type, executionId, seq, timestamp, data }, position),
    workflowId,
    status,
    journaled: false,
  };
}

export function logItem(standing: Standing, line: LogLine, position: FeedPosition): FeedItem {
  const data = { ...line } as JsonObject;
  return unjournaledItem(standing, { type: 'log:added', timestamp: line.timestamp, data }, position);
}

/** @param at epoch ms of the deletion */
export function deletionItem(
  { executionId, seq, workflowId, status }: Extract<BatchName, { kind: 'deleted' }>,
  at: number,
  position: FeedPosition,
): FeedItem {
  const data = { workflowId, status };
  const standing = { executionId, seq, workflowId, status };
  return unjournaledItem(standing, { type: 'execution:deleted', timestamp: at, data }, position);
}
