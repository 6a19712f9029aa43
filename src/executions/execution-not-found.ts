import { EngineError } from '../engine/errors.js';

/** The refusal of an id that no execution has. */
export function executionNotFound(id: string): EngineError {
  return new EngineError('NOT_FOUND', 'Execution not found', { id });
}
