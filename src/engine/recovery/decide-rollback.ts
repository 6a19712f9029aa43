import type { ExecutionPlan } from '../definition/execution-plan.js';
import { EngineError } from '../errors.js';
import type { CausedNow, EventOf, ExecutionErrorData, RollbackEnd } from '../journal/events.js';
import type { ExecutionState, RollbackState } from '../state/execution-state.js';
import { activityConflict, refuseActivity } from '../state/refusals.js';
import { invalidTransition } from '../state/transitions.js';
import type { RollbackPlan, RollbackTarget } from './planned-rollback.js';
import { planRollback } from './rollback-plan.js';

/** What a person asks to be rolled back. */
export interface RollbackRequest extends RollbackTarget {
  /** Warnings are accepted. */
  force: boolean;
  /** The plan that whoever asks has seen. */
  planHash?: string;
}

/** What a request leads to: a rollback that there is already, or a new one. */
export interface FoundRollback {
  plan: RollbackPlan;
  /** In progress, stopped half-way, or just done and nothing has happened since. */
  existing?: RollbackState;
}

/** Everything, from the very start. */
export const TO_START: RollbackTarget = { targetNodeId: null, scope: 'after' };

/**
 * What would be rolled back. Warnings stand in the plan.
 * @throws EngineError NOT_FOUND for a target that the workflow does not have; CONFLICT for one that has not completed, and
 * for what the activity does not allow; INVALID_TRANSITION for what the status does not; PLAN_CHANGED for a stale planHash
 */
export function findRollback(
  plan: ExecutionPlan,
  state: ExecutionState,
  request: Omit<RollbackRequest, 'force'>,
): FoundRollback {
  const existing = existingRollback(state, request);
  if (!existing) {
    refuseActivity(state);
    if (state.status === 'pending' || state.status === 'running') throw notNow(state);
    checkTarget(plan, state, request);
  }
  const found = existing?.plan ?? planRollback(plan, state, request);
  if (request.planHash !== undefined && request.planHash !== found.hash) {
    const message = existing
      ? 'The rollback that has begun has another plan than that of the planHash'
      : 'The plan is another one by now than that of the planHash: look at it again with dryRun';
    throw new EngineError('PLAN_CHANGED', message, { planHash: found.hash });
  }
  return { plan: found, existing };
}

/**
 * Decides a rollback against the state, without changing anything; undefined: it goes on or is done already.
 * @throws EngineError as {@link findRollback} does; ROLLBACK_UNSAFE for warnings without force
 */
export function decideRollback(
  plan: ExecutionPlan,
  state: ExecutionState,
  request: RollbackRequest,
  caused: CausedNow,
): EventOf<'execution:rolling-back'> | undefined {
  const { existing, plan: found } = findRollback(plan, state, request);
  if (existing) return existing.status === 'stopped' ? goOn(existing, caused) : undefined;
  const { warnings } = found;
  if (warnings.length > 0 && !request.force) {
    const hint = 'Look at the warnings; with "force": true it goes on all the same, and what they name stays as it is';
    const message = `The rollback is unsafe: ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`;
    throw new EngineError('ROLLBACK_UNSAFE', message, { warnings, hint });
  }
  return begin(state, found, { ...caused, force: request.force });
}

/** The rollback to the very start that nobody is there to force: it acts as with force, and the end follows. */
export function rollbackBefore(
  plan: ExecutionPlan,
  state: ExecutionState,
  end: { then: RollbackEnd; error?: ExecutionErrorData },
  caused: CausedNow,
): EventOf<'execution:rolling-back'> {
  return begin(state, planRollback(plan, state, TO_START), { ...caused, ...end, force: true });
}

/** The same call goes on with a rollback that stopped: what was accepted and how it ends stay as they were. */
export function goOn({ id: rollbackId, plan, force, then, error }: RollbackState, caused: CausedNow) {
  return { type: 'execution:rolling-back' as const, ...caused, rollbackId, plan, force, then, error };
}

function begin(
  state: ExecutionState,
  plan: RollbackPlan,
  how: CausedNow & { force: boolean; then?: RollbackEnd; error?: ExecutionErrorData },
): EventOf<'execution:rolling-back'> {
  return { type: 'execution:rolling-back', ...how, rollbackId: `rb_${state.rollbacks.length + 1}`, plan };
}

/** @throws EngineError CONFLICT while another one is in progress or has stopped */
function existingRollback(state: ExecutionState, { targetNodeId, scope }: RollbackTarget): RollbackState | undefined {
  const last = state.rollbacks.at(-1);
  if (!last) return undefined;
  const isSame = last.plan.targetNodeId === targetNodeId && last.plan.scope === scope;
  if (state.activity === 'rolling-back' || state.activity === 'rollback-stopped') {
    if (isSame) return last;
    throw activityConflict(state);
  }
  return isSame && last.status === 'completed' && last.endedSeq === state.seq ? last : undefined;
}

function checkTarget(plan: ExecutionPlan, state: ExecutionState, { targetNodeId: nodeId }: RollbackTarget): void {
  if (nodeId === null) return;
  if (!plan.byId.has(nodeId)) throw new EngineError('NOT_FOUND', 'The execution has no such node', { nodeId });
  const status = state.nodes.get(nodeId)?.status ?? 'pending';
  if (status === 'completed') return;
  throw new EngineError('CONFLICT', `A rollback goes back to a node that has completed, and ${nodeId} is ${status}`, {
    nodeId,
    status,
  });
}

function notNow({ status }: ExecutionState): EngineError {
  const { message, details } = invalidTransition(status, 'paused');
  const why = status === 'running' ? 'Pause the execution before it is rolled back' : message;
  return new EngineError('INVALID_TRANSITION', why, details);
}
