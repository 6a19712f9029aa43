import { EngineError } from '../errors.js';
import type { JsonObject } from '../json.js';

export type ExecutionStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** What goes on inside a status and is journaled; the other activities are derived. */
export type JournaledActivity = 'pausing' | 'cancelling' | 'rolling-back' | 'rollback-stopped';

export type TransitionCause = 'drive' | 'command' | 'rollback';

const BOTH: readonly TransitionCause[] = ['drive', 'command'];

/** From status → to status → what may cause it. What is not here is refused. */
const TRANSITIONS: Record<ExecutionStatus, Partial<Record<ExecutionStatus, readonly TransitionCause[]>>> = {
  pending: { running: BOTH, cancelled: ['command'] },
  running: { paused: BOTH, completed: BOTH, failed: [...BOTH, 'rollback'], cancelled: ['command', 'rollback'] },
  paused: {
    running: ['command'],
    completed: ['command'],
    failed: ['command', 'rollback'],
    cancelled: ['command', 'rollback'],
  },
  failed: { running: ['command'], paused: ['rollback'], cancelled: ['rollback'] },
  completed: { paused: ['rollback'], cancelled: ['rollback'] },
  cancelled: { paused: ['rollback'] },
};

export const EXECUTION_STATUSES = Object.keys(TRANSITIONS) as ExecutionStatus[];

/** True for a status that only a command can leave. */
export function isEnded(status: ExecutionStatus): status is 'completed' | 'failed' | 'cancelled' {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Whether `cause` may take an execution from one status to another. */
export function mayChange(from: ExecutionStatus, to: ExecutionStatus, cause: TransitionCause): boolean {
  return TRANSITIONS[from][to]?.includes(cause) ?? false;
}

/**
 * The one function that allows a change of status.
 * @throws EngineError INVALID_TRANSITION naming both states
 */
export function changeStatus(from: ExecutionStatus, to: ExecutionStatus, cause: TransitionCause): ExecutionStatus {
  if (!mayChange(from, to, cause)) throw invalidTransition(from, to);
  return to;
}

/** A command that the status does not allow; `details` name both states. */
export function invalidTransition(from: ExecutionStatus, to: string, more: JsonObject = {}): EngineError {
  return new EngineError('INVALID_TRANSITION', `An execution that is ${from} cannot become ${to}`, {
    from,
    to,
    ...more,
  });
}
