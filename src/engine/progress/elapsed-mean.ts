import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { NodeType } from '../ports.js';
import type { NodeState } from '../state/execution-state.js';
import type { ExpectedTime } from './node-time.js';

/**
 * What the nodes that have run in this execution took on average (ms), give or take a standard deviation; undefined before
 * one has. Waits say nothing of other nodes and are left out, as are outputs that were cached or settled by hand.
 * @param states by the nodes' places in the document
 */
export function elapsedMean(
  { nodes }: ExecutionPlan,
  states: readonly (NodeState | undefined)[],
): ExpectedTime | undefined {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const { index, type } of nodes) {
    const { status, startTime, endTime, cached, settledBy } = states[index] ?? {};
    if ((status !== 'completed' && status !== 'failed') || startTime === undefined || endTime === undefined) continue;
    if (cached || settledBy !== undefined || isWait(type)) continue;
    const took = Math.max(0, endTime - startTime);
    count += 1;
    sum += took;
    squares += took * took;
  }
  if (count === 0) return undefined;
  const typical = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - typical * typical));
  return { low: Math.max(0, typical - deviation), typical, high: typical + deviation };
}

/** Whether nodes of this type wait, without a place, for a time or for somebody. */
export function isWait(type: NodeType): boolean {
  return type.completeWait !== undefined || type.dueTime !== undefined;
}
