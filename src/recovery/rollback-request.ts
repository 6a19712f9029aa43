import { invalidParams } from '../engine/errors.js';
import type { RollbackRequest } from '../engine/recovery/decide-rollback.js';
import type { RollbackDto } from './dto/rollback.dto.js';

/**
 * What a body asks for.
 * @throws EngineError INVALID_PARAMS unless it names either a node or the start
 */
export function rollbackRequest({ targetNodeId, toStart, scope, force, planHash }: RollbackDto): RollbackRequest {
  if ((targetNodeId !== undefined) === (toStart === true)) {
    const message = 'targetNodeId must name a node, or toStart be true: one of them';
    throw invalidParams([{ field: 'targetNodeId', message }]);
  }
  return { targetNodeId: targetNodeId ?? null, scope, force, ...(planHash !== undefined && { planHash }) };
}
