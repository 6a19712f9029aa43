import fc from 'fast-check';
import { answerAncestry } from './ancestry.js';
import { findCycles } from './graph-cycles.js';
import { buildWorkflowGraph, type WorkflowGraph } from './workflow-graph.js';

/** A graph of `size` nodes named n0, n1, … and these edges by their places. */
function graphOf(size: number, edges: readonly (readonly [number, number])[]): WorkflowGraph {
  return buildWorkflowGraph(
    Array.from({ length: size }, (_, index) => ({ id: `n${index}` })),
    edges.map(([source, target]) => ({ source: `n${source}`, target: `n${target}` })),
  );
}

const randomGraph = fc
  .integer({ min: 1, max: 40 })
  .chain((size) =>
    fc
      .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 120 })
      .map((edges) => ({ size, edges, graph: graphOf(size, edges) })),
  );

/** The same, without a cycle: every edge leads to a node of a higher rank, the ranks being shuffled. */
const randomDag = fc.integer({ min: 1, max: 40 }).chain((size) =>
  fc
    .tuple(
      fc.shuffledSubarray(
        Array.from({ length: size }, (_, index) => index),
        { minLength: size, maxLength: size },
      ),
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 120 }),
    )
    .map(([places, pairs]) => {
      const edges = pairs
        .filter(([a, b]) => a !== b)
        .map(([a, b]) => [places[Math.min(a, b)], places[Math.max(a, b)]] as [number, number]);
      return { size, edges, graph: graphOf(size, edges) };
    }),
);

/** Reachability the slow and plain way: by arcs, at least one. */
function reachesSlowly(edges: readonly (readonly [number, number])[], from: number, to: number): boolean {
  const reached = new Set<number>();
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const [source, target] of edges) {
      if (source !== node || reached.has(target)) continue;
      reached.add(target);
      open.push(target);
    }
  }
  return reached.has(to);
}

describe('the workflow graph', () => {
  it('leaves out disabled edges and what names no node', () => {
    const graph = buildWorkflowGraph(
      [{ id: 'a' }, { id: 'b' }, null, 'x', { id: 7 }],
      [
        { source: 'a', target: 'b', enabled: false },
        { source: 'a', target: 'nowhere' },
        { source: 7, target: 'b' },
        null,
        ['a', 'b'],
      ],
    );
    expect(graph.size).toBe(5);
    expect(graph.arcs).toEqual([]);
    expect(graph.startNodes()).toEqual([0, 1, 2, 3, 4]);
  });

  it('takes the first of several nodes with one id', () => {
    const graph = buildWorkflowGraph([{ id: 'a' }, { id: 'a' }, { id: 'b' }], [{ source: 'a', target: 'b' }]);
    expect(graph.arcs).toEqual([{ source: 0, target: 2, edge: 0 }]);
  });

  it('counts a mapping as a dependency where no enabled edge joins the two', () => {
    const nodes = [
      { id: 'a' },
      { id: 'b' },
      {
        id: 'c',
        inputs: { x: { from: 'a', output: 'o' }, y: { from: 'a', output: 'p' }, z: { from: 'b', output: 'o' } },
      },
    ];
    const edges = [
      { source: 'a', target: 'c', enabled: false },
      { source: 'b', target: 'c', type: 'control' },
    ];
    expect(buildWorkflowGraph(nodes, edges).arcs).toEqual([
      { source: 1, target: 2, edge: 1 },
      { source: 0, target: 2, edge: -1 },
    ]);
  });

  it('ignores mappings of any wrong shape', () => {
    const nodes = [
      { id: 'a' },
      { id: 'b', inputs: { x: null, y: 'a', z: { from: 3 }, w: { from: 'nowhere' } } },
      { id: 'c', inputs: ['a'] },
    ];
    expect(buildWorkflowGraph(nodes, []).arcs).toEqual([]);
  });

  it('orders nodes so that every edge leads forward', () => {
    fc.assert(
      fc.property(randomDag, ({ size, edges, graph }) => {
        const order = graph.topologicalOrder();
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
        const rank = new Map(order.map((node, place) => [node, place]));
        for (const [source, target] of edges) expect(rank.get(source)).toBeLessThan(rank.get(target) as number);
      }),
    );
  });

  it('takes, of the nodes that may come next, the first of the document', () => {
    fc.assert(
      fc.property(randomDag, ({ size, edges, graph }) => {
        const done = new Set<number>();
        for (const node of graph.topologicalOrder()) {
          const mayCome = (candidate: number) =>
            !done.has(candidate) && edges.every(([source, target]) => target !== candidate || done.has(source));
          const first = Array.from({ length: size }, (_, index) => index).find(mayCome);
          expect(node).toBe(first);
          done.add(node);
        }
      }),
    );
  });

  it('leaves nodes on a cycle, and behind one, out of the order', () => {
    const graph = graphOf(5, [
      [0, 1],
      [1, 2],
      [2, 1],
      [2, 3],
    ]);
    expect(graph.topologicalOrder()).toEqual([0, 4]);
  });

  it('measures the longest path in nodes', () => {
    const graph = graphOf(6, [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 5],
      [3, 4],
    ]);
    expect(graph.depth(graph.topologicalOrder())).toBe(4);
    expect(graphOf(3, []).depth([0, 1, 2])).toBe(1);
    expect(graphOf(0, []).depth([])).toBe(0);
  });

  it('finds what can be reached', () => {
    fc.assert(
      fc.property(randomGraph, fc.nat(), ({ size, edges, graph }, seed) => {
        const start = seed % size;
        const expected = Array.from({ length: size }, (_, node) => node === start || reachesSlowly(edges, start, node));
        expect(graph.reachableFrom([start])).toEqual(expected);
      }),
    );
  });
});

