import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { FailedCondition } from '../journal/events.js';
import type { ExecutionState } from '../state/execution-state.js';
import { edgeLiveness } from './edge-liveness.js';

/** What becomes of a node whose incoming edges are all settled. */
export type NodeDecision = 'run' | 'dead' | 'disabled' | FailedCondition;

/** Decides a node whose sources have all ended. Pure: the same state gives the same decision. */
export function decideNode(plan: ExecutionPlan, state: ExecutionState, node: PlanNode): NodeDecision {
  let live = 0;
  for (const edge of node.incoming) {
    const source = plan.nodes[edge.source];
    const sourceState = source && state.nodes.get(source.id);
    const decision = source && sourceState ? edgeLiveness(edge, source, sourceState) : false;
    if (typeof decision === 'object') return node.enabled ? decision : 'dead';
    if (decision) live += 1;
  }
  const runs = node.incoming.length === 0 || (node.join === 'all' ? live === node.incoming.length : live > 0);
  if (!runs) return 'dead';
  return node.enabled ? 'run' : 'disabled';
}

/**
 * A failed node is handled when one of its error edges is live, even if that edge's target is then skipped. One whose
 * outcome a person has to say has not ended yet.
 */
export function isHandled(state: ExecutionState, node: PlanNode): boolean {
  const nodeState = state.nodes.get(node.id);
  if (nodeState?.status !== 'failed' || nodeState.asks) return false;
  return node.outgoing.some((edge) => edge.kind === 'error' && edgeLiveness(edge, node, nodeState) !== false);
}
