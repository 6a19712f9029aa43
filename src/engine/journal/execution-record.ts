import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { JsonObject } from '../json.js';
import { hasEnded, type ExecutionState } from '../state/execution-state.js';
import type { ExecutionStatus } from '../state/transitions.js';
import type { ExecutionContextData, ExecutionErrorData, SettledStatus, Trigger } from './events.js';
import { resultOf } from './execution-result.js';
import type { PerformanceRecord } from './metric-sample.js';
import { checkpointsOf, type CheckpointRecord } from './record-checkpoints.js';
import { limitRecord } from './record-limit.js';
import { NodeRecords, type NodeRecord, type Truncated } from './record-nodes.js';
import { rollbackRecord, type RollbackRecord } from './record-rollbacks.js';
import { activityOf, attentionOf, type Activity, type Attention } from './summary.js';

/** An attempt in the memory of the instance that drives; the journal knows those of external nodes alone. */
export interface RunningAttempt {
  nodeId: string;
  run: number;
  attempt: number;
  /** Epoch ms. */
  startTime: number;
}

/** Why an execution failed; null where no node is to blame. */
export interface ErrorRecord {
  message: string;
  code: string;
  failedNodeId: string | null;
  failedNodeName: string | null;
}

export interface StatsRecord {
  totalNodes: number;
  completedNodes: number;
  failedNodes: number;
  skippedNodes: number;
  /** completed / (completed + failed), 0..1; 0 when none has ended so. */
  successRate: number;
}

/** What a person or the engine did to the execution; `by` is null where nobody is known. */
export interface HistoryRecord extends JsonObject {
  type: string;
  /** Epoch ms. */
  at: number;
  by: string | null;
  reason?: string;
  /** Of a pause of the engine's own: OUTCOME_UNKNOWN, CRASH_LOOP. */
  code?: string;
  /** Of a settlement and of a checkpoint. */
  nodeId?: string;
  /** Of a settlement. */
  status?: SettledStatus;
  /** Of a checkpoint. */
  label?: string;
  /** Of a resume: the node from which it ran again. */
  fromNodeId?: string;
  /** Of corrected variables: their names. */
  variables?: string[];
  /** Of corrected configs. */
  nodeIds?: string[];
  /** Of another revision. */
  revision?: number;
}

/** An execution as the API shows it: a fold of its journal. Times are epoch ms, durations ms. */
export interface ExecutionRecord {
  id: string;
  workflowId: string;
  workflowName: string;
  workflowVersion: string;
  workflowRevision: number;
  status: ExecutionStatus;
  activity: Activity | null;
  attention: Attention | null;
  /** Of the last event. */
  seq: number;
  /** Until it starts the planned one. */
  startTime: number;
  endTime: number | null;
  /** Null until the end; pauses and waits count. */
  duration: number | null;
  trigger: Trigger;
  context: ExecutionContextData;
  labels: { [name: string]: string };
  priority: number;
  /** Every node of the revision, in document order. */
  nodes: NodeRecord[];
  stats: StatsRecord;
  result: JsonObject | Truncated | null;
  error: ErrorRecord | null;
  /** The newest 100, oldest first; absent in a light record. */
  checkpoints?: CheckpointRecord[];
  /** Up to its newest end; null until something was measured. */
  performance: PerformanceRecord | null;
  history: HistoryRecord[];
  rollbacks: RollbackRecord[];
  rerunOf?: string;
  parent?: string;
  createdAt: number;
  updatedAt: number;
}

export interface RecordInput {
  executionId: string;
  plan: ExecutionPlan;
  state: ExecutionState;
  /** Epoch ms; decides whether a pending execution is scheduled or queued. */
  now: number;
  /** Attempts that run at this moment. */
  running?: readonly RunningAttempt[];
  /** Without inputs, outputs and checkpoints. */
  light?: boolean;
}

