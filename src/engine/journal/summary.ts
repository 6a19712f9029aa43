import type { ExecutionPlan } from '../definition/execution-plan.js';
import { hasOpenIntent, type ExecutionState, type NodeState } from '../state/execution-state.js';
import type { ExecutionStatus } from '../state/transitions.js';
import type { ExecutionErrorData } from './events.js';

export const ACTIVITIES = [
  'scheduled',
  'queued',
  'executing',
  'retrying',
  'waiting',
  'pausing',
  'cancelling',
  'rolling-back',
  'rollback-stopped',
] as const;

export type Activity = (typeof ACTIVITIES)[number];

/** The first that holds is the one that is shown. */
export const ATTENTIONS = ['rollback-stopped', 'crash-loop', 'unknown', 'failed'] as const;

export type Attention = (typeof ATTENTIONS)[number];

/** The row of an execution that lists and filters read; it follows from the journal and may lag a second. */
export interface ExecutionSummary {
  status: ExecutionStatus;
  activity: Activity | null;
  attention: Attention | null;
  seq: number;
  completedNodes: number;
  failedNodes: number;
  skippedNodes: number;
  runningNodes: number;
  /** One line: the error, or what it waits for. */
  summary: string | null;
  error: ExecutionErrorData | null;
  /** Epoch ms. */
  updatedAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

/** The summary of a state; `runningNow` counts attempts of nodes that the journal does not show as running. */
export function summarize(plan: ExecutionPlan, state: ExecutionState, runningNow = 0): ExecutionSummary {
  return {
    status: state.status,
    activity: activityOf(state, runningNow),
    attention: attentionOf(state),
    seq: state.seq,
    completedNodes: state.counts.completed,
    failedNodes: state.counts.failed,
    skippedNodes: state.counts.skipped,
    runningNodes: state.counts.running + runningNow,
    summary: summaryLine(plan, state),
    error: state.error ?? null,
    updatedAt: state.timestamp,
    startedAt: state.startedAt ?? null,
    endedAt: state.endedAt ?? null,
  };
}

/** What goes on inside the status; `scheduled` and `queued` of a pending one depend on the reader's clock. */
export function activityOf(state: ExecutionState, runningNow = 0): Activity | null {
  if (state.activity) return state.activity;
  if (state.status !== 'running') return null;
  if (runningNow > 0 || state.counts.running === 0) return 'executing';
  let retrying = false;
  for (const node of state.nodes.values()) {
    if (hasOpenIntent(node)) return 'executing';
    retrying ||= node.status === 'running' && node.retryAt !== undefined;
  }
  return retrying ? 'retrying' : 'waiting';
}

/** The first that holds of what needs a person. */
export function attentionOf(state: ExecutionState): Attention | null {
  if (state.activity === 'rollback-stopped') return 'rollback-stopped';
  if (state.pauseCode === 'CRASH_LOOP') return 'crash-loop';
  if (state.status !== 'paused' && state.status !== 'failed') return null;
  for (const node of state.nodes.values()) {
    if (node.status === 'failed' && node.outcome === 'unknown') return 'unknown';
  }
  return state.status === 'failed' ? 'failed' : null;
}

const LONGEST_LINE = 500;

function summaryLine(plan: ExecutionPlan, state: ExecutionState): string | null {
  if (state.error) return errorLine(state.error).slice(0, LONGEST_LINE);
  if (state.pauseCode === 'CRASH_LOOP') return 'CRASH_LOOP, the processes that drove it died again and again';
  if (state.status !== 'running' && state.status !== 'paused') return null;
  for (const [nodeId, node] of state.nodes) {
    const reason = waitReason(node);
    if (reason !== null) return `${plan.byId.get(nodeId)?.name ?? nodeId}: ${reason}`.slice(0, LONGEST_LINE);
  }
  return null;
}

/** Why an execution failed: the node, the code and the message. */
export function errorLine({ failedNodeName, code, message }: ExecutionErrorData): string {
  return `${failedNodeName === undefined ? '' : `${failedNodeName}: `}${code}, ${message}`;
}

/** What a node waits for; null when it does not. */
export function waitReason(node: NodeState): string | null {
  if (node.asks) return 'nobody knows whether it happened';
  if (node.status !== 'running') return null;
  if (node.retryAt !== undefined) {
    return `attempt ${node.attempt} failed with ${node.error?.code ?? 'an error'}, next at ${isoTime(node.retryAt)}`;
  }
  if (!node.waiting) return null;
  const { for: what, until } = node.waiting;
  return `waits for ${what}${until === undefined ? '' : ` until ${isoTime(until)}`}`;
}

/** For people; a time that no calendar has stays a number. */
export function isoTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}
