import { actedBy, causeOf } from './log-of-command.js';
import type { JournalEvent } from '../journal/events.js';
import type { LogEntry } from '../ports.js';

type RollbackEvent = Extract<
  JournalEvent,
  {
    type:
      | 'execution:rolling-back'
      | 'execution:rolled-back'
      | 'execution:rollback-stopped'
      | 'node:rolled-back'
      | 'node:rollback-failed';
  }
>;

const WORDS_OF_OUTCOME = {
  undone: 'Undone',
  'nothing-to-do': 'There was nothing to undo',
  left: 'Could not be undone and stays as it is',
} as const;

/** The line of a rollback's begin and end, and of each node that is undone or is not. */
export function rollbackLineOf(event: RollbackEvent): LogEntry {
  const { timestamp } = event;
  switch (event.type) {
    case 'execution:rolling-back': {
      const { rollbackId, force, plan } = event;
      const target = plan.targetNodeId ?? 'the start';
      const message = `Rolling back to ${target}${force ? ', by force' : ''}${actedBy(event)}`;
      return { timestamp, level: 'info', message, data: { ...causeOf(event), rollbackId, force } };
    }
    case 'execution:rolled-back': {
      const { rollbackId, rolledBack } = event;
      const message = `Rolled back: ${nodes(rolledBack)} undone`;
      return { timestamp, level: 'info', message, data: { ...causeOf(event), rollbackId, rolledBack } };
    }
    case 'execution:rollback-stopped': {
      const { rollbackId, rolledBack, remaining, failedNodeId, error } = event;
      const why = error ? ` with ${error.code}: ${error.message}` : '';
      const message = `The rollback stopped${why}; ${nodes(rolledBack)} undone, ${nodes(remaining)} not`;
      const data = { ...causeOf(event), rollbackId, rolledBack, remaining, code: error?.code };
      return { timestamp, nodeId: failedNodeId, level: 'error', message, data };
    }
    case 'node:rolled-back': {
      const { nodeId, run, attempt, outcome } = event;
      const level = outcome === 'left' ? 'warn' : 'info';
      return { timestamp, nodeId, level, message: WORDS_OF_OUTCOME[outcome], data: { run, attempt, outcome } };
    }
    case 'node:rollback-failed': {
      const { nodeId, run, attempt, error } = event;
      const message = `Undoing failed in attempt ${attempt} with ${error.code}: ${error.message}`;
      return {
        timestamp,
        nodeId,
        level: 'error',
        message,
        data: { run, attempt, outcome: 'failed', code: error.code },
      };
    }
  }
}

function nodes(ids: readonly string[]): string {
  return ids.length === 1 ? '1 node' : `${ids.length} nodes`;
}
