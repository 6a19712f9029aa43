import type { ExecutionPlan } from '../definition/execution-plan.js';
import { standingFailure } from '../driving/interrupted-work.js';
import { activityNow, type RunningAttempt } from '../journal/execution-record.js';
import type { ExecutionState } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import type { ExecutionErrorData } from '../journal/events.js';
import type { OwnerFacts, Situation } from './explanation.js';

/** Everything that an explanation follows from. Times are epoch ms. */
export interface Standing {
  plan: ExecutionPlan;
  state: ExecutionState;
  now: number;
  /** Attempts that the journal does not show yet, by node. */
  attempts: ReadonlyMap<string, RunningAttempt>;
  /** Absent: not known. */
  owner: OwnerFacts | undefined;
  lease: LeaseTerms;
}

/** When an instance counts as silent, and when as dead; ms. */
export interface LeaseTerms {
  silentAfterMs: number;
  leaseMs: number;
}

/** The code of the explanation: a {@link Situation}, or that of the error or of the pause. */
export function codeOf(standing: Standing): string {
  const { state, now, attempts } = standing;
  const held = holdUp(standing);
  if (held) return held;
  if (state.activity) return CODE_OF_ACTIVITY[state.activity];
  switch (state.status) {
    case 'pending':
      return activityNow(state, now) === 'scheduled' ? 'SCHEDULED' : 'QUEUED';
    case 'running': {
      if (failingWith(standing)) return 'FAILING';
      const activity = activityNow(state, now, attempts.size);
      return activity === 'retrying' || activity === 'waiting' ? CODE_OF_WAITING[activity] : 'EXECUTING';
    }
    case 'paused':
      return pauseCode(state);
    case 'failed':
      return state.error?.code ?? 'FAILED_BY_HAND';
    case 'completed':
      return 'COMPLETED';
    case 'cancelled':
      return 'CANCELLED';
  }
}

const CODE_OF_ACTIVITY = {
  pausing: 'PAUSING',
  cancelling: 'CANCELLING',
  'rolling-back': 'ROLLING_BACK',
  'rollback-stopped': 'ROLLBACK_STOPPED',
} as const satisfies { [activity: string]: Situation };

const CODE_OF_WAITING = { retrying: 'RETRYING', waiting: 'WAITING' } as const satisfies { [a: string]: Situation };

/** What about its owner keeps it from going on; null when nothing does, or nothing has to go on. */
export function holdUp({
  state,
  now,
  owner,
  lease,
}: Standing): 'OWNER_DEAD' | 'OWNER_SILENT' | 'QUEUED' | 'STARTING' | null {
  const goesOn = state.activity === null ? !isEnded(state.status) && state.status !== 'paused' : !isStopped(state);
  if (!goesOn || owner?.status !== state.status) return null;
  if (owner.instance === null) return owner.wakeAt !== null && owner.wakeAt <= now ? 'QUEUED' : null;
  if (owner.state !== 'alive') return 'OWNER_DEAD';
  if ((owner.silentMs ?? 0) > lease.silentAfterMs) return 'OWNER_SILENT';
  return state.status === 'pending' && activityNow(state, now) === 'queued' ? 'STARTING' : null;
}

/** The failure that ends it as soon as nothing runs. */
export function failingWith({ plan, state }: Standing): ExecutionErrorData | undefined {
  return state.status === 'running' && state.activity === null ? standingFailure(plan, state) : undefined;
}

function isStopped({ activity }: ExecutionState): boolean {
  return activity === 'rollback-stopped';
}

/** Whoever asked for the pause, a person has to settle a node whose outcome is unknown; once that is done it is a pause. */
function pauseCode({ pauseCode: code = 'PAUSED', nodes }: ExecutionState): string {
  if (code !== 'PAUSED' && code !== 'OUTCOME_UNKNOWN') return code;
  return [...nodes.values()].some(({ asks }) => asks) ? 'OUTCOME_UNKNOWN' : 'PAUSED';
}
