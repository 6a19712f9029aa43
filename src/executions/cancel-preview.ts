import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { attemptsBeyondJournal, type RunningAttempt } from '../engine/journal/execution-record.js';
import { TO_START } from '../engine/recovery/decide-rollback.js';
import { planRecord, type RollbackPlanRecord } from '../engine/recovery/rollback-answer.js';
import { planRollback } from '../engine/recovery/rollback-plan.js';
import { decideCommand } from '../engine/state/decide-command.js';
import { type ExecutionState, hasOpenIntent } from '../engine/state/execution-state.js';

/** What a cancellation would do. */
export interface CancelPreview {
  /** Ids of the nodes that run now. */
  willAbort: string[];
  /** With `rollback`: what would be undone, as far as it is known before the nodes that run have ended. */
  plan?: RollbackPlanRecord;
  warnings: string[];
}

/**
 * What a cancellation would do to an execution as it stands at `now` (epoch ms); nothing to one that is cancelled already.
 * @throws EngineError INVALID_TRANSITION or CONFLICT when it cannot be cancelled
 */
export function previewCancel(
  { plan, state, running }: { plan: ExecutionPlan; state: ExecutionState; running: readonly RunningAttempt[] },
  rollback: boolean,
  now: number,
): CancelPreview {
  const command = { kind: 'end', then: 'cancelled', ...(rollback && { rollback }) } as const;
  const { events } = decideCommand(plan, state, command, { timestamp: now, running: running.length });
  if (events.length === 0) return { willAbort: [], warnings: [] };
  const beyond = attemptsBeyondJournal(plan, state, running);
  const isActing = (id: string) => {
    const node = state.nodes.get(id);
    return node !== undefined && hasOpenIntent(node);
  };
  const willAbort = plan.nodes.filter(({ id }) => beyond.has(id) || isActing(id)).map(({ id }) => id);
  if (!rollback) return { willAbort, warnings: [] };
  const open = state.activity === null ? undefined : state.rollbacks.at(-1);
  const undone = open?.status === 'stopped' ? open.plan : planRollback(plan, state, TO_START);
  return { willAbort, plan: planRecord(undone), warnings: undone.warnings };
}
