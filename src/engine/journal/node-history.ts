import type { NodeErrorData } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { OnInterrupted } from '../definition/workflow-definition.js';
import type { EventOf, JournalEvent, NumberedEvent } from './events.js';

/** What an external node was about to do, written before it acted. */
export interface IntentRecord {
  key: string;
  /** The instance that acted. */
  instance: string;
  /** Epoch ms. */
  time: number;
  /** Resolved, secrets masked. */
  config: JsonValue;
}

/** One attempt of a node. Times are epoch ms. */
export interface AttemptRecord {
  attempt: number;
  status: 'running' | 'completed' | 'failed' | 'interrupted';
  startTime: number;
  endTime: number | null;
  duration: number | null;
  intent?: IntentRecord;
  waiting?: { for: string; since: number; until?: number };
  outputs?: JsonObject;
  error?: NodeErrorData;
  outcome?: 'unknown';
  /** When the next attempt is due. */
  retryAt?: number;
  /** Cut off: by what, and what follows. */
  interrupted?: { cause: string; then: OnInterrupted };
}

/** One attempt of the handler that undoes a run. Times are epoch ms. */
export interface HandlerAttemptRecord {
  attempt: number;
  /** Interrupted: its process died, and nobody knows whether it came to anything. */
  status: 'running' | 'completed' | 'failed' | 'interrupted';
  key: string;
  startTime: number;
  /** Null until its end, and of one that was interrupted. */
  endTime: number | null;
  duration: number | null;
  error?: NodeErrorData;
  /** When the next attempt is due. */
  retryAt?: number;
}

/** How the undoing of a run went. */
export interface UndoneRecord {
  /** Null while its handler is at work; `failed` when its last attempt has failed. */
  outcome: 'undone' | 'nothing-to-do' | 'left' | 'failed' | null;
  attempts: HandlerAttemptRecord[];
}

/** A run of a node; a new one begins when it is run again on purpose. */
export interface RunRecord {
  run: number;
  attempts: AttemptRecord[];
  settled?: { status: string; at: number; by: string | null; reason?: string };
  /** Once a rollback has come to it. */
  undone?: UndoneRecord;
}

/** Every run and attempt of a node, from its events in the order of the journal. */
export function nodeHistory(events: readonly NumberedEvent[]): RunRecord[] {
  const runs = new Map<number, RunRecord>();
  for (const { event } of events) {
    if (!('run' in event)) continue;
    const number = isSettledAsPending(event) ? event.run - 1 : event.run;
    const run = runs.get(number) ?? { run: number, attempts: [] };
    runs.set(number, run);
    if (event.type === 'node:settled') {
      const { status, timestamp: at, actor, reason } = event;
      run.settled = { status, at, by: actor ?? null, ...(reason !== undefined && { reason }) };
      // Where a rollback has stopped, a person says that it is undone by hand.
      if (run.undone?.outcome === 'failed') run.undone.outcome = 'undone';
    } else addToAttempt(run, event);
  }
  return [...runs.values()];
}

/** The run that did not happen is the one before that which the node will have. */
function isSettledAsPending(event: JournalEvent): boolean {
  return event.type === 'node:settled' && event.status === 'pending';
}

function addToAttempt(run: RunRecord, event: JournalEvent): void {
  switch (event.type) {
    case 'node:started': {
      const { key, instance, timestamp: time, config, attempt } = event;
      attemptOf(run, attempt, time).intent = { key, instance, time, config };
      return;
    }
    case 'node:waiting': {
      const { attempt, startTime: since, for: what, until } = event;
      attemptOf(run, attempt, since).waiting = { for: what, since, ...(until !== undefined && { until }) };
      return;
    }
    case 'node:completed':
      end(run, event, 'completed', { outputs: event.outputs, outcome: undefined });
      return;
    case 'node:failed':
      if (isGivenUp(run, event.attempt)) return;
      end(run, event, 'failed', { error: event.error, outcome: event.outcome });
      return;
    case 'node:retrying':
      end(run, event, 'failed', { error: event.error, outcome: event.outcome, retryAt: event.until });
      return;
    case 'node:interrupted': {
      const { cause, then, endTime } = event;
      end(run, { ...event, timestamp: endTime }, 'interrupted', { outcome: 'unknown', interrupted: { cause, then } });
      return;
    }
    case 'node:rolling-back':
    case 'node:rolled-back':
    case 'node:rollback-failed':
      return addToUndoing((run.undone ??= { outcome: null, attempts: [] }), event);
    default:
      return;
  }
}

type UndoingEvent = EventOf<'node:rolling-back' | 'node:rolled-back' | 'node:rollback-failed'>;

function addToUndoing(undone: UndoneRecord, event: UndoingEvent): void {
  const { attempt, timestamp } = event;
  const last = undone.attempts.at(-1);
  if (event.type === 'node:rolling-back') {
    if (last?.status === 'running') last.status = 'interrupted';
    const { key } = event;
    undone.outcome = null;
    undone.attempts.push({ attempt, status: 'running', key, startTime: timestamp, endTime: null, duration: null });
    return;
  }
  const hasFailed = event.type === 'node:rollback-failed';
  undone.outcome = hasFailed ? 'failed' : event.outcome;
  // A step without a handler has no attempt.
  if (last?.status !== 'running') return;
  const status = hasFailed ? 'failed' : 'completed';
  Object.assign(last, { status, endTime: timestamp, duration: timestamp - last.startTime });
  if (!hasFailed) return;
  last.error = event.error;
  if (event.until !== undefined) last.retryAt = event.until;
}

/** No further attempt followed one that had been told before. */
function isGivenUp(run: RunRecord, attempt: number): boolean {
  const last = run.attempts.at(-1);
  if (last?.attempt !== attempt || last.retryAt === undefined) return false;
  delete last.retryAt;
  return true;
}

function end(
  run: RunRecord,
  { attempt, startTime, timestamp }: { attempt: number; startTime: number; timestamp: number },
  status: AttemptRecord['status'],
  result: Partial<AttemptRecord>,
): void {
  const record = attemptOf(run, attempt, startTime);
  Object.assign(record, { status, endTime: timestamp, duration: timestamp - record.startTime }, result);
}

function attemptOf(run: RunRecord, attempt: number, startTime: number): AttemptRecord {
  const last = run.attempts.at(-1);
  // One that was cut off is told of again when a probe has looked what came of it.
  if (last?.attempt === attempt && (last.endTime === null || last.interrupted)) return last;
  const begun: AttemptRecord = { attempt, status: 'running', startTime, endTime: null, duration: null };
  run.attempts.push(begun);
  return begun;
}
