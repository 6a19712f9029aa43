import fc from 'fast-check';
import { buildExecutionPlan, type ExecutionPlan } from '../definition/execution-plan.js';
import type { EdgeDefinition, NodeDefinition } from '../definition/workflow-definition.js';
import { foldJournal } from '../journal/fold.js';
import type { JournalEvent } from '../journal/events.js';
import type { NodeType } from '../ports.js';
import type { ExecutionState } from '../state/execution-state.js';
import { testCatalog } from '../testing/test-node-types.js';
import type { RollbackTarget } from './planned-rollback.js';
import { planRollback, resetSoFar } from './rollback-plan.js';
import { rollbackPoints } from './rollback-points.js';

const type = (name: string, more: Partial<NodeType>): NodeType => ({
  type: name,
  name,
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect: 'external',
  execute: () => ({ outputs: {} }),
  ...more,
});
const catalog = testCatalog([
  type('pay', { rollback: () => Promise.resolve() }),
  type('mail', {}),
  type('calc', { effect: 'pure' }),
]);

/** `a>b` is an edge; a node is `pay` unless `types` says otherwise. */
function planOf(ids: string[], links: string[], types: { [id: string]: string } = {}): ExecutionPlan {
  const nodes = ids.map((id): NodeDefinition => ({ id, type: types[id] ?? 'pay', name: id.toUpperCase() }));
  const edges = links.map((link): EdgeDefinition => {
    const [source = '', target = ''] = link.split('>');
    return { source, target };
  });
  const source = { workflowId: 'w', revision: 1, version: '1.0.0', content: { nodes, edges } };
  return buildExecutionPlan(source, catalog);
}

const stamp = { timestamp: 1000 };
const first: JournalEvent[] = [
  {
    type: 'execution:created',
    ...stamp,
    workflowId: 'w',
    workflowName: 'W',
    revision: 1,
    trigger: { type: 'api' },
    context: {},
    labels: {},
    priority: 0,
  },
  { type: 'execution:started', ...stamp },
];
const of = (nodeId: string) => ({ ...stamp, nodeId, run: 1, attempt: 1, startTime: 1000, startSeq: 2 });
const error = { code: 'E', message: 'e' };

/** What happened to a node, in short: `a` completed, `a!` failed, `a?` failed with an unknown outcome, `a-` was skipped, `a~` waits, `a+` is between attempts, `a*` between attempts with an unknown outcome, `a.` was interrupted and runs again, `a$` completed and had acted. */
const HAPPENINGS: { [sign: string]: (nodeId: string) => JournalEvent } = {
  '': (id) => ({ type: 'node:completed', ...of(id), outputs: { of: id }, variables: { [`by_${id}`]: 1 } }),
  '!': (id) => ({ type: 'node:failed', ...of(id), error }),
  '?': (id) => ({ type: 'node:failed', ...of(id), error, outcome: 'unknown' }),
  '-': (id) => ({ type: 'node:skipped', ...stamp, nodeId: id, reason: 'dead' }),
  '~': (id) => ({ type: 'node:waiting', ...of(id), for: 'delay', until: 9000 }),
  '+': (id) => ({ type: 'node:retrying', ...of(id), error, delay: 1, until: 9000 }),
  '*': (id) => ({ type: 'node:retrying', ...of(id), error, outcome: 'unknown', delay: 1, until: 9000 }),
  '.': (id) => ({ type: 'node:interrupted', ...of(id), endTime: 1000, cause: 'crash', then: 'retry' }),
};

function stateOf(happened: string, end: JournalEvent = { type: 'execution:paused', ...stamp }): ExecutionState {
  const events = happened.split(' ').map((each): JournalEvent => {
    const sign = /\w+(\W?)$/.exec(each)?.[1] ?? '';
    return (HAPPENINGS[sign] as (id: string) => JournalEvent)(each.replace(/\W$/, ''));
  });
  return foldJournal([...first, ...events, end]);
}

const to = (targetNodeId: string | null, scope: RollbackTarget['scope'] = 'after'): RollbackTarget => ({
  targetNodeId,
  scope,
});

interface Row {
  nodes: string;
  links: string;
  happened: string;
  target: RollbackTarget;
  /** In the order of undoing. */
  steps: string;
  /** In the order of the graph. */
  affected: string;
}

