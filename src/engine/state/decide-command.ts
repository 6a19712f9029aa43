import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { JournalEvent } from '../journal/events.js';
import { decideRollback, type RollbackRequest } from '../recovery/decide-rollback.js';
import { decideCheckpoint, type Checkpoint } from '../recovery/decide-checkpoint.js';
import { decideResume, type ResumeMaterial, type ResumeRequest } from '../recovery/resume-plan.js';
import { resumeReset } from '../recovery/resume-reset.js';
import { decideSettle, type Settlement } from '../recovery/settle.js';
import { decideEnd, type EndRequest } from './decide-end.js';
import type { ExecutionState } from './execution-state.js';
import { refuseActivity, refusedStart } from './refusals.js';
import { invalidTransition, mayChange } from './transitions.js';

/** What a person asks of an execution. */
export type Command = { actor?: string; reason?: string; commandId?: string } & (
  | { kind: 'pause'; mode: 'wait' | 'abort' }
  /** Goes on whichever way it stands: one that is pending starts, a pause that still waits is withdrawn. */
  | { kind: 'resume' }
  /** Goes on from a pause or a failure, as asked. What it needs beside the state is put in where it is carried out. */
  | ({ kind: 'carry-on'; material?: ResumeMaterial } & ResumeRequest)
  | ({ kind: 'checkpoint' } & Checkpoint)
  | ({ kind: 'end' } & EndRequest)
  | ({ kind: 'rollback' } & RollbackRequest)
  | ({ kind: 'settle' } & Settlement)
  /** Nothing leads back to pending: only one that has not begun is so. */
  | { kind: 'remain-pending' }
);

/** What the command does, by its events: none, because it is so already. `abort`: running attempts are told to end. */
export interface CommandDecision {
  events: readonly JournalEvent[];
  abort: boolean;
}

const UNCHANGED: CommandDecision = { events: [], abort: false };

/** An attempt that runs is told to end by nothing but an end. */
function decided(event: JournalEvent | undefined, mayAbort = false): CommandDecision {
  return event ? one(event, mayAbort && event.type === 'execution:cancelling') : UNCHANGED;
}

const one = (event: JournalEvent, abort = false): CommandDecision => ({ events: [event], abort });

/**
 * Decides a command against the state, without changing anything. One that the journal has already is not done again.
 * @throws EngineError INVALID_TRANSITION when the status does not allow it, CONFLICT when the activity does not; others by
 * the kind of the command
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
        return one({ type: 'execution:pausing', ...caused, mode: 'abort' }, true);
      }
      if (state.activity === 'pausing' || (state.status === 'paused' && state.activity === null)) return UNCHANGED;
      refuseUnless(state, 'running', 'paused');
      if (now.running === 0) return one({ type: 'execution:paused', ...caused });
      return one({ type: 'execution:pausing', ...caused, mode: command.mode }, command.mode === 'abort');
    case 'resume':
      if (state.status === 'pending') return one({ type: 'execution:started', ...caused });
      if (state.activity === 'pausing') return one({ type: 'execution:resumed', ...caused, reset: [] });
      if (state.status === 'running' && state.activity === null) return UNCHANGED;
      refuseActivity(state);
      if (!mayChange(state.status, 'running', 'command')) throw refusedStart(state);
      return one({ type: 'execution:resumed', ...caused, reset: resumeReset(plan, state) });
    case 'carry-on':
      return { events: decideResume(plan, state, command, command.material, caused), abort: false };
    case 'checkpoint':
      return one(decideCheckpoint(state, command, caused));
    case 'end':
      return decided(decideEnd(state, command, caused, now.running), now.running > 0);
    case 'rollback':
      return decided(decideRollback(plan, state, command, caused));
    case 'settle':
      return one(decideSettle(plan, state, command, caused));
    case 'remain-pending':
      if (state.status !== 'pending') throw invalidTransition(state.status, 'pending');
      return UNCHANGED;
  }
}

function refuseUnless(state: ExecutionState, needed: 'running', to: 'paused'): void {
  refuseActivity(state);
  if (state.status !== needed) throw invalidTransition(state.status, to);
}
