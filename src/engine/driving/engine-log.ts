import { isByCommand, type JournalEvent } from '../journal/events.js';
import type { JsonObject } from '../json.js';
import { maskSecrets } from '../mask-secrets.js';
import type { LogEntry } from '../ports.js';
import type { AttemptInput } from './attempt-context.js';

/** The line that an event writes into the execution's log: commands, retries and failures; other events write none. */
export function logLineOf(event: JournalEvent): LogEntry | null {
  const { timestamp } = event;
  switch (event.type) {
    case 'node:retrying': {
      const { nodeId, attempt, error, delay } = event;
      const message = `Attempt ${attempt} failed with ${error.code}: ${error.message}; the next one follows in ${delay} ms`;
      return { nodeId, timestamp, level: 'warn', message, data: { attempt, code: error.code, delay } };
    }
    case 'node:failed': {
      const { nodeId, attempt, error } = event;
      const message = `Failed with ${error.code}: ${error.message}`;
      return { nodeId, timestamp, level: 'error', message, data: { attempt, code: error.code } };
    }
    case 'node:interrupted': {
      const { nodeId, attempt, cause, then } = event;
      const message = `Attempt ${attempt} was cut off (${cause}); what follows: ${then}`;
      return { nodeId, timestamp, level: 'warn', message, data: { attempt, cause, then } };
    }
    case 'execution:failed': {
      const message = `The execution failed with ${event.error.code}: ${event.error.message}`;
      if (!isByCommand(event)) return { timestamp, level: 'error', message };
      const by = event.actor === undefined ? '' : ` (by ${event.actor})`;
      return { timestamp, level: 'error', message: message + by, data: causeOf(event) };
    }
    case 'execution:pausing':
    case 'execution:paused':
    case 'execution:resumed':
    case 'execution:cancelling':
    case 'execution:cancelled':
      return commandLine(event);
    case 'execution:started':
    case 'execution:completed':
      return isByCommand(event) ? commandLine(event) : null;
    default:
      return null;
  }
}

const COMMAND_WORDS = {
  'execution:pausing': 'Pausing',
  'execution:paused': 'Paused',
  'execution:resumed': 'Resumed',
  'execution:cancelling': 'Cancelling',
  'execution:cancelled': 'Cancelled',
  'execution:started': 'Started',
  'execution:completed': 'Ended as completed',
} as const;

function commandLine(event: Extract<JournalEvent, { type: keyof typeof COMMAND_WORDS }>): LogEntry {
  const what =
    event.type === 'execution:cancelling' && event.then !== 'cancelled'
      ? `Ending as ${event.then}`
      : COMMAND_WORDS[event.type];
  const by = event.actor === undefined ? '' : ` by ${event.actor}`;
  const why = event.reason === undefined ? '' : `: ${event.reason}`;
  return { timestamp: event.timestamp, level: 'info', message: `${what}${by}${why}`, data: causeOf(event) };
}

function causeOf({ actor, reason }: { actor?: string; reason?: string }): JsonObject {
  return { actor, reason };
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