const ROWS: { [name: string]: Row } = {
  'a chain': {
    nodes: 'a b c d',
    links: 'a>b b>c c>d',
    happened: 'a b c d',
    target: to('b'),
    steps: 'd c',
    affected: 'c d',
  },
  'a chain, to the start': {
    nodes: 'a b c',
    links: 'a>b b>c',
    happened: 'a b c',
    target: to(null),
    steps: 'c b a',
    affected: 'a b c',
  },
  'a diamond: the newest of what is independent first': {
    nodes: 'a b c d',
    links: 'a>b a>c b>d c>d',
    happened: 'a c b d',
    target: to('a'),
    steps: 'd b c',
    affected: 'b c d',
  },
  'parallel branches: what came after by the journal, dependant or not': {
    nodes: 'a b x y',
    links: 'a>b x>y',
    happened: 'x a b y',
    target: to('a'),
    steps: 'y b',
    affected: 'b y',
  },
  'parallel branches: what depends on it alone': {
    nodes: 'a b x y',
    links: 'a>b x>y',
    happened: 'x a b y',
    target: to('a', 'dependants'),
    steps: 'b',
    affected: 'b',
  },
  'dependants through what was skipped': {
    nodes: 'a b c x',
    links: 'a>b b>c',
    happened: 'a x b- c-',
    target: to('a', 'dependants'),
    steps: '',
    affected: 'b c',
  },
  'a failed node has a step, one that was skipped, waits or is between attempts has none': {
    nodes: 'a b c d e',
    links: 'a>b a>c a>d a>e',
    happened: 'a b! c- d~ e+',
    target: to('a'),
    steps: 'b',
    affected: 'b c d e',
  },
  'what began to wait before the target completed goes on waiting': {
    nodes: 'a b c',
    links: 'a>c',
    happened: 'b~ a c',
    target: to('a'),
    steps: 'c',
    affected: 'c',
  },
  'unknown outcomes have a step, whatever the status': {
    nodes: 'a b c d',
    links: 'a>b a>c a>d',
    happened: 'a b? c* d.',
    target: to('a'),
    steps: 'd c b',
    affected: 'b c d',
  },
  'what was never reached is not touched': {
    nodes: 'a b c',
    links: 'a>b b>c',
    happened: 'a b!',
    target: to('a'),
    steps: 'b',
    affected: 'b',
  },
  'nothing came after the last one': {
    nodes: 'a b',
    links: 'a>b',
    happened: 'a b',
    target: to('b'),
    steps: '',
    affected: '',
  },
};

const split = (text: string) => (text === '' ? [] : text.split(' '));

describe('the plan of a rollback', () => {
  it.each(Object.entries(ROWS))('of %s', (_, { nodes, links, happened, target, steps, affected }) => {
    const plan = planOf(split(nodes), split(links));
    const found = planRollback(plan, stateOf(happened), target);
    expect(found.steps.map(({ nodeId }) => nodeId)).toEqual(split(steps));
    expect(found.steps.map(({ order }) => order)).toEqual(split(steps).map((_step, index) => index + 1));
    expect(found.reset.map(({ nodeId }) => nodeId)).toEqual(split(affected));
  });

  it('says of each step what will be done, and warns of what cannot', () => {
    const plan = planOf(['a', 'b', 'c', 'd'], ['a>b', 'b>c', 'c>d'], { b: 'mail', c: 'calc' });
    const state = stateOf('a b c d?');
    const { steps, warnings, reset, seq } = planRollback(plan, state, to('a'));
    expect(steps).toEqual([
      expect.objectContaining({ nodeId: 'd', action: 'unknown', completedAt: null, effect: 'external' }),
      {
        order: 2,
        nodeId: 'c',
        nodeName: 'C',
        nodeType: 'calc',
        run: 1,
        effect: 'pure',
        action: 'nothing-to-do',
        description: 'It changes nothing outside',
        completedAt: 1000,
        warnings: [],
      },
      expect.objectContaining({ nodeId: 'b', action: 'cannot' }),
    ]);
    expect(warnings).toEqual([expect.stringContaining('"D"'), expect.stringContaining('"B"')]);
    expect(seq).toBe(state.seq);
    expect(reset).toEqual([
      { nodeId: 'b', run: 2 },
      { nodeId: 'c', run: 2 },
      { nodeId: 'd', run: 2 },
    ]);
  });

  it('has the same hash as long as it does the same', () => {
    const plan = planOf(['a', 'b', 'c'], ['a>b', 'b>c']);
    const hash = (happened: string, target = to('a')) => planRollback(plan, stateOf(happened), target).hash;
    const ended = foldJournal([
      ...first,
      ...['a', 'b'].map((id) => (HAPPENINGS[''] as (nodeId: string) => JournalEvent)(id)),
      { type: 'execution:cancelled', ...stamp },
    ]);
    expect(planRollback(plan, ended, to('a')).hash).toBe(hash('a b'));
    expect(new Set([hash('a b'), hash('a b c'), hash('a b c!'), hash('a b', to('a', 'dependants'))]).size).toBe(4);
    expect(hash('a b')).not.toBe(hash('a b', to(null)));
  });

  it('leaves the run of a node that was skipped', () => {
    const plan = planOf(['a', 'b'], ['a>b']);
    expect(planRollback(plan, stateOf('a b-'), to('a')).reset).toEqual([{ nodeId: 'b', run: 1 }]);
  });
});

describe('what is pending again when a rollback stops', () => {
  it('is what is done, and what has no step once nothing that depends on it is left', () => {
    const plan = planOf(['a', 'off', 'c', 'gone', 'e'], ['a>off', 'off>c', 'a>gone', 'gone>e']);
    const rollback = planRollback(plan, stateOf('a off- c gone- e'), to('a'));
    const reset = (...done: string[]) =>
      resetSoFar(plan, rollback, (nodeId) => done.includes(nodeId)).map(({ nodeId }) => nodeId);
    expect(rollback.steps.map(({ nodeId }) => nodeId)).toEqual(['e', 'c']);
    expect(reset()).toEqual([]);
    expect(reset('e')).toEqual(['gone', 'e']);
    expect(reset('e', 'c')).toEqual(['off', 'c', 'gone', 'e']);
  });
});

