import * as fc from 'fast-check';
import { criticalPathMs } from './critical-path.js';
import { WorkflowGraph, type GraphArc } from './workflow-graph.js';

/** Nodes by their durations, with arcs from lower to higher places. */
const graphs = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.record({
    durations: fc.array(fc.nat(1000), { minLength: size, maxLength: size }),
    arcs: fc.array(
      fc
        .tuple(fc.nat(size - 1), fc.nat(size - 1))
        .filter(([a, b]) => a < b)
        .map(([source, target]): GraphArc => ({ source, target, edge: 0 })),
      { maxLength: size === 1 ? 0 : 16 },
    ),
  }),
);

const graphOf = (size: number, arcs: readonly GraphArc[]) => new WorkflowGraph(size, new Map(), arcs);

/** Every way, one after the other. */
function longestWay(durations: readonly number[], arcs: readonly GraphArc[], from: number): number {
  const next = arcs.filter(({ source }) => source === from).map(({ target }) => longestWay(durations, arcs, target));
  return (durations[from] ?? 0) + Math.max(0, ...next);
}

describe('the critical path', () => {
  test('is the longest of all ways through the graph', () => {
    fc.assert(
      fc.property(graphs, ({ durations, arcs }) => {
        const graph = graphOf(durations.length, arcs);
        const longest = Math.max(...durations.map((_, node) => longestWay(durations, arcs, node)));
        expect(criticalPathMs(graph, graph.topologicalOrder(), (node) => durations[node] ?? 0)).toBe(longest);
      }),
    );
  });

  test('of a chain of 100,000 nodes is found without recursion', () => {
    const size = 100_000;
    const arcs = Array.from({ length: size - 1 }, (_, source) => ({ source, target: source + 1, edge: source }));
    const graph = graphOf(size, arcs);
    expect(criticalPathMs(graph, graph.topologicalOrder(), () => 2)).toBe(200_000);
  });

  test('of a graph without nodes takes no time', () => {
    expect(criticalPathMs(graphOf(0, []), [], () => 1)).toBe(0);
  });
});
