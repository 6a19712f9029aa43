import type { ValidationInput } from './validation-input.js';
import type { WorkflowStats } from './workflow-definition.js';

/** Cycles, and nodes that stand apart; gives the graph's figures. */
export function validateGraph(input: ValidationInput, order: readonly number[], cycles: number[][]): WorkflowStats {
  const { graph, nodes, edges } = input;
  const starts = graph.startNodes();
  const ends = graph.endNodes();
  reportCycles(input, cycles);
  warnOfShape(input, starts, ends);
  return {
    totalNodes: nodes.length,
    totalEdges: edges.length,
    startNodes: starts.length,
    endNodes: ends.length,
    maxDepth: order.length < graph.size ? 0 : graph.depth(order),
  };
}

function reportCycles(input: ValidationInput, cycles: number[][]): void {
  for (const cycle of cycles) {
    const ids = [...cycle, cycle[0] as number].map((index) => idOf(input, index));
    input.problems.error('CIRCULAR_DEPENDENCY', `The nodes depend on one another: ${ids.join(' -> ')}`, {
      nodeId: ids[0],
    });
  }
}

function warnOfShape(input: ValidationInput, starts: readonly number[], ends: readonly number[]): void {
  const { graph, problems } = input;
  if (graph.size === 0) {
    const isEmpty = Array.isArray(input.document.nodes) && input.document.nodes.length === 0;
    if (isEmpty) problems.warning('EMPTY_WORKFLOW', 'The workflow has no nodes', {}, 'nodes');
    return;
  }
  if (ends.length === 0) problems.warning('NO_END_NODE', 'Every node leads to another one', {}, 'nodes');
  if (starts.length === 0) {
    problems.warning('NO_START_NODE', 'Every node waits for another one, so none can start', {}, 'nodes');
    return;
  }
  const reached = graph.reachableFrom(starts);
  for (const [index, isReached] of reached.entries()) {
    const place = input.checkedNodes[index]?.place ?? { path: `nodes.${index}` };
    if (!isReached) problems.warning('UNREACHABLE_NODE', 'No path leads from a start node to this one', place);
    else if (graph.size > 1 && graph.incoming(index).length + graph.outgoing(index).length === 0) {
      problems.warning('ISOLATED_NODE', 'Nothing joins this node to the others', place);
    }
  }
}

/** Only nodes with an id have arcs. */
function idOf({ nodes }: ValidationInput, index: number): string {
  return (nodes[index] as { id: string }).id;
}
