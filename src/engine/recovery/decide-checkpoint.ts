import { EngineError } from '../errors.js';
import type { CausedNow, EventOf } from '../journal/events.js';
import type { JsonValue } from '../json.js';
import type { ExecutionState } from '../state/execution-state.js';
import { activityConflict } from '../state/refusals.js';
import { lastCompleted } from './resume-outlook.js';

/** A mark that a person sets at the node that completed last. */
export interface Checkpoint {
  label?: string;
  /** What is to be kept with it. */
  state?: JsonValue;
}

/**
 * Decides a checkpoint against the state, in whatever status that is.
 * @throws EngineError CONFLICT while no completion stands, and while nodes are being undone
 */
export function decideCheckpoint(
  state: ExecutionState,
  { label, state: kept }: Checkpoint,
  caused: CausedNow,
): EventOf<'execution:updated'> {
  const { activity } = state;
  if (activity === 'rolling-back' || activity === 'rollback-stopped') throw activityConflict(state);
  const nodeId = lastCompleted(state);
  if (nodeId === undefined) throw new EngineError('CONFLICT', 'No node has completed yet: there is nothing to mark');
  return { type: 'execution:updated', ...caused, change: 'checkpoint', nodeId, label, state: kept };
}
