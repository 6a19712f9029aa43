import * as fc from 'fast-check';
import { buildExecutionPlan, type ExecutionPlan } from '../definition/execution-plan.js';
import { testCatalog, testNodeTypes } from '../testing/test-node-types.js';
import { TestWorld } from '../testing/test-world.js';
import { VirtualScheduler } from '../testing/virtual-scheduler.js';
import { listSchedule, type NodeRest } from './list-schedule.js';

const catalog = testCatalog(testNodeTypes(new TestWorld(), new VirtualScheduler()));

function planOf(size: number, links: readonly (readonly [number, number])[], maxConcurrency: number): ExecutionPlan {
  const nodes = Array.from({ length: size }, (_, index) => ({ id: `n${index}`, type: 'work' }));
  const edges = links.map(([source, target]) => ({ source: `n${source}`, target: `n${target}` }));
  const content = { nodes, edges, settings: { maxConcurrency } };
  return buildExecutionPlan({ workflowId: 'wf', revision: 1, version: '1.0.0', content }, catalog);
}

interface Left extends NodeRest {
  ms: number;
}

function left(place: NodeRest['place'], ms: number, from = 0): Left {
  return { place, from, ms, takes: ms };
}

const needs = (...times: number[]): Left[] => times.map((ms) => left('needs', ms));

/** The longest way through what is left, as if there were places for all. */
function criticalMs(plan: ExecutionPlan, rests: readonly (Left | undefined)[]): number {
  const ends = new Map<number, number>();
  for (const node of [...plan.nodes].sort((one, other) => one.rank - other.rank)) {
    const rest = rests[node.index];
    const ready = Math.max(0, ...node.incoming.map(({ source }) => ends.get(source) ?? 0));
    ends.set(node.index, rest ? Math.max(ready, rest.from) + rest.ms : 0);
  }
  return Math.max(0, ...ends.values());
}

const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc.record({
    links: fc
      .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 24 })
      .map((pairs) => pairs.filter(([source, target]) => source < target)),
    ended: fc.nat(size),
    rests: fc.array(
      fc.record({
        place: fc.constantFrom('needs' as const, 'needs' as const, 'enters' as const, 'none' as const),
        ms: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1000 })),
        from: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 })),
      }),
      { minLength: size, maxLength: size },
    ),
    places: fc.integer({ min: 1, max: 4 }),
  }),
);

describe('what is left, run as the driver would', () => {
  test('takes at least its critical path and at most as long as one after the other', () => {
    fc.assert(
      fc.property(graphs, ({ links, ended, rests, places }) => {
        const plan = planOf(rests.length, links, places);
        // What has ended comes before what has not.
        const open = rests.map(({ place, ms, from }, index) => (index < ended ? undefined : left(place, ms, from)));
        const { length } = listSchedule(plan, open);
        const serial = open.reduce((sum, rest) => sum + (rest?.ms ?? 0), 0);
        const latest = open.reduce((most, rest) => Math.max(most, rest?.from ?? 0), 0);

        expect(length).toBeGreaterThanOrEqual(criticalMs(plan, open));
        expect(length).toBeLessThanOrEqual(serial + latest);
      }),
    );
  });

  test('is named by a chain of nodes that adds up to it', () => {
    fc.assert(
      fc.property(graphs, ({ links, rests, places }) => {
        const plan = planOf(rests.length, links, places);
        const open = rests.map(({ place, ms }) => left(place, ms));
        const { length, chain } = listSchedule(plan, open);
        expect(chain.reduce((sum, index) => sum + (open[index]?.ms ?? 0), 0)).toBeCloseTo(length, 6);
        expect(new Set(chain).size).toBe(chain.length);
      }),
    );
  });

  test('waits for the slowest way of a diamond', () => {
    const diamond = planOf(
      4,
      [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
      ],
      5,
    ); // prettier-ignore
    expect(listSchedule(diamond, needs(10, 300, 40, 5))).toEqual({ length: 315, chain: [0, 1, 3] });
  });

  test('shares the places out', () => {
    const star: [number, number][] = [1, 2, 3, 4, 5].map((target) => [0, target]);
    const { length, chain } = listSchedule(planOf(6, star, 2), needs(10, 100, 100, 100, 100, 100));
    expect([length, chain.length]).toEqual([310, 4]);
  });

  test('gives nodes that wait no place, and those that run the one that they have', () => {
    const waits = [left('enters', 500), left('enters', 400), left('needs', 100)];
    expect(listSchedule(planOf(3, [], 1), waits).length).toBe(500);
    const busy = [left('needs', 100), left('holds', 250), left('needs', 30)];
    expect(listSchedule(planOf(3, [], 1), busy)).toEqual({ length: 380, chain: [1, 0, 2] });
  });

  test('begins a retry when it is due', () => {
    const retry = [left('needs', 100, 700), left('needs', 50)];
    expect(listSchedule(planOf(2, [[0, 1]], 5), retry)).toEqual({ length: 850, chain: [0, 1] });
  });

  test('asks how long a node takes for the moment at which it begins', () => {
    const until = { place: 'enters' as const, from: 0, takes: (at: number) => Math.max(0, 1000 - at) };
    expect(listSchedule(planOf(2, [[0, 1]], 5), [left('needs', 300), until]).length).toBe(1000);
    expect(listSchedule(planOf(2, [[0, 1]], 5), [left('needs', 3000), until]).length).toBe(3000);
  });

  test('is over at once when nothing is left', () => {
    expect(listSchedule(planOf(2, [[0, 1]], 5), [undefined, undefined])).toEqual({ length: 0, chain: [] });
  });
});
