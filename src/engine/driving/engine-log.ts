import { isByCommand, type EventOf, type JournalEvent } from '../journal/events.js';
import { maskSecrets } from '../mask-secrets.js';
import type { LogEntry } from '../ports.js';
import type { AttemptInput } from './attempt-context.js';
import { actedBy, causeOf, commandLineOf, updateLineOf } from './log-of-command.js';
import type { ProbeOutcome } from './probe-node.js';
import { rollbackLineOf } from './rollback-log.js';

/**
 * The line that an event writes into the execution's log: commands, what was undone, retries, failures and attempts that
 * were cut off; other events write none.
 */
export function logLineOf(event: JournalEvent): LogEntry | null {
  switch (event.type) {
    case 'node:retrying':
    case 'node:failed':
    case 'node:interrupted':
      return attemptLineOf(event);
    case 'node:settled': {
      const { timestamp, nodeId, status, run } = event;
      const message = `Settled as ${status}${actedBy(event)}`;
      return { nodeId, timestamp, level: 'info', message, data: { ...causeOf(event), status, run } };
    }
    case 'execution:failed':
      return failureLineOf(event);
    case 'execution:paused':
      return event.code === undefined ? commandLineOf(event) : pausedByEngineLineOf(event, event.code);
    case 'execution:pausing':
    case 'execution:resumed':
    case 'execution:cancelling':
    case 'execution:cancelled':
      return commandLineOf(event);
    case 'execution:started':
    case 'execution:completed':
      return isByCommand(event) ? commandLineOf(event) : null;
    case 'execution:updated':
      return updateLineOf(event);
    case 'execution:rolling-back':
    case 'execution:rolled-back':
    case 'execution:rollback-stopped':
    case 'node:rolled-back':
    case 'node:rollback-failed':
      return rollbackLineOf(event);
    default:
      return null;
  }
}

function attemptLineOf(event: EventOf<'node:retrying' | 'node:failed' | 'node:interrupted'>): LogEntry {
  const { timestamp, nodeId, attempt } = event;
  if (event.type === 'node:interrupted') {
    const { cause, then } = event;
    const message = `Attempt ${attempt} was cut off (${cause}) and nobody knows whether it happened; what follows: ${then}`;
    return { nodeId, timestamp, level: 'warn', message, data: { attempt, outcome: 'unknown', cause, then } };
  }
  const { error, outcome } = event;
  const why = `${error.code}: ${error.message}${outcome ? '; nobody knows whether it happened' : ''}`;
  const data = { attempt, outcome, code: error.code };
  if (event.type === 'node:failed') {
    return { nodeId, timestamp, level: 'error', message: `Failed with ${why}`, data };
  }
  const { delay } = event;
  const message = `Attempt ${attempt} failed with ${why}; the next one follows in ${delay} ms`;
  return { nodeId, timestamp, level: 'warn', message, data: { ...data, delay } };
}

function failureLineOf(event: EventOf<'execution:failed'>): LogEntry {
  const { timestamp, error, actor } = event;
  const by = actor === undefined ? '' : ` (by ${actor})`;
  const message = `The execution failed with ${error.code}: ${error.message}${by}`;
  return { timestamp, level: 'error', message, data: { ...causeOf(event), code: error.code } };
}

function pausedByEngineLineOf({ timestamp, nodeId }: EventOf<'execution:paused'>, code: string): LogEntry {
  const why = WHY_PAUSED[code];
  const message = `Paused with ${code}${why === undefined ? '' : `: ${why}`}`;
  return { nodeId, timestamp, level: code === 'OUTCOME_UNKNOWN' ? 'warn' : 'error', message, data: { code } };
}

const WHY_PAUSED: { [code: string]: string | undefined } = {
  OUTCOME_UNKNOWN: 'nobody knows whether the node happened; a person who has looked settles it',
  CRASH_LOOP:
    'again and again the process that drove it died before one of its nodes had ended; the logs of the server may say why',
};

/** What a probe came to, where the journal has no event for it or none that says why. */
export function probeLineOf(
  { node, attempt }: AttemptInput,
  outcome: ProbeOutcome,
  timestamp: number,
): LogEntry | null {
  const line = { nodeId: node.id, timestamp, data: { attempt } };
  switch (outcome.kind) {
    case 'completed':
      return { ...line, level: 'info', message: `Attempt ${attempt} had happened, as a look at it shows` };
    case 'did-not-happen':
      return { ...line, level: 'info', message: `Attempt ${attempt} had not happened: it follows under the same key` };
    case 'unknown': {
      const why = outcome.why ? ` (${outcome.why.code}: ${outcome.why.message})` : '';
      return { ...line, level: 'warn', message: `Whether attempt ${attempt} happened could not be found out${why}` };
    }
    default:
      return null;
  }
}

/** With `verboseLogging`, each attempt's start with what it is given. */
export function verboseStartOf({ node, attempt, startTime, scope }: AttemptInput): LogEntry {
  const data = maskSecrets({ attempt, inputs: scope.inputs });
  return { nodeId: node.id, timestamp: startTime, level: 'debug', message: 'Started', data };
}

/** With `verboseLogging`, each node's end with what it gave. */
export function verboseLineOf(event: JournalEvent): LogEntry | null {
  const { timestamp } = event;
  if (event.type === 'node:completed') {
    const { nodeId, attempt, startTime, outputs, cached } = event;
    return {
      nodeId,
      timestamp,
      level: 'debug',
      message: 'Completed',
      data: maskSecrets({ attempt, duration: timestamp - startTime, outputs, cached }),
    };
  }
  if (event.type === 'node:skipped') {
    return { nodeId: event.nodeId, timestamp, level: 'debug', message: `Skipped (${event.reason})` };
  }
  return null;
}
