import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { RunningAttempt } from '../journal/execution-record.js';
import { decideNode } from '../scheduling/next-nodes.js';
import { RankHeap } from '../scheduling/rank-heap.js';
import { hasEnded, hasOpenIntent, type ExecutionState } from '../state/execution-state.js';
import { isWait } from './elapsed-mean.js';

/**
 * The attempts that must run by what the journal tells, when another instance drives the execution: it has none of nodes
 * without an effect outside before they end. Nodes take free places as soon as they may and in topological order, so those
 * that are ready and first in it run since they were ready, or since enough others had ended to give them a place.
 * @param now epoch ms
 */
export function assumedStarts(
  plan: ExecutionPlan,
  state: ExecutionState,
  now: number,
): Map<string, Pick<RunningAttempt, 'startTime'>> {
  const began = Math.max(state.startedAt ?? 0, state.history.findLast(({ type }) => type === 'resume')?.at ?? 0);
  const ready: { node: PlanNode; since: number }[] = [];
  const places = plan.settings.maxConcurrency;
  let free = places;
  for (const node of plan.nodes) {
    const nodeState = state.nodes.get(node.id);
    if (nodeState && hasOpenIntent(nodeState)) free -= 1;
    else if (mayRun(plan, state, node, now)) ready.push({ node, since: readySince(plan, state, node, began) });
  }
  const running = ready.sort((one, other) => one.node.rank - other.node.rank).slice(0, Math.max(0, free));
  // Of all starts these were the last, and there are never more of them than ends and places.
  const ends = lastEnds(plan, state, places);
  const startOf = (since: number, at: number) => Math.max(since, ends[at - places + ends.length] ?? 0);
  return new Map(running.map(({ node, since }, at) => [node.id, { startTime: startOf(since, at) }]));
}

function mayRun(plan: ExecutionPlan, state: ExecutionState, node: PlanNode, now: number): boolean {
  const nodeState = state.nodes.get(node.id);
  if (nodeState?.retryAt !== undefined) return nodeState.status === 'running' && nodeState.retryAt <= now;
  if (nodeState && (nodeState.status !== 'pending' || nodeState.waiting)) return false;
  const settledBefore = node.incoming.every(({ source }) => hasEnded(state.nodes.get(plan.nodes[source]?.id ?? '')));
  return settledBefore && !isWait(node.type) && decideNode(plan, state, node) === 'run';
}

function readySince(plan: ExecutionPlan, { nodes }: ExecutionState, node: PlanNode, began: number): number {
  const ends = node.incoming.map(({ source }) => nodes.get(plan.nodes[source]?.id ?? '')?.endTime ?? 0);
  return ends.reduce((latest, end) => Math.max(latest, end), Math.max(began, nodes.get(node.id)?.retryAt ?? 0));
}

/** When the last `count` nodes ended that have run, the earliest first; fewer when fewer have. */
function lastEnds(plan: ExecutionPlan, state: ExecutionState, count: number): number[] {
  const ends = new RankHeap();
  for (const { id } of plan.nodes) {
    const { status, endTime } = state.nodes.get(id) ?? {};
    if (endTime === undefined || status === 'skipped') continue;
    ends.push(endTime);
    if (ends.size > count) ends.pop();
  }
  const sorted: number[] = [];
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) sorted.push(end);
  return sorted;
}
