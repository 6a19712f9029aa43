import type { PlanEdge, PlanNode } from '../definition/execution-plan.js';
import type { EdgeDecision } from '../journal/events.js';
import type { NodeState } from '../state/execution-state.js';

/** Whether an edge whose source has ended is live; an object: its condition failed, which fails the target. */
export function edgeLiveness(edge: PlanEdge, source: PlanNode, state: NodeState): EdgeDecision {
  if (!carriesByOutcome(edge, source, state)) return false;
  if (edge.condition === undefined || state.status === 'skipped') return true;
  return state.edges?.[edge.id] ?? false;
}

/** Live or dead as far as the source's status and its port decide; a condition may still say no. */
export function carriesByOutcome(edge: PlanEdge, source: PlanNode, state: NodeState): boolean {
  if (edge.kind === 'error') return state.status === 'failed';
  if (state.status === 'completed') return edge.port === undefined || edge.port === state.port;
  if (state.status !== 'skipped' || state.skipReason !== 'disabled') return false;
  return edge.port === undefined || edge.port === source.ports?.[0];
}
