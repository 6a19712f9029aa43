import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { OnInterrupted } from '../definition/workflow-definition.js';
import { NodeError } from '../errors.js';
import type { ExecutionErrorData, JournalEvent } from '../journal/events.js';
import { isHandled } from '../scheduling/next-nodes.js';
import { hasOpenIntent, type ExecutionState, type NodeState } from '../state/execution-state.js';
import type { AttemptInput } from './attempt-context.js';

/** What becomes of a node whose attempt was cut off. Without a way to look, a person is asked. */
export function afterInterruption({ onInterrupted, type }: PlanNode): OnInterrupted {
  return onInterrupted === 'probe' && !type.probe ? 'ask' : onInterrupted;
}

/** A probe could not tell what came of the attempt: a person is asked. */
export function asksEvent(
  { node, run, attempt, startTime }: AttemptInput,
  state: NodeState,
  timestamp: number,
): JournalEvent {
  const { endTime = timestamp, toProbe: { cause } = { cause: 'crash' } } = state;
  const cutOff = { nodeId: node.id, run, attempt, startTime, endTime, cause };
  return { type: 'node:interrupted', timestamp, ...cutOff, then: 'ask' };
}

/** The error of an attempt that ended because its execution does. */
export function cancelled(): NodeError {
  return new NodeError('CANCELLED', 'The execution was cancelled');
}

/**
 * Attempts whose intent is in the journal and whose outcome is not: their process died. The execution's clock stands
 * between the last event before the crash and now. While the execution is being cancelled they have failed by that.
 */
export function openAttempts(plan: ExecutionPlan, state: ExecutionState, now: number): JournalEvent[] {
  const endTime = state.timestamp;
  return plan.nodes.flatMap((node): JournalEvent[] => {
    const open = state.nodes.get(node.id);
    if (!open || !hasOpenIntent(open)) return [];
    const { run, attempt, startTime = endTime, startSeq = state.seq } = open;
    const cutOff = { timestamp: now, nodeId: node.id, run, attempt, startTime };
    if (state.activity === 'cancelling') {
      const { code, message } = cancelled();
      return [{ type: 'node:failed', ...cutOff, startSeq, error: { code, message }, outcome: 'unknown' }];
    }
    return [{ type: 'node:interrupted', ...cutOff, endTime, cause: 'crash', then: afterInterruption(node) }];
  });
}

/** The error with which an execution ends whose nodes ran for too long. */
export function timeoutError(plan: ExecutionPlan): NodeError {
  return new NodeError('EXECUTION_TIMEOUT', `The execution ran longer than ${plan.settings.timeout} ms`);
}

/** The failure that ends the execution, when one is in the journal: its limit, or the first that nothing handles. */
export function standingFailure(plan: ExecutionPlan, state: ExecutionState): ExecutionErrorData | undefined {
  if (state.counts.failed === 0) return undefined;
  if (isPastLimit(plan, state)) {
    const { code, message } = timeoutError(plan);
    return { code, message };
  }
  return plan.settings.errorHandling === 'continue' ? undefined : firstFailure(plan, state);
}

function isPastLimit(plan: ExecutionPlan, state: ExecutionState): boolean {
  if (state.clock.used < plan.settings.timeout) return false;
  return [...state.nodes.values()].some(
    ({ status, error }) => status === 'failed' && error?.code === 'EXECUTION_TIMEOUT',
  );
}

function firstFailure(plan: ExecutionPlan, state: ExecutionState): ExecutionErrorData | undefined {
  let first: { seq: number; error: ExecutionErrorData } | undefined;
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
