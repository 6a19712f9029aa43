import type { ExecutionPlan } from '../definition/execution-plan.js';
import { activityNow, attemptsBeyondJournal, type RunningAttempt } from '../journal/execution-record.js';
import type { ExecutionState } from '../state/execution-state.js';
import { awaited } from './awaited.js';
import { explainInWords } from './explain-in-words.js';
import type { Explanation, OwnerFacts } from './explanation.js';
import { offeredActions } from './offered-actions.js';
import { codeOf, type LeaseTerms } from './situation.js';

const MOST_SHOWN = 200;

export interface ExplainInput {
  plan: ExecutionPlan;
  state: ExecutionState;
  /** Epoch ms. */
  now: number;
  /** Attempts that run at this moment, as far as they are known. */
  running?: readonly RunningAttempt[];
  /** Absent: not known. */
  owner?: OwnerFacts;
  lease: LeaseTerms;
}

/** Folded state, and who has it → why the execution stands where it stands, and what can be done. */
export function explain({ plan, state, now, running = [], owner, lease }: ExplainInput): Explanation {
  const attempts = attemptsBeyondJournal(plan, state, running);
  const standing = { plan, state, now, attempts, owner, lease };
  const waitingFor = awaited(standing);
  const code = codeOf(standing);
  const isUndoing = state.rollbacks.at(-1)?.status === 'in-progress';
  const nodes = isUndoing ? 0 : waitingFor.filter(({ kind, since }) => kind === 'node' && since !== undefined).length;
  // A pause and a cancellation go on only while something runs, also where an instance elsewhere alone knows what.
  const isEnding = state.activity === 'pausing' || state.activity === 'cancelling';
  return {
    status: state.status,
    activity: activityNow(state, now, attempts.size),
    code,
    summary: explainInWords(standing, code, waitingFor),
    waitingFor: waitingFor.slice(0, MOST_SHOWN),
    actions: offeredActions(standing, Math.max(nodes, running.length, isEnding ? 1 : 0)),
  };
}
