import type { PlanNode } from '../definition/execution-plan.js';
import { scopeOf, type ScopeSource } from '../expressions/expression-scope.js';
import type { ExpressionScope } from '../expressions/expression.js';
import type { JsonObject } from '../json.js';

/** What the conditions behind a node see: what the node saw, and what it gave; undefined: it failed. */
export function scopeAfter(
  source: ScopeSource,
  node: PlanNode,
  inputs: JsonObject,
  gave: { outputs: JsonObject; variables?: JsonObject } | undefined,
): ExpressionScope {
  const after = scopeOf(source, node, inputs, { nodes: [], computed: readsNodes(node) });
  if (!gave) return after;
  return {
    ...after,
    variables: { ...after.variables, ...gave.variables },
    nodes: { ...after.nodes, [node.id]: gave.outputs },
  };
}

function readsNodes(node: PlanNode): boolean {
  return node.outgoing.some(
    ({ condition }) => condition && (condition.references.computed || condition.references.ids.length > 0),
  );
}
