import type { ExecutionPlan } from '../definition/execution-plan.js';
import { attemptsBeyondJournal, type RunningAttempt } from '../journal/execution-record.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { ExecutionStatus } from '../state/transitions.js';

/** How far an execution is. */
export interface Progress {
  totalNodes: number;
  completedNodes: number;
  failedNodes: number;
  skippedNodes: number;
  runningNodes: number;
  pendingNodes: number;
  /** (completed + skipped) / total, and 1 once the execution has completed. */
  progress: number;
  /** ms; while it runs and at least one node has completed. */
  estimatedTimeRemaining?: number;
}

/** The progress of a state and of the attempts that run at this moment. */
export function progressOf(
  plan: ExecutionPlan,
  state: ExecutionState,
  running: readonly RunningAttempt[] = [],
): Progress {
  const totalNodes = plan.nodes.length;
  const { completed, failed, skipped } = state.counts;
  const runningNodes = state.counts.running + startingNow(plan, state, running);
  const remaining = elapsedEstimate(plan, state);
  return {
    totalNodes,
    completedNodes: completed,
    failedNodes: failed,
    skippedNodes: skipped,
    runningNodes,
    pendingNodes: Math.max(0, totalNodes - completed - failed - skipped - runningNodes),
    progress: progressShare(state.status, totalNodes, completed + skipped),
    ...(remaining !== undefined && { estimatedTimeRemaining: remaining }),
  };
}

/** 0..1; 1 once the execution has completed, whatever its nodes say. */
export function progressShare(status: ExecutionStatus, totalNodes: number, doneNodes: number): number {
  if (status === 'completed') return 1;
  return totalNodes === 0 ? 0 : Math.min(1, doneNodes / totalNodes);
}

/** A node between attempts counts as running already. */
function startingNow(plan: ExecutionPlan, state: ExecutionState, running: readonly RunningAttempt[]): number {
  const attempts = [...attemptsBeyondJournal(plan, state, running).keys()];
  return attempts.filter((nodeId) => state.nodes.get(nodeId)?.status !== 'running').length;
}

/** Without a history of the workflow: each node to come takes what the ended ones took on average. */
function elapsedEstimate({ nodes }: ExecutionPlan, { status, counts, clock }: ExecutionState): number | undefined {
  if (status !== 'running' || counts.completed === 0) return undefined;
  const run = counts.completed + counts.failed;
  const open = nodes.length - run - counts.skipped;
  return Math.round((clock.used / run) * Math.max(0, open));
}
