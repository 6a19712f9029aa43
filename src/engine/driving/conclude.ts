import type { PlanNode } from '../definition/execution-plan.js';
import type { ExecutionErrorData, JournalEvent, RollbackEnd } from '../journal/events.js';
import { LONGEST_TIMER_MS } from '../scheduling/call-at.js';
import { endEvent } from '../state/decide-end.js';
import type { ExecutionState } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import type { Obstacles } from './obstacles.js';

/** How an execution stands in which nothing runs and nothing may start. */
export interface Idle {
  /** Nodes that have not ended. */
  remaining: number;
  /** The server stops. */
  isDraining: boolean;
  /** A failure undoes everything before it ends the execution. */
  rollsBackOnFailure: boolean;
  /** When the first node that waits is due, in epoch ms; Infinity when none is. */
  nextDue(): number;
  /** When a handler of a rollback is due that is between attempts, in epoch ms; undefined when none is. */
  undoDue(): number | undefined;
}

/**
 * The event that it ends or pauses with, the end before which everything is undone, or when it has to be looked at again
 * (epoch ms; null: at a command alone).
 */
export type Conclusion = { event: JournalEvent } | { rollBack: EndAfterRollback } | { wakeAt: number | null };

/** An end that follows a rollback, and who asked for it. */
export interface EndAfterRollback {
  then: RollbackEnd;
  error?: ExecutionErrorData;
  actor?: string;
  reason?: string;
}

/** What becomes of an execution in which nothing runs; null: it stays in memory, since something is due soon. */
export function conclude(
  state: ExecutionState,
  { failure, asking }: Pick<Obstacles, 'failure' | 'asking'>,
  idle: Idle,
  timestamp: number,
): Conclusion | null {
  // Another instance goes on with it, or this one once the handler's next attempt is due.
  if (state.rollbacks.at(-1)?.status === 'in-progress') return { wakeAt: idle.undoDue() ?? timestamp };
  if (state.activity === 'cancelling' && state.ending) {
    const { rollback, actor, reason } = state.ending;
    if (rollback) return { rollBack: { then: 'cancelled', actor, reason } };
    return { event: endEvent(state.ending, { timestamp }) };
  }
  if (isEnded(state.status) || state.status === 'paused') return { wakeAt: null };
  if (state.status === 'pending') return { wakeAt: state.runAt ?? timestamp };
  if (failure && idle.rollsBackOnFailure) return { rollBack: { then: 'failed', error: failure } };
  if (failure) return { event: { type: 'execution:failed', timestamp, error: failure } };
  if (asking) return { event: pausedToAsk(asking, timestamp) };
  if (idle.remaining === 0) return { event: { type: 'execution:completed', timestamp } };
  if (state.activity === 'pausing') return { event: { type: 'execution:paused', timestamp } };
  if (idle.isDraining) return { wakeAt: timestamp };
  const next = idle.nextDue();
  if (next <= timestamp + LONGEST_TIMER_MS) return null;
  return { wakeAt: next === Infinity ? null : next };
}

/** A node whose outcome only a person can say holds the execution up. */
export function pausedToAsk({ id: nodeId }: PlanNode, timestamp: number): JournalEvent {
  return { type: 'execution:paused', timestamp, code: 'OUTCOME_UNKNOWN', nodeId };
}
