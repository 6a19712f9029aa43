import type { ExecutionPlan } from '../definition/execution-plan.js';
import { attemptsBeyondJournal, type RunningAttempt } from '../journal/execution-record.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { ExecutionStatus } from '../state/transitions.js';
import { assumedStarts } from './assumed-starts.js';
import type { NodeTimes } from './node-time.js';
import { estimateRemaining, type RemainingTime } from './remaining-time.js';

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
  /** ms; what `estimate` says. */
  estimatedTimeRemaining?: number;
  /** While it runs, once there is a history of its workflow or one of its nodes has ended. */
  estimate?: RemainingTime;
}

/** An execution in the memory of the instance that drives it: ahead of what is committed. */
export interface Driven {
  state: ExecutionState;
  running: readonly RunningAttempt[];
}

/** What the progress of an execution follows from. */
export interface ProgressInput {
  plan: ExecutionPlan;
  /** Folded from what is committed. */
  state: ExecutionState;
  /** Epoch ms by the clock of the journal. */
  now: number;
  /** Absent when another instance drives it, or none. */
  driven?: Driven;
  /** How long the nodes of its workflow have taken before; absent: they have not. */
  history?: NodeTimes;
}

/** The progress of an execution at this moment. */
export function progressOf(input: ProgressInput): Progress {
  const { plan, state, driven } = input;
  const totalNodes = plan.nodes.length;
  const { completed, failed, skipped } = state.counts;
  const runningNodes = state.counts.running + startingNow(plan, state, driven?.running ?? []);
  const estimate = estimateNow(input);
  return {
    totalNodes,
    completedNodes: completed,
    failedNodes: failed,
    skippedNodes: skipped,
    runningNodes,
    pendingNodes: Math.max(0, totalNodes - completed - failed - skipped - runningNodes),
    progress: progressShare(state.status, totalNodes, completed + skipped),
    ...(estimate && { estimatedTimeRemaining: estimate.remaining, estimate }),
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

/** Where it is driven here, from what the driver knows: what is committed lags behind by the time of a commit. */
function estimateNow({ plan, state, now, driven, history }: ProgressInput): RemainingTime | undefined {
  if (!goesOn(state)) return undefined;
  if (driven && goesOn(driven.state) && driven.state.revision === state.revision) {
    const attempts = attemptsBeyondJournal(plan, driven.state, driven.running);
    return estimateRemaining({ plan, state: driven.state, now, attempts, history });
  }
  return estimateRemaining({ plan, state, now, attempts: assumedStarts(plan, state, now), history });
}

/** One that is about to be paused goes on where it stands. */
function goesOn({ status, activity }: ExecutionState): boolean {
  return status === 'running' && (activity === null || activity === 'pausing');
}
