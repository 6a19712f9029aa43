import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { NodeReset } from '../journal/events.js';
import { isHandled } from '../scheduling/next-nodes.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';

/**
 * The nodes that a resume makes pending again: those that failed (a handled failure stands: its error edge was taken) and
 * what was skipped because of them; what a person has settled stands. A definite failure gets a new run, since a service
 * that stored the failure under the old key would answer it for ever; after an unknown outcome the run, and so the key, is
 * kept. A node that asks runs again only when the execution was paused to ask: else whoever resumes it may not have seen
 * that, and it is paused for it now.
 */
export function resumeReset(plan: ExecutionPlan, state: ExecutionState): NodeReset[] {
  const reset = new Map<number, NodeReset>();
  const open: PlanNode[] = [];
  for (const node of plan.nodes) {
    const nodeState = state.nodes.get(node.id);
    if (nodeState?.status !== 'failed' || (isHandled(state, node) && !wasCutShort(nodeState))) continue;
    if (nodeState.asks && state.pauseCode !== 'OUTCOME_UNKNOWN') continue;
    reset.set(node.index, {
      nodeId: node.id,
      run: nodeState.outcome === 'unknown' ? nodeState.run : nodeState.run + 1,
    });
    open.push(node);
  }
  for (let node = open.pop(); node; node = open.pop()) {
    for (const edge of node.outgoing) {
      const target = plan.nodes[edge.target];
      const targetState = target && state.nodes.get(target.id);
      if (!target || targetState?.status !== 'skipped' || targetState.skipReason === 'settled') continue;
      if (reset.has(target.index)) continue;
      reset.set(target.index, { nodeId: target.id, run: targetState.run });
      open.push(target);
    }
  }
  return [...reset.values()];
}

/** It failed only because the execution ended: no error edge was taken for that. */
function wasCutShort({ error }: NodeState): boolean {
  return error?.code === 'EXECUTION_TIMEOUT' || error?.code === 'CANCELLED';
}
