import type { NodeDefinition } from '../definition/workflow-definition.js';
import type { JsonObject } from '../json.js';
import type { DrivenExecution, TestWorkflow } from './driven-execution.js';

/** Without what has another outcome after a failure, or in another run: only nodes themselves fail, and nothing is drawn. */
export function tamed({ nodes, edges = [], settings }: TestWorkflow): TestWorkflow {
  return {
    nodes: nodes.map(({ inputs = {}, config = {}, ...node }) => {
      const { drawn: _, ...give } = config.give as JsonObject;
      const mappings = Object.entries(inputs).map(
        ([name, mapping]) => [name, { ...mapping, required: false }] as const,
      );
      return { ...node, config: { ...config, give }, inputs: Object.fromEntries(mappings) };
    }),
    edges: edges.filter(({ type, condition }) => type !== 'error' && (condition ?? '1').startsWith('1')),
    settings,
  };
}

/** The same workflow in which no node fails. */
export const withoutFailures = ({ nodes, ...rest }: TestWorkflow): TestWorkflow => ({
  ...rest,
  nodes: nodes.map(({ config, ...node }): NodeDefinition => ({ ...node, config: { ...config, fail: undefined } })),
});

/** What there is in the end, whichever way it came about. */
export function outcomeOf({ plan, state }: DrivenExecution) {
  const nodes = plan.nodes.map(({ id }) => {
    const { status, outputs, port, edges, skipReason } = state.nodes.get(id) ?? {};
    return { id, status, outputs, port, edges, skipReason };
  });
  const { corrected: _, ...variables } = state.variables;
  return { status: state.status, variables, nodes };
}
