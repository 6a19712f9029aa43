import { DataFlow } from '../data-flow.js';
import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { JsonObject } from '../json.js';
import { setOwn } from '../plain-json.js';
import type { ExecutionState } from '../state/execution-state.js';

/**
 * What a completed execution gives: the output of its one output node (of a disabled one, what passed through it); of
 * several, those that completed by their ids; null without any, and until it has completed.
 */
export function resultOf(plan: ExecutionPlan, state: ExecutionState): JsonObject | null {
  if (state.status !== 'completed') return null;
  const outputNodes = plan.nodes.filter(({ type }) => type.type === 'output');
  const [only, ...others] = outputNodes;
  if (!only) return null;
  if (others.length === 0) return new DataFlow(plan, state).outputs(only) ?? null;
  const result: JsonObject = {};
  for (const node of outputNodes) {
    const output = outputOf(state, node);
    if (output) setOwn(result, node.id, output);
  }
  return result;
}

function outputOf(state: ExecutionState, { id }: PlanNode): JsonObject | undefined {
  const node = state.nodes.get(id);
  return node?.status === 'completed' ? node.outputs : undefined;
}
