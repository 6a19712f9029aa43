import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { NodeReset } from '../journal/events.js';
import type { JsonObject } from '../json.js';
import { decideNode } from '../scheduling/next-nodes.js';
import { Schedule } from '../scheduling/schedule.js';
import { hasEnded, type ExecutionState } from '../state/execution-state.js';

/** From where an execution goes on. Nodes by their ids, in the order of the graph. */
export interface ResumeContext {
  executionId: string;
  /** The node that completed last, of those whose completion stands; null when none has. */
  checkpointNodeId: string | null;
  /** The first of `resumeFromNodes`; null when nothing is left to run. */
  resumeFromNode: string | null;
  /** The nodes that may run at once. */
  resumeFromNodes: string[];
  /** The completed ones: they are kept. */
  skippedNodes: string[];
  preservedState: { variables: JsonObject };
}

/** What becomes of an execution that goes on where it stands. */
export interface Outlook {
  /** Those that may run at once, waiting ones and those between attempts too. */
  first: string[];
  /** Those and whatever follows them; a branch may yet leave some of it out. */
  willRun: string[];
}

/**
 * Looks ahead, past nodes that are surely skipped. `reset`: nodes that are pending again before; the state is not changed.
 */
export function outlook(plan: ExecutionPlan, state: ExecutionState, reset: readonly NodeReset[] = []): Outlook {
  const ahead: ExecutionState = { ...state, nodes: new Map(state.nodes) };
  for (const { nodeId, run } of reset) ahead.nodes.set(nodeId, { status: 'pending', run, attempt: 0, failures: 0 });
  const first = plan.nodes.filter(({ id }) => ahead.nodes.get(id)?.status === 'running');
  const schedule = new Schedule(plan, ahead);
  for (let node = schedule.next(); node; node = schedule.next()) {
    const skipReason = decideNode(plan, ahead, node);
    if (skipReason !== 'dead' && skipReason !== 'disabled') {
      first.push(node);
      continue;
    }
    ahead.nodes.set(node.id, { status: 'skipped', skipReason, run: 1, attempt: 0, failures: 0 });
    schedule.settle(node, ahead);
  }
  const willRun = plan.nodes.filter(({ id, enabled }) => {
    const node = ahead.nodes.get(id);
    return enabled && !hasEnded(node) && !node?.asks;
  });
  return { first: inOrder(first), willRun: inOrder(willRun) };
}

/** From where the execution goes on, by the state right after its resume. */
export function resumeContext(executionId: string, plan: ExecutionPlan, state: ExecutionState): ResumeContext {
  const completed = plan.nodes.filter(({ id }) => state.nodes.get(id)?.status === 'completed');
  const { first } = outlook(plan, state);
  return {
    executionId,
    checkpointNodeId: lastCompleted(state) ?? null,
    resumeFromNode: first[0] ?? null,
    resumeFromNodes: first,
    skippedNodes: inOrder(completed),
    preservedState: { variables: state.variables },
  };
}

/** The node that completed last, of those whose completion stands. */
export function lastCompleted({ nodes }: ExecutionState): string | undefined {
  let last: { nodeId: string; seq: number } | undefined;
  for (const [nodeId, { status, endSeq: seq = 0 }] of nodes) {
    if (status === 'completed' && seq > (last?.seq ?? -1)) last = { nodeId, seq };
  }
  return last?.nodeId;
}

function inOrder(nodes: readonly PlanNode[]): string[] {
  return [...nodes].sort((one, other) => one.rank - other.rank).map(({ id }) => id);
}
