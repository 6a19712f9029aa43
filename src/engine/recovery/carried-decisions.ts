import type { DataFlow } from '../data-flow.js';
import type { ExecutionPlan, PlanEdge, PlanNode } from '../definition/execution-plan.js';
import { scopeAfter } from '../driving/scope-after.js';
import type { ExpressionEnvironment } from '../expressions/expression.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import { decideEdges, type EdgeDecisions } from '../scheduling/decide-edges.js';
import type { NodeState } from '../state/execution-state.js';

/**
 * The decisions of the conditional edges behind nodes that have ended, for an execution that goes on under another plan
 * (`source.plan`). A decision is never taken again: an edge that was there before keeps its own, whatever its id is now;
 * those that are new are decided by what their source gave.
 */
export async function carriedDecisions(
  source: ScopeSource & { flow: DataFlow },
  before: ExecutionPlan,
  environmentOf: (node: PlanNode) => ExpressionEnvironment,
): Promise<{ [nodeId: string]: EdgeDecisions }> {
  const carried: { [nodeId: string]: EdgeDecisions } = {};
  for (const node of source.plan.nodes) {
    const state = source.state.nodes.get(node.id);
    const conditional = node.outgoing.filter(({ condition }) => condition !== undefined);
    if (!state || conditional.length === 0 || (state.status !== 'completed' && state.status !== 'failed')) continue;
    const { kept, isWhole } = keptDecisions({ plan: source.plan, edges: conditional }, before, node.id, state);
    const taken = isWhole ? {} : await takenNow(source, node, state, environmentOf(node));
    carried[node.id] = { ...taken, ...kept };
  }
  return carried;
}

/** `isWhole`: each of the edges was there before. */
function keptDecisions(
  now: { plan: ExecutionPlan; edges: readonly PlanEdge[] },
  before: ExecutionPlan,
  nodeId: string,
  state: NodeState,
): { kept: EdgeDecisions; isWhole: boolean } {
  const old = [...(before.byId.get(nodeId)?.outgoing ?? [])];
  const kept: EdgeDecisions = {};
  let isWhole = true;
  for (const edge of now.edges) {
    const text = edgeText(now.plan, edge);
    const place = old.findIndex((other) => edgeText(before, other) === text);
    const [same] = place < 0 ? [] : old.splice(place, 1);
    if (!same) isWhole = false;
    // One that another port or outcome than its own has ruled out has none.
    const decision = same && state.edges?.[same.id];
    if (decision !== undefined) kept[edge.id] = decision;
  }
  return { kept, isWhole };
}

function edgeText({ nodes }: ExecutionPlan, { target, kind, port, condition }: PlanEdge): string {
  return JSON.stringify([nodes[target]?.id, kind, port ?? null, condition?.source ?? null]);
}

async function takenNow(
  source: ScopeSource & { flow: DataFlow },
  node: PlanNode,
  { status, outputs = {}, port, error }: NodeState,
  environment: ExpressionEnvironment,
): Promise<EdgeDecisions | undefined> {
  const { code = '', message = '', ...more } = error ?? {};
  const outcome =
    status === 'completed'
      ? ({ kind: 'completed', outputs, port } as const)
      : ({ kind: 'failed', error: { code, message, ...more }, known: true } as const);
  const { inputs } = source.flow.inputs(node);
  const gave = status === 'completed' ? { outputs } : undefined;
  return decideEdges(node, outcome, () => scopeAfter(source, node, inputs, gave), environment);
}
