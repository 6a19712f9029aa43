import * as fc from 'fast-check';
import type { EdgeDefinition, NodeDefinition } from '../definition/workflow-definition.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import { historyOf, timeOf } from '../testing/history-of.js';
import type { NodeTimes } from './node-time.js';
import { progressOf } from './progress.js';
import type { RemainingTime } from './remaining-time.js';

const work = (id: string, ms: number, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'work',
  config: { ms },
  ...more,
});
const edge = (source: string, target: string, more: Partial<EdgeDefinition> = {}): EdgeDefinition => ({
  source,
  target,
  ...more,
});

/** Where it is driven, or (`fromJournal`) by what the journal alone tells. */
function estimate(execution: DrivenExecution, history?: NodeTimes, fromJournal = false): RemainingTime | undefined {
  const { plan, state, driver, scheduler, left } = execution;
  const running = driver.running().map(({ node, ...attempt }) => ({ nodeId: node.id, ...attempt }));
  const driven = left || fromJournal ? undefined : { state: driver.state, running };
  return progressOf({ plan, state, now: scheduler.now(), driven, history }).estimate;
}

/** Drives it to the moment, and says how long it still takes. */
async function at(workflow: TestWorkflow, ms: number): Promise<DrivenExecution> {
  const execution = new DrivenExecution(workflow).start();
  return execution.advance(ms);
}

const chain: TestWorkflow = {
  nodes: [work('a', 100), work('b', 300), work('c', 50), work('d', 250)],
  edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'd')],
};
const diamond: TestWorkflow = {
  nodes: [work('a', 100), work('slow', 600), work('fast', 200), work('d', 300)],
  edges: [edge('a', 'slow'), edge('a', 'fast'), edge('slow', 'd'), edge('fast', 'd')],
};
const fanOut: TestWorkflow = {
  nodes: [work('a', 0), ...Array.from({ length: 9 }, (_, index) => work(`n${index}`, 100 + index)), work('z', 50)],
  edges: Array.from({ length: 9 }, (_, index) => [edge('a', `n${index}`), edge(`n${index}`, 'z')]).flat(),
  settings: { maxConcurrency: 2 },
};

/** Of nodes that take a time of their own, not so long that it leaves memory, and never fail. */
const workflows: fc.Arbitrary<TestWorkflow> = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.record({
    nodes: fc
      .array(
        fc.record({
          type: fc.constantFrom('work', 'effect', 'sleep', 'value'),
          ms: fc.integer({ min: 51, max: 9000 }),
          enabled: fc.option(fc.constant(false), { nil: undefined, freq: 6 }),
          join: fc.constantFrom('any' as const, 'all' as const),
        }),
        { minLength: size, maxLength: size },
      )
      .map((nodes) =>
        nodes.map(({ type, ms, ...more }, index) => ({ id: `n${index}`, type, config: { ms }, ...more })),
      ),
    edges: fc
      .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 14 })
      .map((links) => links.filter(([from, to]) => from < to).map(([from, to]) => edge(`n${from}`, `n${to}`))),
    settings: fc.record({ maxConcurrency: fc.integer({ min: 1, max: 3 }) }),
  }),
);

