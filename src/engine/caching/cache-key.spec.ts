import type { JsonObject } from '../json.js';
import type { NodeType } from '../ports.js';
import { cacheKey } from './cache-key.js';

const type = (more: Partial<NodeType> = {}): NodeType => ({
  type: 'sum',
  name: 'Sum',
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect: 'pure',
  cacheable: true,
  execute: () => ({ outputs: {} }),
  ...more,
});

const scope = (more: JsonObject = {}) => ({
  inputs: { a: 1 },
  variables: { v: 1 },
  trigger: { type: 'api', userId: 'ann', data: { d: 1 } },
  nodes: {},
  execution: { id: 'e1' },
  ...more,
});

const base = cacheKey(type(), { c: 1 }, scope());

describe('the key of a cached output', () => {
  it('is the same for a node that sees the same, in whichever execution', () => {
    expect(cacheKey(type(), { c: 1 }, scope({ execution: { id: 'e2' }, nodes: { n: {} } }))).toBe(base);
    expect(base).toHaveLength(43);
  });

  it.each<[string, string | null]>([
    ['type', cacheKey(type({ type: 'other' }), { c: 1 }, scope())],
    ['version', cacheKey(type({ version: '1.0.1' }), { c: 1 }, scope())],
    ['config', cacheKey(type(), { c: 2 }, scope())],
    ['inputs', cacheKey(type(), { c: 1 }, scope({ inputs: { a: 2 } }))],
    ['order of the inputs', cacheKey(type(), { c: 1 }, scope({ inputs: { b: 1, a: 1 } }))],
    ['variables', cacheKey(type(), { c: 1 }, scope({ variables: {} }))],
    ['trigger', cacheKey(type(), { c: 1 }, scope({ trigger: { type: 'api', userId: 'bob', data: { d: 1 } } }))],
    ['place of a field', cacheKey(type(), {}, scope({ inputs: { c: 1, a: 1 } }))],
  ])('differs with the %s', (_what, key) => {
    expect(key).not.toBeNull();
    expect(key).not.toBe(base);
  });

  it('leaves out what the type says that it does not read', () => {
    const other = scope({ variables: {}, trigger: { type: 'manual', data: { d: 1 } } });
    const keys = (reads: NodeType['reads']) => [scope(), other].map((seen) => cacheKey(type({ reads }), {}, seen));
    const [one, same] = keys([]);
    expect(same).toBe(one);
    const [data, sameData] = keys(['trigger.data']);
    expect(sameData).toBe(data);
    const [variables, otherVariables] = keys(['variables']);
    expect(otherVariables).not.toBe(variables);
  });

  it('is none for a node that sees too much', () => {
    const text = 'x'.repeat(6 * 1024 * 1024);
    expect(cacheKey(type(), {}, scope({ inputs: { a: text, b: text } }))).not.toBeNull();
    expect(cacheKey(type(), {}, scope({ inputs: { a: text, b: text, c: text } }))).toBeNull();
  });
});
