import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { JsonObject, JsonValue } from '../json.js';
import { undoKey } from '../idempotency-key.js';
import { jsonBytes } from '../json-size.js';
import { maskSecrets } from '../mask-secrets.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { EndEvent, JournalEvent, JournalEventType, NumberedEvent } from './events.js';
import { errorRecord } from './execution-record.js';
import { resultOf } from './execution-result.js';
import { executionRow } from './execution-row.js';
import type { ClosingMetrics } from './metric-sample.js';

/** A journaled event as it is sent and listed. */
export interface PresentedEvent {
  seq: number;
  type: JournalEventType;
  /** Epoch ms. */
  timestamp: number;
  nodeId?: string;
  data: JsonObject;
  actor?: string;
}

/** Outputs above this stay out of an event; the node's own page has them whole. */
const OUTPUTS_LIMIT_BYTES = 16 * 1024;

/** The events that carry the execution's list row as it then is: those that change its status or activity. */
const WITH_ROW = {
  'execution:created': true,
  'execution:started': true,
  'execution:pausing': true,
  'execution:paused': true,
  'execution:resumed': true,
  'execution:cancelling': true,
  'execution:completed': true,
  'execution:failed': true,
  'execution:cancelled': true,
  'execution:updated': false,
  'execution:rolling-back': false,
  'execution:rolled-back': false,
  'execution:rollback-stopped': false,
  'node:started': false,
  'node:waiting': false,
  'node:checkpoint': false,
  'node:retrying': false,
  'node:interrupted': false,
  'node:completed': false,
  'node:failed': false,
  'node:skipped': false,
  'node:settled': false,
  'node:rolling-back': false,
  'node:rolled-back': false,
  'node:rollback-failed': false,
} as const satisfies Record<JournalEventType, boolean>;

export const JOURNAL_EVENT_TYPES = Object.keys(WITH_ROW) as JournalEventType[];

/** True when {@link presentEvent} needs the state right after the event. */
export function carriesRow(type: JournalEventType): boolean {
  return WITH_ROW[type];
}

/**
 * Puts in what is not stored because the plan, the fold or another field says it: names, types, ends, durations, the row,
 * the result, the measurements. `state` is the fold right after the event; only events that carry a row need it.
 */
export function presentEvent(
  executionId: string,
  plan: ExecutionPlan,
  { seq, event }: NumberedEvent,
  state: ExecutionState | null,
): PresentedEvent {
  const { type, timestamp, ...stored } = event;
  const data = { ...stored, ...derived(executionId, plan, event) } as JsonObject;
  if (state && carriesRow(type)) Object.assign(data, rowData(executionId, plan, event, state));
  for (const field of ['outputs', 'variables', 'result']) {
    const value = data[field];
    if (value != null) data[field] = withinLimit(value);
  }
  return {
    seq,
    type,
    timestamp,
    ...('nodeId' in event && event.nodeId !== undefined && { nodeId: event.nodeId }),
    data,
    ...('actor' in event && event.actor !== undefined && { actor: event.actor }),
  };
}

function derived(executionId: string, plan: ExecutionPlan, event: JournalEvent): JsonObject {
  switch (event.type) {
    case 'node:started':
      return describe(plan, event.nodeId);
    case 'node:completed': {
      const { nodeId, startTime, timestamp: endTime } = event;
      return { ...describe(plan, nodeId), endTime, duration: endTime - startTime };
    }
    case 'node:retrying':
    case 'node:failed':
      return { endTime: event.timestamp };
    case 'node:rolled-back':
    case 'node:rollback-failed':
      // A step without a handler has no key.
      return event.attempt === 0 ? {} : { key: undoKey(executionId, event.nodeId, event.run) };
    case 'execution:updated':
      return event.change === 'config' ? { config: maskSecrets(event.config) } : {};
    default:
      return {};
  }
}

function describe(plan: ExecutionPlan, nodeId: string): JsonObject {
  const node = plan.byId.get(nodeId);
  return { name: node?.name ?? nodeId, nodeType: node?.type.type ?? null };
}

function rowData(executionId: string, plan: ExecutionPlan, event: JournalEvent, state: ExecutionState): object {
  const row = executionRow(executionId, plan, state, event.timestamp);
  switch (event.type) {
    case 'execution:completed':
      return { row, result: resultOf(plan, state), ...measured(event, state) };
    case 'execution:failed':
      return { row, error: errorRecord(event.error), ...measured(event, state) };
    case 'execution:cancelled':
      return { row, ...measured(event, state) };
    default:
      return { row };
  }
}

/** An end of which nothing was measured says so. */
function measured(event: EndEvent, state: ExecutionState): ClosingMetrics | { sample: null; performance: null } {
  const closing = event.sample && state.closings.at(-1);
  return closing ?? { sample: null, performance: null };
}

function withinLimit(value: JsonValue): JsonValue {
  const bytes = jsonBytes(value);
  return bytes <= OUTPUTS_LIMIT_BYTES ? value : { truncated: true, bytes };
}
