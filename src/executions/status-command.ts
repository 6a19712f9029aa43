import { invalidParams } from '../engine/errors.js';
import type { ExecutionErrorData } from '../engine/journal/events.js';
import type { Command } from '../engine/state/decide-command.js';
import type { ChangeStatusDto } from './dto/change-status.dto.js';

/**
 * The command behind a wished status.
 * @throws EngineError INVALID_PARAMS for `error` or `mode` with a status that has no use for it
 */
export function statusCommand({ status, error, reason, mode }: ChangeStatusDto, actor?: string): Command {
  if (error !== undefined && status !== 'failed') {
    throw invalidParams([{ field: 'error', message: 'error belongs to the status "failed"' }]);
  }
  if (mode !== undefined && status !== 'paused') {
    throw invalidParams([{ field: 'mode', message: 'mode belongs to the status "paused"' }]);
  }
  const caused = { actor, reason };
  switch (status) {
    case 'pending':
      return { kind: 'remain-pending', ...caused };
    case 'paused':
      return { kind: 'pause', mode: mode ?? 'wait', ...caused };
    case 'running':
      return { kind: 'resume', ...caused };
    case 'cancelled':
    case 'completed':
      return { kind: 'end', then: status, ...caused };
    case 'failed':
      return { kind: 'end', then: status, error: error === undefined ? undefined : errorData(error), ...caused };
  }
}

function errorData(error: NonNullable<ChangeStatusDto['error']>): ExecutionErrorData {
  const { message, code = 'FAILED_BY_HAND' } = typeof error === 'string' ? { message: error } : error;
  return { message, code };
}
