import type { CausedNow, EndStatus, ExecutionErrorData, JournalEvent } from '../journal/events.js';
import { goOn } from '../recovery/decide-rollback.js';
import type { ExecutionState, RollbackState } from './execution-state.js';
import { activityConflict, refuseActivity } from './refusals.js';
import { invalidTransition, mayChange } from './transitions.js';

/** An end by hand. */
export interface EndRequest {
  then: EndStatus;
  error?: ExecutionErrorData;
  /** Of a cancellation: everything is undone before. */
  rollback?: true;
}

/**
 * The event of an end by hand; undefined: it is so already. `execution:cancelling` when something runs that has to end
 * first, or everything is to be undone before.
 * @throws EngineError INVALID_TRANSITION, CONFLICT
 */
export function decideEnd(
  state: ExecutionState,
  { then, error, rollback }: EndRequest,
  caused: CausedNow,
  running: number,
): JournalEvent | undefined {
  if (state.status === then && state.activity === null) return undefined;
  if (state.activity === 'cancelling') {
    if (state.ending?.then === then && state.ending.rollback === rollback) return undefined;
    throw activityConflict(state);
  }
  const open = openRollback(state);
  if (open) return decideEndOfRollback(state, open, { then, rollback }, caused);
  if (state.activity !== 'pausing') refuseActivity(state);
  if (!mayChange(state.status, then, 'command')) throw invalidTransition(state.status, then);
  const hasBegun = state.status !== 'pending';
  if (running > 0 || (rollback && hasBegun)) return { type: 'execution:cancelling', ...caused, then, error, rollback };
  return endEvent({ then, error }, caused);
}

function openRollback({ activity, rollbacks }: ExecutionState): RollbackState | undefined {
  return activity === 'rolling-back' || activity === 'rollback-stopped' ? rollbacks.at(-1) : undefined;
}

/** It can be cancelled alone: the rest then stands. One that a cancellation began goes on when that comes again. */
function decideEndOfRollback(
  state: ExecutionState,
  open: RollbackState,
  { then, rollback }: EndRequest,
  caused: CausedNow,
): JournalEvent | undefined {
  const isStopped = state.activity === 'rollback-stopped';
  if (then !== 'cancelled' || (rollback && open.then !== 'cancelled')) throw activityConflict(state);
  if (rollback) return isStopped ? goOn(open, caused) : undefined;
  return isStopped ? endEvent({ then }, caused) : { type: 'execution:cancelling', ...caused, then };
}

/** The event that ends an execution by hand. */
export function endEvent(ending: { then: EndStatus; error?: ExecutionErrorData }, caused: CausedNow): JournalEvent {
  if (ending.then !== 'failed') return { type: `execution:${ending.then}`, ...caused };
  const error = ending.error ?? { code: 'FAILED_BY_HAND', message: caused.reason ?? 'Ended as failed by hand' };
  return { type: 'execution:failed', ...caused, error };
}
