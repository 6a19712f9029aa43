import type { NodeErrorData } from '../errors.js';
import type { RollbackState } from '../state/execution-state.js';
import type { RollbackPlan, RollbackStep } from './planned-rollback.js';
import { remainingOf, rolledBackOf } from './rollback-progress.js';

/** A plan as the API shows it. */
export interface RollbackPlanRecord {
  hash: string;
  seq: number;
  targetNodeId: string | null;
  steps: RollbackStep[];
  warnings: string[];
}

/** What a rollback came to, or would come to. */
export interface RollbackAnswer {
  success: boolean;
  status: 'planned' | 'in-progress' | 'completed' | 'stopped';
  /** Null: to the start. */
  rolledBackTo: string | null;
  /** In the order of the graph. */
  affectedNodes: string[];
  message: string;
  warnings: string[];
  plan: RollbackPlanRecord;
  /** Of one that stopped, as the three that follow. */
  rolledBack?: string[];
  /** Absent when it was cancelled, or a person has said meanwhile that the node is undone. */
  failedNodeId?: string;
  /** The failed one first. */
  remaining?: string[];
  error?: NodeErrorData;
}

export function planRecord({ hash, seq, targetNodeId, steps, warnings }: RollbackPlan): RollbackPlanRecord {
  return { hash, seq, targetNodeId, steps, warnings };
}

/** What a rollback would come to. */
export function plannedAnswer(plan: RollbackPlan): RollbackAnswer {
  return answer(plan, 'planned', `Would roll back ${where(plan)}; nothing was changed`);
}

/** What a rollback has come to so far. */
export function rollbackAnswer(rollback: RollbackState): RollbackAnswer {
  const { plan, status, failedNodeId, failure } = rollback;
  if (status === 'completed') return answer(plan, 'completed', `Successfully rolled back ${where(plan)}`);
  if (status === 'in-progress') return answer(plan, 'in-progress', `Rolling back ${where(plan)}`);
  const at = failedNodeId === undefined ? '' : ` at node: ${failedNodeId}`;
  const message = status === 'cancelled' ? 'The rollback was cancelled' : `The rollback stopped${at}`;
  return {
    ...answer(plan, 'stopped', message),
    rolledBack: rolledBackOf(rollback),
    ...(failedNodeId !== undefined && { failedNodeId }),
    remaining: remainingOf(rollback),
    ...(failure !== undefined && { error: failure }),
  };
}

function answer(plan: RollbackPlan, status: RollbackAnswer['status'], message: string): RollbackAnswer {
  return {
    success: status === 'planned' || status === 'completed',
    status,
    rolledBackTo: plan.targetNodeId,
    affectedNodes: plan.reset.map(({ nodeId }) => nodeId),
    message,
    warnings: plan.warnings,
    plan: planRecord(plan),
  };
}

function where({ targetNodeId }: RollbackPlan): string {
  return targetNodeId === null ? 'to the start' : `to node: ${targetNodeId}`;
}
