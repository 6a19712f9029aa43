import { EngineError } from '../errors.js';
import type { ExecutionState } from './execution-state.js';
import { invalidTransition, type JournaledActivity } from './transitions.js';

/** What is taken meanwhile, where that is not plain. */
const TAKEN: Partial<Record<JournaledActivity, string>> = {
  'rolling-back': 'it takes the same rollback again, or a cancellation',
  'rollback-stopped': 'it takes the same rollback again, a settlement of the node where it stopped, or a cancellation',
};

/** @throws EngineError CONFLICT while something goes on that does not allow a command */
export function refuseActivity(state: ExecutionState): void {
  if (state.activity !== null) throw activityConflict(state);
}

/** A command that the activity does not allow; `details` name it. */
export function activityConflict({ status, activity }: ExecutionState): EngineError {
  const taken = activity === null ? undefined : TAKEN[activity];
  const message = `The execution is ${activity}${taken === undefined ? '' : `: ${taken}`}`;
  return new EngineError('CONFLICT', message, { status, activity });
}

/** A command for an execution that somebody saw at another event than `seq`, its last one. */
export function movedOn(seq: number): EngineError {
  return new EngineError('CONFLICT', `The execution has moved on: it is at seq ${seq} by now`, { seq });
}

/** A start that comes too late; `details` say who set the execution going. */
export function refusedStart({ status, startedBy }: ExecutionState): EngineError {
  const refusal = invalidTransition(status, 'running', startedBy && { startedBy });
  if (status !== 'completed' && status !== 'cancelled') return refusal;
  const message = `${refusal.message}: roll it back first, or run it once more as a new one`;
  return new EngineError(refusal.code, message, refusal.details);
}