/** Folded state → what the API shows. */
export function buildRecord({
  executionId,
  plan,
  state,
  now,
  running = [],
  light = false,
}: RecordInput): ExecutionRecord {
  const attempts = attemptsBeyondJournal(plan, state, running);
  const nodes = new NodeRecords(plan, state, attempts);
  const record: ExecutionRecord = {
    id: executionId,
    workflowId: state.workflowId,
    workflowName: state.workflowName,
    workflowVersion: plan.version,
    workflowRevision: state.revision,
    status: state.status,
    activity: activityNow(state, now, attempts.size),
    attention: attentionOf(state),
    seq: state.seq,
    ...timesOf(state),
    trigger: state.trigger,
    context: state.context,
    labels: state.labels,
    priority: state.priority,
    nodes: plan.nodes.map((node) => nodes.of(node, light)),
    stats: statsOf(plan.nodes.length, state.counts),
    result: resultOf(plan, state),
    error: state.error ? errorRecord(state.error) : null,
    ...(!light && { checkpoints: checkpointsOf(plan, state) }),
    performance: state.closings.at(-1)?.performance ?? null,
    history: state.history.map(({ by, ...entry }) => ({ ...entry, by: by ?? null }) as HistoryRecord),
    rollbacks: state.rollbacks.map(rollbackRecord),
    ...(state.rerunOf !== undefined && { rerunOf: state.rerunOf }),
    ...(state.parent !== undefined && { parent: state.parent }),
    createdAt: state.createdAt,
    updatedAt: state.timestamp,
  };
  return limitRecord(record);
}

/** The record that commands answer with. */
export function recordWithoutNodes(record: ExecutionRecord): Omit<ExecutionRecord, 'nodes'> {
  const { nodes: _, ...rest } = record;
  return rest;
}

/** What goes on inside the status, at `now`. */
export function activityNow(state: ExecutionState, now: number, runningNow = 0): Activity | null {
  if (state.status === 'pending') return pendingActivity(state.runAt, now);
  return activityOf(state, runningNow);
}

/** A pending execution waits for its time or for a place. */
export function pendingActivity(runAt: number | null | undefined, now: number): 'scheduled' | 'queued' {
  return runAt != null && runAt > now ? 'scheduled' : 'queued';
}

/** Start, end and duration; one that was ended before it started took no time. */
export function timesOf(times: { createdAt: number; runAt?: number; startedAt?: number; endedAt?: number }) {
  const { createdAt, runAt = createdAt, startedAt, endedAt } = times;
  return {
    startTime: startedAt ?? Math.max(runAt, createdAt),
    endTime: endedAt ?? null,
    duration: endedAt === undefined ? null : endedAt - (startedAt ?? endedAt),
  };
}

export function statsOf(
  totalNodes: number,
  counts: { completed: number; failed: number; skipped: number },
): StatsRecord {
  const { completed, failed, skipped } = counts;
  const successRate = completed + failed === 0 ? 0 : completed / (completed + failed);
  return { totalNodes, completedNodes: completed, failedNodes: failed, skippedNodes: skipped, successRate };
}

export function errorRecord({ message, code, failedNodeId, failedNodeName }: ExecutionErrorData): ErrorRecord {
  return { message, code, failedNodeId: failedNodeId ?? null, failedNodeName: failedNodeName ?? null };
}

/**
 * The attempts that the journal does not show but allows: the driver is ahead of what is committed, and a node whose
 * sources have not ended in the journal would be shown with inputs that it never had.
 */
export function attemptsBeyondJournal(
  plan: ExecutionPlan,
  state: ExecutionState,
  running: readonly RunningAttempt[],
): Map<string, RunningAttempt> {
  const found = new Map<string, RunningAttempt>();
  if (state.status !== 'running') return found;
  for (const attempt of running) {
    const node = plan.byId.get(attempt.nodeId);
    const journaled = state.nodes.get(attempt.nodeId);
    const mayRun = !journaled || journaled.status === 'pending' || journaled.retryAt !== undefined;
    if (!node || !mayRun) continue;
    // A probe looks at the last attempt that the journal has.
    const least = (journaled?.attempt ?? 0) + (journaled?.toProbe ? 0 : 1);
    if (attempt.run !== (journaled?.run ?? 1) || attempt.attempt < least) continue;
    const ready = node.incoming.every(({ source }) => hasEnded(state.nodes.get(plan.nodes[source]?.id ?? '')));
    if (ready) found.set(attempt.nodeId, attempt);
  }
  return found;
}
