import { errorValue } from '../data-flow.js';
import type { PlanEdge, PlanNode } from '../definition/execution-plan.js';
import { NodeError } from '../errors.js';
import type { ExpressionEnvironment, ExpressionScope } from '../expressions/expression.js';
import { isTruthy } from '../expressions/is-truthy.js';
import type { EdgeDecision } from '../journal/events.js';
import type { JsonValue } from '../json.js';
import type { AttemptOutcome } from '../driving/run-node.js';
import type { NodeState } from '../state/execution-state.js';
import { carriesByOutcome } from './edge-liveness.js';

export type EdgeDecisions = { [edgeId: string]: EdgeDecision };

/**
 * Decides the conditional edges of a node that is about to end, once: the decisions are journaled with its end. `scope`
 * has the node's own variables and outputs in it already.
 */
export function decideEdges(
  node: PlanNode,
  outcome: Exclude<AttemptOutcome, { kind: 'waiting' }>,
  scope: () => ExpressionScope,
  environment: ExpressionEnvironment,
): EdgeDecisions | undefined | Promise<EdgeDecisions | undefined> {
  const conditional = node.outgoing.filter((edge) => edge.condition !== undefined);
  if (conditional.length === 0) return undefined;
  const ended = { status: outcome.kind, port: outcome.kind === 'completed' ? outcome.port : undefined } as NodeState;
  const open = conditional.filter((edge) => carriesByOutcome(edge, node, ended));
  if (open.length === 0) return undefined;
  const root = outcome.kind === 'completed' ? outcome.outputs : errorValue(node, outcome.error);
  const bindings = { ...scope() };
  const decided = open.map((edge) => decide(edge, root, bindings, environment));
  if (!decided.some((decision) => decision instanceof Promise)) return named(open, decided as EdgeDecision[]);
  return Promise.all(decided.map(async (decision) => decision)).then((decisions) => named(open, decisions));
}

function decide(
  edge: PlanEdge,
  root: JsonValue,
  bindings: ExpressionScope,
  environment: ExpressionEnvironment,
): EdgeDecision | Promise<EdgeDecision> {
  try {
    const value = edge.condition?.evaluate(root, environment, { ...bindings });
    return value instanceof Promise ? value.then(isTruthy, failed) : isTruthy(value);
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): EdgeDecision {
  if (error instanceof NodeError) return { error: error.message, details: error.details };
  return { error: error instanceof Error ? error.message : String(error) };
}

function named(edges: PlanEdge[], decisions: EdgeDecision[]): EdgeDecisions {
  return Object.fromEntries(edges.map((edge, index) => [edge.id, decisions[index] ?? false]));
}
