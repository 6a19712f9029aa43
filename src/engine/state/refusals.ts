import { EngineError } from '../errors.js';
import type { ExecutionState } from './execution-state.js';
import { invalidTransition } from './transitions.js';

/** @throws EngineError CONFLICT while something goes on that does not allow a command */
export function refuseActivity(state: ExecutionState): void {
  if (state.activity !== null) throw activityConflict(state);
}

/** A command that the activity does not allow; `details` name it. */
export function activityConflict({ status, activity }: ExecutionState): EngineError {
  return new EngineError('CONFLICT', `The execution is ${activity}`, { status, activity });
}

/** A command for an execution that somebody saw at another event than `seq`, its last one. */
export function movedOn(seq: number): EngineError {
  return new EngineError('CONFLICT', 'The execution has moved on', { seq });
}

/** A start that comes too late; `details` say who set the execution going. */
export function refusedStart({ status, startedBy }: ExecutionState): EngineError {
  return invalidTransition(status, 'running', startedBy && { startedBy });
}
