import type { RollbackState } from '../state/execution-state.js';

/** Whether nothing more is to be done about the node. */
export function isDone({ nodes }: Pick<RollbackState, 'nodes'>, nodeId: string): boolean {
  const outcome = nodes.get(nodeId)?.outcome;
  return outcome !== undefined && outcome !== 'failed';
}

/** What was undone so far, in the order of undoing; what had to be left as it is stays out. */
export function rolledBackOf({ plan, nodes }: RollbackState): string[] {
  const ids = plan.steps.map(({ nodeId }) => nodeId);
  return ids.filter((id) => isDone({ nodes }, id) && nodes.get(id)?.outcome !== 'left');
}

/** What is yet to be undone, the next one first. */
export function remainingOf({ plan, nodes }: RollbackState): string[] {
  return plan.steps.map(({ nodeId }) => nodeId).filter((id) => !isDone({ nodes }, id));
}
