import { estimateExecutionMs } from './estimate-execution.js';

const edge = (source: string, target: string) => ({ source, target });
const medianOf = (medians: Record<string, number>) => (id: string) => medians[id] ?? null;

describe('the estimate of an execution', () => {
  const nodes = [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }];
  const edges = [edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')];

  test('adds up the medians along the longest path', () => {
    expect(estimateExecutionMs(nodes, edges, medianOf({ a: 10, b: 300, c: 40, d: 5 }))).toBe(315);
  });

  test('takes a node that has never run, or is disabled, for nothing', () => {
    const disabled = nodes.map((node) => (node.id === 'b' ? { ...node, enabled: false } : node));
    expect(estimateExecutionMs(disabled, edges, medianOf({ b: 300, c: 40, d: 5 }))).toBe(45);
  });

  test('follows input mappings where there is no edge', () => {
    const mapped = [{ id: 'a' }, { id: 'b', inputs: { x: { from: 'a', output: 'y' } } }];
    expect(estimateExecutionMs(mapped, [], medianOf({ a: 10, b: 20 }))).toBe(30);
  });

  test('is absent without history, with a cycle, and for what is no document', () => {
    expect(estimateExecutionMs(nodes, edges, medianOf({}))).toBeUndefined();
    expect(estimateExecutionMs(nodes, [...edges, edge('d', 'a')], medianOf({ a: 1 }))).toBeUndefined();
    expect(estimateExecutionMs([1, null, { id: 2 }], ['x'], medianOf({ a: 1 }))).toBeUndefined();
  });

  test('is 0 when everything that ran took no time', () => {
    expect(estimateExecutionMs(nodes, edges, medianOf({ a: 0 }))).toBe(0);
  });
});