describe('the rollback points', () => {
  const plan = planOf(['a', 'b', 'c'], ['a>b', 'b>c'], { b: 'mail' });
  const all = { offset: 0, limit: 200 };

  it('are the completed nodes, the oldest first, with what was known then and whether they are safe', () => {
    const { points, total } = rollbackPoints(plan, stateOf('a b c!'), all);
    expect(total).toBe(2);
    expect(points).toEqual([
      {
        nodeId: 'a',
        nodeName: 'A',
        timestamp: 1000,
        state: { variables: { by_a: 1 }, outputs: { of: 'a' } },
        canRollback: true,
        safe: false,
        warnings: [expect.stringContaining('"B"')],
      },
      {
        nodeId: 'b',
        nodeName: 'B',
        timestamp: 1000,
        state: { variables: { by_a: 1, by_b: 1 }, outputs: { of: 'b' } },
        canRollback: true,
        safe: true,
        warnings: [],
      },
    ]);
  });

  it('are shown by pages', () => {
    const { points, total } = rollbackPoints(plan, stateOf('a b c'), { offset: 1, limit: 1 });
    expect([points.map(({ nodeId }) => nodeId), total]).toEqual([['b'], 3]);
  });

  it('say why they cannot be taken now', () => {
    const running = foldJournal([...first, (HAPPENINGS[''] as (nodeId: string) => JournalEvent)('a')]);
    expect(rollbackPoints(plan, running, all).points[0]).toMatchObject({
      canRollback: false,
      reason: 'The execution is running: pause it first',
    });
  });

  it('show a bounded number of warnings', () => {
    const ids = ['a', ...Array.from({ length: 30 }, (_, index) => `n${index}`)];
    const types = Object.fromEntries(ids.map((id) => [id, 'mail']));
    const wide = planOf(ids, [], types);
    const [point] = rollbackPoints(wide, stateOf(ids.join(' ')), all).points;
    expect(point?.warnings).toHaveLength(21);
    expect(point?.warnings.at(-1)).toBe('… and 10 more');
  });
});

describe('the plan of a random rollback', () => {
  /** Edges lead from lower to higher numbers; nodes complete in a random order that keeps them. */
  const graph = fc.integer({ min: 2, max: 12 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      links: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 25 }),
      turns: fc.array(fc.nat(100), { minLength: size, maxLength: size }),
      ends: fc.array(fc.constantFrom('', '', '', '!', '?', '-'), { minLength: size, maxLength: size }),
      target: fc.nat(size - 1),
      scope: fc.constantFrom('after' as const, 'dependants' as const),
    }),
  );

  it('undoes each node after all that depends on it, and is closed under dependency', () => {
    fc.assert(
      fc.property(graph, ({ size, links, turns, ends, target, scope }) => {
        const ids = Array.from({ length: size }, (_, index) => `n${index}`);
        const pairs = links.filter(([a, b]) => a !== b).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
        const plan = planOf(
          ids,
          pairs.map(([a, b]) => `n${a}>n${b}`),
        );
        const order: number[] = [];
        for (const turn of turns) {
          const open = ids.map((_, index) => index).filter((index) => !order.includes(index));
          const ready = open.filter((index) => pairs.every(([a, b]) => b !== index || order.includes(a)));
          order.push(ready[turn % ready.length] as number);
        }
        const happened = order.map((index) => `n${index}${index === target ? '' : ends[index]}`);
        const state = stateOf(happened.join(' '));
        const rollback = planRollback(plan, state, to(`n${target}`, scope));
        const undone = rollback.steps.map(({ nodeId }) => nodeId);
        const affected = new Set(rollback.reset.map(({ nodeId }) => nodeId));
        expect(affected.has(`n${target}`)).toBe(false);
        expect(new Set(undone).size).toBe(undone.length);
        for (const [a, b] of pairs) {
          if (affected.has(`n${a}`)) expect(affected.has(`n${b}`)).toBe(true);
          if (a === target) expect(affected.has(`n${b}`)).toBe(true);
          const [first_, second] = [undone.indexOf(`n${b}`), undone.indexOf(`n${a}`)];
          if (first_ >= 0 && second >= 0) expect(first_).toBeLessThan(second);
        }
        const after = order.slice(order.indexOf(target) + 1).map((index) => `n${index}`);
        if (scope === 'after') expect([...affected].sort()).toEqual(after.sort());
        else for (const id of affected) expect(after).toContain(id);
        const ranks = rollback.reset.map(({ nodeId }) => plan.byId.get(nodeId)?.rank ?? -1);
        expect(ranks).toEqual([...ranks].sort((one, other) => one - other));
      }),
      { numRuns: 300 },
    );
  });
});
