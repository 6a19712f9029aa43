import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { EngineError } from '../errors.js';
import type { EndStatus, ExecutionErrorData, JournalEvent } from '../journal/events.js';
import { resumeReset } from '../recovery/resume-plan.js';
import { decideSettle, type Settlement } from '../recovery/settle.js';
import type { ExecutionState } from './execution-state.js';
import { activityConflict, refuseActivity } from './refusals.js';
import { invalidTransition, mayChange } from './transitions.js';

/** What a person asks of an execution. */
export type Command = { actor?: string; reason?: string; commandId?: string } & (
  | { kind: 'pause'; mode: 'wait' | 'abort' }
  | { kind: 'resume' }
  | { kind: 'end'; then: EndStatus; error?: ExecutionErrorData }
  | ({ kind: 'settle' } & Settlement)
  /** Nothing leads back to pending: only one that has not begun is so. */
  | { kind: 'remain-pending' }
);

/** What the command does: nothing, because it is so already, or one event; `abort`: running attempts are told to end. */
export interface CommandDecision {
  event: JournalEvent | null;
  abort: boolean;
}

const UNCHANGED: CommandDecision = { event: null, abort: false };

/**
 * Decides a command against the state, without changing anything. One that the journal has already is not done again.
 * @throws EngineError INVALID_TRANSITION when the status does not allow it, CONFLICT when the activity does not
 */
export function decideCommand(
  plan: ExecutionPlan,
  state: ExecutionState,
  command: Command,
  now: { timestamp: number; running: number },
): CommandDecision {
  const { actor, reason, commandId } = command;
  const caused = { timestamp: now.timestamp, actor, reason, commandId };
  if (commandId !== undefined && state.commandIds.has(commandId)) return UNCHANGED;
  switch (command.kind) {
    case 'pause':
      // One that waits for running nodes may be made one that aborts them.
      if (state.activity === 'pausing' && command.mode === 'abort' && now.running > 0) {
        return { event: { type: 'execution:pausing', ...caused, mode: 'abort' }, abort: true };
      }
      if (state.activity === 'pausing' || (state.status === 'paused' && state.activity === null)) return UNCHANGED;
      refuseUnless(state, 'running', 'paused');
      if (now.running === 0) return { event: { type: 'execution:paused', ...caused }, abort: false };
      return { event: { type: 'execution:pausing', ...caused, mode: command.mode }, abort: command.mode === 'abort' };
    case 'resume':
      if (state.status === 'pending') return { event: { type: 'execution:started', ...caused }, abort: false };
      if (state.activity === 'pausing')
        return { event: { type: 'execution:resumed', ...caused, reset: [] }, abort: false };
      if (state.status === 'running' && state.activity === null) return UNCHANGED;
      refuseActivity(state);
      if (!mayChange(state.status, 'running', 'command')) throw refusedStart(state);
      return { event: { type: 'execution:resumed', ...caused, reset: resumeReset(plan, state) }, abort: false };
    case 'end':
      return decideEnd(state, command.then, command.error, caused, now.running);
    case 'settle':
      return { event: decideSettle(plan, state, command, caused), abort: false };
    case 'remain-pending':
      if (state.status !== 'pending') throw invalidTransition(state.status, 'pending');
      return UNCHANGED;
  }
}

function decideEnd(
  state: ExecutionState,
  then: EndStatus,
  error: ExecutionErrorData | undefined,
  caused: { timestamp: number; actor?: string; reason?: string; commandId?: string },
  running: number,
): CommandDecision {
  if (state.status === then && state.activity === null) return UNCHANGED;
  if (state.activity === 'cancelling') {
    if (state.ending?.then === then) return UNCHANGED;
    throw activityConflict(state);
  }
  if (state.activity !== 'pausing') refuseActivity(state);
  if (!mayChange(state.status, then, 'command')) throw invalidTransition(state.status, then);
  if (running > 0) return { event: { type: 'execution:cancelling', ...caused, then, error }, abort: true };
  return { event: endEvent({ then, error }, caused), abort: false };
}

/** The event that ends an execution by hand. */
export function endEvent(
  ending: { then: EndStatus; error?: ExecutionErrorData },
  caused: { timestamp: number; actor?: string; reason?: string; commandId?: string },
): JournalEvent {
  if (ending.then !== 'failed') return { type: `execution:${ending.then}`, ...caused };
  const error = ending.error ?? { code: 'FAILED_BY_HAND', message: caused.reason ?? 'Ended as failed by hand' };
  return { type: 'execution:failed', ...caused, error };
}

function refuseUnless(state: ExecutionState, needed: 'running', to: 'paused'): void {
  refuseActivity(state);
  if (state.status !== needed) throw invalidTransition(state.status, to);
}

/** Whoever comes too late is told who set the execution going. */
function refusedStart({ status, startedBy }: ExecutionState): EngineError {
  return invalidTransition(status, 'running', startedBy && { startedBy });
}
