import type { EventOf, JournalEvent } from '../journal/events.js';
import type { JsonObject } from '../json.js';
import type { LogEntry } from '../ports.js';

type CommandEvent = EventOf<
  | 'execution:started'
  | 'execution:pausing'
  | 'execution:paused'
  | 'execution:resumed'
  | 'execution:cancelling'
  | 'execution:cancelled'
  | 'execution:completed'
>;

/** The line of a command: what it does, by whom and why. */
export function commandLineOf(event: CommandEvent): LogEntry {
  const { timestamp } = event;
  return { timestamp, level: 'info', message: `${wordsOf(event)}${actedBy(event)}`, data: causeOf(event) };
}

function wordsOf(event: CommandEvent): string {
  switch (event.type) {
    case 'execution:started':
      return 'Started';
    case 'execution:pausing':
      return event.mode === 'abort' ? 'Pausing, running nodes are aborted' : 'Pausing';
    case 'execution:paused':
      return 'Paused';
    case 'execution:resumed':
      return event.fromNodeId === undefined ? 'Resumed' : `Resumed from ${event.fromNodeId}`;
    case 'execution:cancelling':
      return event.then === 'cancelled' ? 'Cancelling' : `Ending as ${event.then}`;
    case 'execution:cancelled':
      return 'Cancelled';
    case 'execution:completed':
      return 'Ended as completed';
  }
}

/** The line of what a person changed; of values only their names, they may be secret. */
export function updateLineOf(event: Extract<JournalEvent, { type: 'execution:updated' }>): LogEntry {
  const { timestamp, change } = event;
  const { what, ...about } = changed(event);
  const data = { ...causeOf(event), change, ...about };
  const nodeId = event.change === 'checkpoint' ? event.nodeId : undefined;
  return { timestamp, nodeId, level: 'info', message: `${what}${actedBy(event)}`, data };
}

function changed(event: Extract<JournalEvent, { type: 'execution:updated' }>): { what: string } & JsonObject {
  switch (event.change) {
    case 'variables':
      return named('Variables changed', Object.keys(event.variables));
    case 'config':
      return named('Config changed of', Object.keys(event.config));
    case 'settings':
      return named('Settings changed', Object.keys(event.settings));
    case 'revision':
      return { what: `Goes on under revision ${event.revision}`, revision: event.revision };
    case 'owner':
      return { what: 'Owner changed', owner: event.owner };
    case 'checkpoint':
      return { what: 'Checkpoint made', label: event.label ?? null };
  }
}

function named(what: string, names: string[]): { what: string; names: string[] } {
  return { what: `${what} (${names.join(', ')})`, names };
}

/** By whom and why, where that is known, to follow what was done. */
export function actedBy({ actor, reason }: { actor?: string; reason?: string }): string {
  return (actor === undefined ? '' : ` by ${actor}`) + (reason === undefined ? '' : `: ${reason}`);
}

/** The same as data. */
export function causeOf({ actor, reason }: { actor?: string; reason?: string }): JsonObject {
  return { actor, reason };
}
