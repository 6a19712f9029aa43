import fc from 'fast-check';
import type { JsonValue } from '../json.js';
import { changedPaths, compareRevisions } from './compare-revisions.js';

describe('two revisions', () => {
  it('differ by nodes and edges that were added, removed and changed, with the paths', () => {
    const before = {
      nodes: [
        { id: 'a', type: 'input' },
        { id: 'b', type: 'log', config: { message: 'x', data: [1, 2] } },
        { id: 'c', type: 'output' },
      ],
      edges: [
        { id: 'e1', source: 'a', target: 'b' },
        { source: 'b', target: 'c' },
        { source: 'b', target: 'c', type: 'error' as const },
      ],
      settings: { timeout: 1000 },
      version: { version: '1.0.0' },
    };
    const after = {
      nodes: [
        { id: 'b', type: 'log', label: 'B', config: { message: 'y', data: [1, 3] } },
        { id: 'a', type: 'input' },
        { id: 'd', type: 'output' },
      ],
      edges: [
        { id: 'e1', source: 'a', target: 'b', condition: 'x' },
        { source: 'b', target: 'c' },
        { source: 'b', target: 'd' },
      ],
      settings: { retryPolicy: { maxRetries: 1 } },
      version: { version: '1.1.0' },
    };
    expect(compareRevisions(before, after)).toEqual({
      nodes: {
        added: ['d'],
        removed: ['c'],
        changed: [{ id: 'b', paths: ['config.message', 'config.data.1', 'label'] }],
      },
      edges: {
        added: ['b -> d'],
        removed: ['b -> c (2)'],
        changed: [{ id: 'e1', paths: ['condition'] }],
      },
      settings: ['timeout', 'retryPolicy'],
      version: ['version'],
    });
  });

  it('do not differ by the order of nodes alone', () => {
    const a = { id: 'a', type: 'input' };
    const b = { id: 'b', type: 'output' };
    const { nodes } = compareRevisions({ nodes: [a, b], edges: [] }, { nodes: [b, a], edges: [] });
    expect(nodes).toEqual({ added: [], removed: [], changed: [] });
  });
});

describe('changed paths', () => {
  it('are none exactly for equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (before, after) => {
        const isEqual = (a: unknown, b: unknown) => {
          try {
            expect(a).toStrictEqual(b);
            return true;
          } catch {
            return false;
          }
        };
        expect(changedPaths(before as JsonValue, structuredClone(before) as JsonValue)).toEqual([]);
        expect(changedPaths(before as JsonValue, after as JsonValue).length === 0).toBe(isEqual(before, after));
      }),
    );
  });

  it('tell a list from an object, and null from absence', () => {
    expect(changedPaths({ a: [], b: null }, { a: {} })).toEqual(['a', 'b']);
  });

  it('treat __proto__ as a name like any other', () => {
    const withPrototypeKey = JSON.parse('{"__proto__":{"x":1}}') as JsonValue;
    expect(changedPaths({}, withPrototypeKey)).toEqual(['__proto__']);
  });
});
