import type { WorkflowGraph } from './workflow-graph.js';

/**
 * The longest way through a graph, in ms, when each node takes so long and everything that can run at once does.
 * @param order a topological order; nodes that are missing in it (on or behind a cycle) do not count
 */
export function criticalPathMs(
  graph: WorkflowGraph,
  order: readonly number[],
  durationOf: (node: number) => number,
): number {
  const starts = new Float64Array(graph.size);
  let longest = 0;
  for (const node of order) {
    const end = (starts[node] as number) + durationOf(node);
    longest = Math.max(longest, end);
    for (const { target } of graph.outgoing(node)) starts[target] = Math.max(starts[target] as number, end);
  }
  return longest;
}
