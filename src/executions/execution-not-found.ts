import { EngineError } from '../engine/errors.js';

/** The refusal of an id that no execution has. */
export function executionNotFound(id: string): EngineError {
  return new EngineError('NOT_FOUND', 'Execution not found', { id });
}

/** The refusal of an id that no node of the execution has. */
export function nodeNotFound(executionId: string, nodeId: string): EngineError {
  return new EngineError('NOT_FOUND', 'The execution has no such node', { id: executionId, nodeId });
}
