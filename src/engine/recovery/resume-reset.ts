import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { NodeReset } from '../journal/events.js';
import { isHandled } from '../scheduling/next-nodes.js';
import { hasEnded, type ExecutionState, type NodeState } from '../state/execution-state.js';

/** What of a resume decides which nodes are pending again. */
export interface ResetScope {
  /** It, and all that depends on it, runs again though it has ended. */
  from?: PlanNode;
  /** The execution goes on under something else than before: no attempt goes on under its old key. */
  isCorrected: boolean;
  /** Ids of the nodes that are no longer what they were when they began. */
  changed: ReadonlySet<string>;
}

const PLAIN: ResetScope = { isCorrected: false, changed: new Set() };

/**
 * The nodes that a resume makes pending again: those that failed (a handled failure stands: its error edge was taken) and
 * what was skipped because of them; what a person has settled stands. A definite failure gets a new run, since a service
 * that stored the failure under the old key would answer it for ever; after an unknown outcome the run, and so the key, is
 * kept, unless something was corrected. A node that asks runs again only when the execution was paused to ask: else
 * whoever resumes it may not have seen that, and it is paused for it now.
 */
export function resumeReset(plan: ExecutionPlan, state: ExecutionState, scope: ResetScope = PLAIN): NodeReset[] {
  const reset = failedReset(plan, state, scope);
  if (scope.from) {
    for (const node of withDependants(plan, scope.from)) {
      const nodeState = state.nodes.get(node.id);
      if (nodeState && isTouched(nodeState)) reset.set(node.id, nextRun(node.id, nodeState));
    }
  }
  if (scope.isCorrected) {
    for (const [nodeId, nodeState] of state.nodes) {
      if (!reset.has(nodeId) && isOutdated(plan, nodeId, nodeState, scope))
        reset.set(nodeId, nextRun(nodeId, nodeState));
    }
  }
  return [...reset.values()];
}

/** The nodes before this one that keep it from starting at once: they have not ended, or run again themselves. */
export function openBefore(plan: ExecutionPlan, state: ExecutionState, node: PlanNode): string[] {
  const again = failedReset(plan, state, PLAIN);
  const before = reached([node], ({ incoming }) => incoming.map(({ source }) => plan.nodes[source]));
  before.delete(node);
  return [...before]
    .filter(({ id }) => again.has(id) || !hasEnded(state.nodes.get(id)))
    .sort((one, other) => one.rank - other.rank)
    .map(({ id }) => id);
}

function failedReset(plan: ExecutionPlan, state: ExecutionState, { isCorrected }: ResetScope): Map<string, NodeReset> {
  const reset = new Map<string, NodeReset>();
  const open: PlanNode[] = [];
  for (const node of plan.nodes) {
    const nodeState = state.nodes.get(node.id);
    if (nodeState?.status !== 'failed' || (isHandled(state, node) && !wasCutShort(nodeState))) continue;
    if (nodeState.asks && state.pauseCode !== 'OUTCOME_UNKNOWN') continue;
    const keepsRun = nodeState.outcome === 'unknown' && !isCorrected;
    reset.set(node.id, { nodeId: node.id, run: keepsRun ? nodeState.run : nodeState.run + 1 });
    open.push(node);
  }
  for (let node = open.pop(); node; node = open.pop()) {
    for (const edge of node.outgoing) {
      const target = plan.nodes[edge.target];
      const targetState = target && state.nodes.get(target.id);
      if (!target || targetState?.status !== 'skipped' || targetState.skipReason === 'settled') continue;
      if (reset.has(target.id)) continue;
      reset.set(target.id, nextRun(target.id, targetState));
      open.push(target);
    }
  }
  return reset;
}

/** A node that was skipped without an attempt has not used its run. */
export function nextRun(nodeId: string, state: NodeState | undefined): NodeReset {
  const { run = 1, status, attempt = 0 } = state ?? {};
  return { nodeId, run: status === 'skipped' && attempt === 0 ? run : run + 1 };
}

/**
 * What is under way and must not go on as it began: a node that was changed or is gone, and an attempt that was cut off or
 * failed, whose key belongs to what was corrected. A wait goes on, and one that is looked at first is looked at first.
 */
function isOutdated(plan: ExecutionPlan, nodeId: string, node: NodeState, { changed }: ResetScope): boolean {
  const { status, waiting, toProbe, retryAt } = node;
  if (status === 'completed' || status === 'skipped' || !isTouched(node)) return false;
  if (!plan.byId.has(nodeId)) return true;
  if (status === 'failed') return false;
  return changed.has(nodeId) || retryAt !== undefined || (!waiting && !toProbe);
}

/** True for a node that has ended, is under way or has had an attempt in this run. */
function isTouched({ status, attempt, waiting }: NodeState): boolean {
  return status !== 'pending' || attempt > 0 || waiting !== undefined;
}

function withDependants(plan: ExecutionPlan, node: PlanNode): Set<PlanNode> {
  return reached([node], ({ outgoing }) => outgoing.map(({ target }) => plan.nodes[target]));
}

function reached(from: PlanNode[], next: (node: PlanNode) => (PlanNode | undefined)[]): Set<PlanNode> {
  const found = new Set(from);
  const open = [...from];
  for (let node = open.pop(); node; node = open.pop()) {
    for (const other of next(node)) {
      if (!other || found.has(other)) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}

/** It failed only because the execution ended: no error edge was taken for that. */
function wasCutShort({ error }: NodeState): boolean {
  return error?.code === 'EXECUTION_TIMEOUT' || error?.code === 'CANCELLED';
}
