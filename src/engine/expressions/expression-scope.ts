import type { DataFlow } from '../data-flow.js';
import type { ExecutionPlan, PlanNode, PlanReads } from '../definition/execution-plan.js';
import type { JsonObject } from '../json.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { ExpressionScope } from './expression.js';

/** What an execution gives to expressions beside the inputs. */
export interface ScopeSource {
  executionId: string;
  plan: ExecutionPlan;
  state: ExecutionState;
  flow: DataFlow;
}

/** The scope of a node's expressions, as the state stands. */
export function scopeOf(source: ScopeSource, node: PlanNode, inputs: JsonObject, reads: PlanReads): ExpressionScope {
  const { state } = source;
  const variables = state.written.seen();
  return {
    inputs,
    // Many nodes never look, and putting them together takes a time that grows with their number.
    get variables() {
      return variables();
    },
    trigger: state.trigger,
    nodes: nodeOutputs(source, node, reads),
    execution: {
      id: source.executionId,
      workflowId: state.workflowId,
      environment: state.context.environment,
      startTime: state.startedAt,
    },
  };
}

/** Outputs of ended nodes that this one depends on: those that it names, or all when only the run can tell. */
function nodeOutputs({ plan, flow }: ScopeSource, node: PlanNode, reads: PlanReads): JsonObject {
  const outputs: JsonObject = {};
  for (const index of reads.computed ? ancestorsOf(plan, node) : reads.nodes) {
    const other = plan.nodes[index];
    const value = other && flow.outputs(other);
    if (other && value !== undefined) outputs[other.id] = value;
  }
  return outputs;
}

function ancestorsOf(plan: ExecutionPlan, node: PlanNode): Set<number> {
  const found = new Set<number>();
  const open = [node];
  for (let current = open.pop(); current; current = open.pop()) {
    for (const { source } of current.incoming) {
      const before = plan.nodes[source];
      if (!before || found.has(source)) continue;
      found.add(source);
      open.push(before);
    }
  }
  return found;
}
