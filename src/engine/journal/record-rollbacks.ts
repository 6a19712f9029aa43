import type { JsonValue } from '../json.js';
import type { RollbackNode, RollbackState } from '../state/execution-state.js';

/** A rollback as the execution record shows it. */
export interface RollbackRecord {
  id: string;
  /** Null: to the start. */
  targetNodeId: string | null;
  by: string | null;
  reason?: string;
  force: boolean;
  /** Epoch ms. */
  startedAt: number;
  endedAt?: number;
  status: RollbackState['status'];
  nodes: RollbackNode[];
  warnings: JsonValue[];
}

export function rollbackRecord(rollback: RollbackState): RollbackRecord {
  const { id, targetNodeId, by = null, reason, force, startedAt, endedAt, status, nodes, plan } = rollback;
  return {
    id,
    targetNodeId,
    by,
    ...(reason !== undefined && { reason }),
    force,
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    status,
    nodes: [...nodes.values()],
    warnings: plan.warnings,
  };
}
