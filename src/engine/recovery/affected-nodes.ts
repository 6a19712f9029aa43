import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { RankHeap } from '../scheduling/rank-heap.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import type { RollbackTarget } from './planned-rollback.js';

/**
 * The seq of the event that last told of the node; undefined for one of which nothing has to be taken back: it has not
 * begun, or is pending again.
 */
export function touchedAt(node: NodeState | undefined): number | undefined {
  if (!node) return undefined;
  const { status, endSeq, lastSeq, waiting, outcome, isInDoubt } = node;
  if (status === 'completed' || status === 'failed' || status === 'skipped') return endSeq ?? lastSeq;
  // What waited under an end, or may have acted, is pending and yet not untouched.
  return status === 'running' || waiting || outcome || isInDoubt ? lastSeq : undefined;
}

/** The nodes that a rollback takes back, in the order of undoing: each after all that depends on it, the newest first. */
export function affectedNodes(plan: ExecutionPlan, state: ExecutionState, target: RollbackTarget): PlanNode[] {
  const node = target.targetNodeId === null ? undefined : plan.byId.get(target.targetNodeId);
  const after = node ? (state.nodes.get(node.id)?.endSeq ?? 0) : -1;
  const among = node && target.scope === 'dependants' ? dependantsOf(plan, node) : plan.nodes;
  return inOrderOfUndoing(
    among.filter((each) => (touchedAt(state.nodes.get(each.id)) ?? -1) > after),
    state,
  );
}

/** Everything that depends on the node, by edges and mappings. */
function dependantsOf(plan: ExecutionPlan, node: PlanNode): PlanNode[] {
  const found = new Set<number>();
  const open = [node];
  for (let current = open.pop(); current; current = open.pop()) {
    for (const { target } of current.outgoing) {
      const dependant = plan.nodes[target];
      if (!dependant || found.has(target)) continue;
      found.add(target);
      open.push(dependant);
    }
  }
  return plan.nodes.filter(({ index }) => found.has(index));
}

function inOrderOfUndoing(nodes: readonly PlanNode[], state: ExecutionState): PlanNode[] {
  const seqOf = ({ id }: PlanNode) => touchedAt(state.nodes.get(id)) ?? 0;
  const newestFirst = [...nodes].sort((one, other) => seqOf(other) - seqOf(one) || other.rank - one.rank);
  const places = new Map(newestFirst.map(({ index }, place) => [index, place]));
  const dependants = newestFirst.map(({ outgoing }) => outgoing.filter(({ target }) => places.has(target)).length);
  const ready = new RankHeap();
  for (const [place, count] of dependants.entries()) if (count === 0) ready.push(place);
  const ordered: PlanNode[] = [];
  for (let place = ready.pop(); place !== undefined; place = ready.pop()) {
    const node = newestFirst[place] as PlanNode;
    ordered.push(node);
    for (const { source } of node.incoming) {
      const before = places.get(source);
      if (before === undefined) continue;
      const left = (dependants[before] as number) - 1;
      dependants[before] = left;
      if (left === 0) ready.push(before);
    }
  }
  return ordered;
}
