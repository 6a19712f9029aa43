import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import { affectedNodes } from './affected-nodes.js';
import type { RollbackPlan, RollbackStep, RollbackTarget } from './planned-rollback.js';
import { nextRun } from './resume-reset.js';
import { undoOfNode } from './undo-of-node.js';

/** What a rollback to the target would do, as the state stands. The target has completed. */
export function planRollback(plan: ExecutionPlan, state: ExecutionState, target: RollbackTarget): RollbackPlan {
  const nodes = affectedNodes(plan, state, target);
  const steps: RollbackStep[] = [];
  for (const node of nodes) {
    const step = stepOf(node, state.nodes.get(node.id));
    if (step) steps.push({ order: steps.length + 1, ...step });
  }
  const reset = [...nodes]
    .sort((one, other) => one.rank - other.rank)
    .map(({ id }) => nextRun(id, state.nodes.get(id)));
  const { targetNodeId, scope } = target;
  const undone = { targetNodeId, scope, steps, warnings: steps.flatMap(({ warnings }) => warnings), reset };
  return { hash: hashOf(undone), seq: state.seq, ...undone };
}

/** Undefined for a node without an effect that was skipped, waits or is between attempts: it is only pending again. */
function stepOf(node: PlanNode, state: NodeState | undefined): Omit<RollbackStep, 'order'> | undefined {
  const { action, description, warnings } = undoOfNode(node, state);
  const hasEnded = state?.status === 'completed' || state?.status === 'failed';
  if (!state || (!hasEnded && action !== 'unknown')) return undefined;
  return {
    nodeId: node.id,
    nodeName: node.name,
    nodeType: node.type.type,
    run: state.run,
    effect: node.effect,
    action,
    description,
    completedAt: state.status === 'completed' ? (state.endTime ?? null) : null,
    warnings,
  };
}

/** Names are left out: they do nothing. */
function hashOf({ targetNodeId, scope, steps, reset }: Omit<RollbackPlan, 'hash' | 'seq'>): string {
  const does = steps.map(({ nodeId, run, action, description }) => ({ nodeId, run, action, description }));
  return createHash('sha256')
    .update(canonicalJson({ targetNodeId, scope, steps: does, reset }))
    .digest('base64url');
}

/**
 * What of a plan is pending again when it stops half-way: what is done, and what has no step as soon as nothing that is yet
 * to be undone depends on it.
 */
export function resetSoFar(
  plan: ExecutionPlan,
  { steps, reset }: RollbackPlan,
  isDone: (nodeId: string) => boolean,
): RollbackPlan['reset'] {
  const toDo = new Set(steps.map(({ nodeId }) => nodeId).filter((nodeId) => !isDone(nodeId)));
  const standing = new Set<number>();
  for (const { nodeId } of [...reset].reverse()) {
    const node = plan.byId.get(nodeId);
    if (!node) continue;
    if (toDo.has(nodeId) || node.outgoing.some(({ target }) => standing.has(target))) standing.add(node.index);
  }
  return reset.filter(({ nodeId }) => !standing.has(plan.byId.get(nodeId)?.index ?? -1));
}
