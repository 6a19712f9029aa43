import { EngineError } from '../engine/errors.js';

/** For who waited for a command in vain, while it may have been carried out, or be carried out yet. */
export function commandUnknown(executionId: string): EngineError {
  const details = { executionId, committed: 'unknown' };
  return new EngineError('SERVICE_UNAVAILABLE', 'Nobody knows yet whether the command was carried out', details);
}