describe('cycles', () => {
  it('are cycles: each node leads to the next, and the last to the first', () => {
    fc.assert(
      fc.property(randomGraph, ({ edges, graph }) => {
        for (const cycle of findCycles(graph)) {
          expect(cycle.length).toBeGreaterThan(1);
          expect(new Set(cycle).size).toBe(cycle.length);
          for (const [place, node] of cycle.entries()) {
            const next = cycle[(place + 1) % cycle.length];
            expect(edges).toContainEqual([node, next]);
          }
        }
      }),
    );
  });

  it('are found exactly where two nodes reach one another, one for each such group', () => {
    fc.assert(
      fc.property(randomGraph, ({ size, edges, graph }) => {
        const cycles = findCycles(graph);
        for (let node = 0; node < size; node++) {
          const isInGroup = Array.from({ length: size }, (_, other) => other).some(
            (other) => other !== node && reachesSlowly(edges, node, other) && reachesSlowly(edges, other, node),
          );
          const ofItsGroup = cycles.filter((cycle) => {
            const first = cycle[0] as number;
            return first === node || (reachesSlowly(edges, node, first) && reachesSlowly(edges, first, node));
          });
          expect(ofItsGroup).toHaveLength(isInGroup ? 1 : 0);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are told by a shortest one that begins with the first node of the document', () => {
    const graph = graphOf(6, [
      [5, 4],
      [4, 3],
      [3, 5],
      [4, 2],
      [2, 4],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(findCycles(graph)).toEqual([
      [0, 1],
      [2, 4],
    ]);
  });

  it('leave out arcs from a node to itself', () => {
    expect(findCycles(graphOf(2, [[0, 0]]))).toEqual([]);
  });
});

describe('ancestry', () => {
  it('is what a plain search finds', () => {
    fc.assert(
      fc.property(randomDag, ({ size, edges, graph }) => {
        const questions = Array.from({ length: size * size }, (_, index) => ({
          ancestor: index % size,
          node: Math.floor(index / size),
        }));
        const expected = questions.map(({ ancestor, node }) => reachesSlowly(edges, ancestor, node));
        expect(answerAncestry(graph, graph.topologicalOrder(), questions)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('answers about more ancestors than one block holds', () => {
    const size = 3000;
    const graph = graphOf(
      size,
      Array.from({ length: size - 2 }, (_, index) => [index, index + 1] as const),
    );
    const questions = Array.from({ length: size - 1 }, (_, ancestor) => ({ ancestor, node: size - 2 }));
    const answers = answerAncestry(graph, graph.topologicalOrder(), [...questions, { ancestor: 0, node: size - 1 }]);
    expect(answers).toEqual([...questions.map(({ ancestor }) => ancestor !== size - 2), false]);
  });

  it('is false for nodes on or behind a cycle', () => {
    const graph = graphOf(4, [
      [0, 1],
      [1, 2],
      [2, 1],
      [2, 3],
    ]);
    const answers = answerAncestry(graph, graph.topologicalOrder(), [
      { ancestor: 0, node: 1 },
      { ancestor: 2, node: 3 },
    ]);
    expect(answers).toEqual([false, false]);
  });
});
