import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { OnInterrupted } from '../definition/workflow-definition.js';
import type { ExecutionErrorData, JournalEvent } from '../journal/events.js';
import { isHandled } from '../scheduling/next-nodes.js';
import type { ExecutionState } from '../state/execution-state.js';

/** What becomes of a node whose attempt was cut off. Without a way to look, a person is asked. */
export function afterInterruption(node: PlanNode): OnInterrupted {
  return node.onInterrupted === 'retry' ? 'retry' : 'ask';
}

/**
 * Attempts whose intent is in the journal and whose outcome is not: their process died. The execution's clock stands
 * between the last event before the crash and now.
 */
export function openAttempts(plan: ExecutionPlan, state: ExecutionState, now: number): JournalEvent[] {
  const endTime = state.timestamp;
  return plan.nodes.flatMap((node): JournalEvent[] => {
    const open = state.nodes.get(node.id);
    if (open?.status !== 'running' || open.waiting || open.retryAt !== undefined) return [];
    const { run, attempt, startTime = endTime } = open;
    const event = { nodeId: node.id, run, attempt, startTime, endTime, cause: 'crash' as const };
    return [{ type: 'node:interrupted', timestamp: now, ...event, then: afterInterruption(node) }];
  });
}

/** The failure that ends the execution, when one is in the journal: the earliest that no error edge handles. */
export function firstFailure(plan: ExecutionPlan, state: ExecutionState): ExecutionErrorData | undefined {
  let first: { seq: number; error: ExecutionErrorData } | undefined;
  if (state.counts.failed === 0) return undefined;
  for (const node of plan.nodes) {
    const failed = state.nodes.get(node.id);
    if (failed?.status !== 'failed' || failed.asks || isHandled(state, node)) continue;
    const seq = failed.endSeq ?? 0;
    if (first && first.seq <= seq) continue;
    const { message = '', code = '' } = failed.error ?? {};
    first = { seq, error: { message, code, failedNodeId: node.id, failedNodeName: node.name } };
  }
  return first?.error;
}