describe('the estimate of the remaining time', () => {
  test.each([
    ['a chain', chain],
    ['a diamond', diamond],
    ['a fan-out over fewer places', fanOut],
  ])('of %s is the true rest when nodes take what they took before, here and on another instance', async (_, shape) => {
    const past = await DrivenExecution.run(shape);
    const history = historyOf(past);
    for (const share of [0.25, 0.5, 0.75, 0.99]) {
      const moment = Math.round(past.elapsed * share);
      const execution = await at(shape, moment);
      const rest = past.elapsed - moment;
      for (const fromJournal of [false, true]) {
        const { remaining, low, high, basis, runs } = estimate(execution, history, fromJournal) ?? {};
        expect(Math.abs((remaining ?? Number.NaN) - rest)).toBeLessThanOrEqual(1);
        expect([basis, runs]).toEqual(['history', 1]);
        expect(low).toBeLessThanOrEqual(remaining ?? 0);
        expect(high).toBeGreaterThanOrEqual(remaining ?? 0);
      }
    }
  });

  test('is the true rest of any workflow whose nodes take what they took before', async () => {
    await fc.assert(
      fc.asyncProperty(workflows, fc.double({ min: 0, max: 1, noNaN: true }), async (workflow, share) => {
        const past = await DrivenExecution.run(workflow);
        const ends = past.events.flatMap((event) => ('startTime' in event ? [event.timestamp] : []));
        // Of nodes that end at once nobody can say which place is taken first.
        fc.pre(new Set(ends).size === ends.length);
        const moment = Math.floor(past.elapsed * share);
        const execution = await at(workflow, moment);
        fc.pre(execution.state.status === 'running');
        const history = historyOf(past);
        const rest = past.elapsed - moment;
        expect(Math.abs((estimate(execution, history)?.remaining ?? Number.NaN) - rest)).toBeLessThanOrEqual(1);
        const serial = past.plan.nodes.reduce((sum, { id }) => sum + (history.get(id)?.typical ?? 0), 0);
        const guessed = estimate(execution, history, true)?.remaining ?? Number.NaN;
        expect(guessed).toBeGreaterThanOrEqual(0);
        expect(guessed).toBeLessThanOrEqual(Math.ceil(serial));
      }),
      { numRuns: 60 },
    );
  });

  test('names the nodes that decide it', async () => {
    const history = historyOf(await DrivenExecution.run(diamond));
    expect(estimate(await at(diamond, 150), history)?.criticalPath).toEqual(['slow', 'd']);
    expect(estimate(await at(diamond, 720), history)?.criticalPath).toEqual(['d']);
  });

  test('takes what ended nodes took on average where there is no history, and is absent before one has', async () => {
    const begun = await at(diamond, 50);
    expect(estimate(begun)).toBeUndefined();
    expect(estimate(await begun.advance(100))).toMatchObject({ remaining: 150, basis: 'elapsed', runs: 0 });
  });

  test('takes that average for a node that is new in the workflow', async () => {
    const { nodes, edges = [] } = chain;
    const longer = { nodes: [...nodes, work('new', 5)], edges: [...edges, edge('d', 'new')] };
    const history = historyOf(await DrivenExecution.run(chain));
    expect(estimate(await at(longer, 100), history)?.remaining).toBe(700);
  });

  test('knows when waits and retries are due', async () => {
    const flaky = { ms: 100, fail: { code: 'BUSY', times: 1 } };
    const waits: TestWorkflow = {
      nodes: [{ id: 's', type: 'sleep', config: { ms: 9000 } }, work('retried', 0, { config: flaky }), work('z', 40)],
      edges: [edge('s', 'z')],
    };
    const history = historyOf(await DrivenExecution.run(waits));
    const execution = await at(waits, 200);
    const { retryAt = 0 } = execution.node('retried');
    expect(estimate(execution, history)?.remaining).toBe(Math.max(8840, retryAt - execution.scheduler.now() + 100));
    const retry = estimate(await at({ nodes: waits.nodes.slice(1, 2) }, 200), history);
    expect(retry?.remaining).toBe(retryAt - execution.scheduler.now() + 100);
  });

  test('knows a wait that its config alone says, with the lateness that is usual', async () => {
    const timer = {
      type: 'timer',
      name: 'Timer',
      category: 'test',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'pure' as const,
      execute: ({ startTime }: { startTime: number }) => ({ wait: { for: 'delay' as const, until: startTime + 5000 } }),
      dueTime: (_: unknown, startTime: number) => startTime + 5000,
    };
    const workflow = { nodes: [work('a', 100), { id: 't', type: 'timer' }], edges: [edge('a', 't')] };
    const execution = await new DrivenExecution(workflow, { types: [timer] }).start().advance(40);
    const after = (waited: number) =>
      new Map([
        ['a', timeOf([100])],
        ['t', timeOf([waited])],
      ]); // prettier-ignore

    expect(estimate(execution, new Map([['a', timeOf([100])]]))?.remaining).toBe(5060);
    expect(estimate(execution, after(5010))?.remaining).toBe(5070);
    // It has been another wait then.
    expect([estimate(execution, after(90))?.remaining, estimate(execution, after(90_000))?.remaining]).toEqual([
      5060, 5560,
    ]);
    await execution.advance(1000);
    expect(estimate(execution, after(5010))?.remaining).toBe(4060);
  });

  test('leaves out branches that were not taken, and those that seldom are', async () => {
    const branch = (port: string): TestWorkflow => ({
      nodes: [
        { id: 'if', type: 'branch', config: { port } },
        work('first', 100),
        work('usual', 100),
        work('seldom', 90_000),
        work('failing', 90_000),
      ],
      edges: [
        edge('if', 'usual', { sourceOutput: 'true' }),
        edge('if', 'seldom', { sourceOutput: 'false' }),
        edge('first', 'if'),
        edge('usual', 'failing', { type: 'error' }),
      ],
    });
    const usual = await DrivenExecution.run(branch('true'));
    const seldom = await DrivenExecution.run(branch('false'));
    const history = historyOf(usual, usual, usual, usual, seldom);

    expect(estimate(await at(branch('true'), 0), history)?.remaining).toBe(200);
    expect(estimate(await at(branch('false'), 0), history)?.remaining).toBe(200);
    expect(estimate(await at(branch('false'), 150), history)?.remaining).toBe(89_950);
    expect(estimate(await at(branch('true'), 150), history)?.remaining).toBe(50);
  });

  test('counts what runs alone once the execution is failing', async () => {
    const failing: TestWorkflow = {
      nodes: [
        work('a', 10, { config: { ms: 10, fail: { code: 'X' } }, retryPolicy: { maxRetries: 0 } }),
        work('b', 500),
        work('c', 500),
      ],
      edges: [edge('b', 'c')],
    };
    const history = new Map([500, 500].map((ms, index) => [['b', 'c'][index] ?? '', timeOf([ms])]));
    expect(estimate(await at(failing, 100), history)).toMatchObject({ remaining: 400, criticalPath: ['b'] });
  });

  test('is nothing, not less, for a node that has taken longer than ever before', async () => {
    const history = new Map([['a', timeOf([10, 11, 12])]]);
    const { remaining, low, high } = estimate(await at({ nodes: [work('a', 9000)] }, 5000), history) ?? {};
    expect([remaining, low, high]).toEqual([0, 0, 0]);
  });

  test('is there while it runs alone', async () => {
    const execution = await at(chain, 150);
    const history = historyOf(await DrivenExecution.run(chain));
    await execution.command({ kind: 'pause', mode: 'wait' });
    expect(estimate(execution, history)?.remaining).toBe(550);
    await execution.advance(300);
    expect(execution.state.status).toBe('paused');
    expect(progressOf({ plan: execution.plan, state: execution.state, now: 0, history })).not.toHaveProperty(
      'estimate',
    );
  });

  test('gets wider with what its nodes have varied, less than they would together', async () => {
    const varied = timeOf(Array.from({ length: 100 }, (_, index) => 1000 + index * 10));
    const history = new Map(['a', 'b', 'c', 'd'].map((id) => [id, varied]));
    const { remaining = 0, low = 0, high = 0 } = estimate(await at(chain, 0), history) ?? {};
    expect(low).toBeLessThan(remaining - (varied.typical - varied.low));
    expect(low).toBeGreaterThan(4 * varied.low);
    expect(high).toBeGreaterThan(remaining + (varied.high - varied.typical));
    expect(high).toBeLessThan(4 * varied.high);
  });
});
