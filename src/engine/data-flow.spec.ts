import { DataFlow, readPath } from './data-flow.js';
import { buildExecutionPlan } from './definition/execution-plan.js';
import type { EdgeDefinition, NodeDefinition } from './definition/workflow-definition.js';
import type { JournalEvent } from './journal/events.js';
import { foldJournal } from './journal/fold.js';
import { testCatalog } from './testing/test-node-types.js';

const created: JournalEvent = {
  type: 'execution:created',
  timestamp: 1,
  workflowId: 'w',
  workflowName: 'W',
  revision: 1,
  trigger: { type: 'api' },
  context: {},
  labels: {},
  priority: 0,
};

/** A flow over a graph whose nodes have ended as told: their outputs, or `off` for a disabled one. */
function flowOf(nodes: NodeDefinition[], edges: EdgeDefinition[], ends: { [id: string]: object | 'off' }) {
  const source = { workflowId: 'w', revision: 1, version: '1.0.0', content: { nodes, edges } };
  const plan = buildExecutionPlan(source, testCatalog([]));
  const events = Object.entries(ends).map(([nodeId, end]) =>
    end === 'off'
      ? { type: 'node:skipped', timestamp: 1, nodeId, reason: 'disabled' }
      : { type: 'node:completed', timestamp: 1, nodeId, run: 1, attempt: 1, startTime: 1, startSeq: 1, outputs: end },
  );
  const state = foldJournal([created, { type: 'execution:started', timestamp: 1 }, ...(events as JournalEvent[])]);
  const flow = new DataFlow(plan, state);
  const nodeOf = (id: string) => plan.byId.get(id) ?? plan.nodes[0]!;
  return { inputs: (id: string) => flow.inputs(nodeOf(id)), outputs: (id: string) => flow.outputs(nodeOf(id)) };
}

const node = (id: string, more: Partial<NodeDefinition> = {}): NodeDefinition => ({ id, type: 'value', ...more });
const off = (id: string): NodeDefinition => node(id, { enabled: false });

describe('what passes through disabled nodes', () => {
  it('comes through a chain of 10,000 of them', () => {
    const length = 10_000;
    const chain = Array.from({ length }, (_, index) => off(`d${index}`));
    const edges = chain.map(({ id }, index) => ({
      id: `e${index}`,
      source: index === 0 ? 'first' : `d${index - 1}`,
      target: id,
    }));
    const ends = Object.fromEntries(chain.map(({ id }) => [id, 'off' as const]));
    const { outputs } = flowOf([node('first'), ...chain], edges, { first: { x: 1 }, ...ends });
    expect(outputs(`d${length - 1}`)).toEqual({ x: 1 });
    expect(outputs('d0')).toEqual({ x: 1 });
  });

  it('costs each edge once, also where thousands of paths lead through them', () => {
    const layers = 60;
    const width = 20;
    const name = (layer: number, place: number) => `d${layer}_${place}`;
    const nodes = Array.from({ length: layers * width }, (_, index) =>
      off(name(Math.floor(index / width), index % width)),
    );
    const edges: EdgeDefinition[] = [];
    for (let layer = 1; layer < layers; layer += 1) {
      for (let from = 0; from < width; from += 1) {
        for (let to = 0; to < width; to += 1) {
          edges.push({ id: `e${edges.length}`, source: name(layer - 1, from), target: name(layer, to) });
        }
      }
    }
    for (let to = 0; to < width; to += 1) edges.push({ id: `s${to}`, source: 'first', target: name(0, to) });
    const ends = Object.fromEntries(nodes.map(({ id }) => [id, 'off' as const]));
    const { outputs } = flowOf([node('first'), ...nodes], edges, { first: { x: 1 }, ...ends });
    expect(outputs(name(layers - 1, 0))).toEqual({ x: 1 });
  });

  it('comes through thousands of them side by side', () => {
    const size = 20_000;
    const nodes = Array.from({ length: size }, (_, index) => off(`d${index}`));
    const edges = nodes.map(({ id }, index) => ({ id: `e${index}`, source: id, target: 'last' }));
    const ends = Object.fromEntries(nodes.map(({ id }) => [id, 'off' as const]));
    const { outputs } = flowOf([...nodes, off('last')], edges, { ...ends, last: 'off' });
    expect(outputs('last')).toEqual({});
  });

  it('is nothing for a node that has not ended or is dead', () => {
    const { outputs, inputs } = flowOf([node('a'), node('b')], [{ id: 'e', source: 'a', target: 'b' }], {});
    expect(outputs('a')).toBeUndefined();
    expect(inputs('b')).toEqual({ inputs: {}, missing: [] });
  });
});

describe('inputs', () => {
  it('name every required one that is absent', () => {
    const mapped = node('b', {
      inputs: {
        x: { from: 'a', output: 'x', required: true },
        y: { from: 'a', output: 'y', required: true },
        z: { from: 'a', output: 'z', required: true },
      },
    });
    const { inputs } = flowOf([node('a'), mapped], [], { a: { y: false } });
    expect(inputs('b')).toEqual({ inputs: { y: false }, missing: ['x', 'z'] });
  });

  it('do not change what they were taken from', () => {
    const given = { x: { y: 1 } };
    const { inputs } = flowOf([node('a'), node('b')], [{ id: 'e', source: 'a', target: 'b' }], { a: given });
    inputs('b').inputs.x = 2;
    expect(given).toEqual({ x: { y: 1 } });
  });
});

describe('a path', () => {
  const value = { a: { b: [{ c: 1 }], 'd.e': 2 }, 'a.b': 3, n: null };

  it.each([
    ['a', value.a],
    ['a.b', 3],
    ['a.b.0', { c: 1 }],
    ['a.b.0.c', 1],
    ['a.b.1', undefined],
    ['a.d', undefined],
    ['n', null],
    ['n.x', undefined],
    ['none', undefined],
    ['', undefined],
    ['toString', undefined],
    ['a.constructor', undefined],
  ])('%s leads to %j', (path, expected) => {
    expect(readPath(value, path)).toEqual(expected);
  });

  it('leads into lists by their places', () => {
    expect(readPath({ list: [{ c: 1 }, { c: 2 }] }, 'list.1.c')).toBe(2);
    expect(readPath({ list: [1] }, 'list.1')).toBeUndefined();
  });
});
