import { OutputCache } from './output-cache.js';

const output = (text: string) => ({ outputs: { text } });

describe('the cache of outputs', () => {
  it('gives back what was kept, port and variables too, to each its own copy', () => {
    const cache = new OutputCache();
    const kept = { outputs: { list: [1] }, port: 'true', variables: { v: 1 } };
    cache.keep('k', kept, 0);
    const found = cache.find('k', 1, 10) as typeof kept;
    expect(found).toEqual(kept);
    found.outputs.list.push(2);
    kept.outputs.list.push(3);
    expect(cache.find('k', 1, 10)?.outputs).toEqual({ list: [1] });
    expect(cache.find('other', 1, 10)).toBeUndefined();
  });

  it('gives nothing that is as old as the limit, which each asker has for himself', () => {
    const cache = new OutputCache();
    cache.keep('k', output('x'), 1000);
    expect(cache.find('k', 1099, 100)).toBeDefined();
    expect(cache.find('k', 1100, 100)).toBeUndefined();
    expect(cache.find('k', 1100, 101)).toBeDefined();
    expect(cache.find('k', 1000, 0)).toBeUndefined();
  });

  it('has a bound: the oldest goes, and what is kept anew is no longer old', () => {
    const cache = new OutputCache(1000);
    const long = output('x'.repeat(300));
    for (const key of ['a', 'b', 'c']) cache.keep(key, long, 0);
    cache.keep('a', long, 0);
    cache.keep('d', long, 0);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.find(key, 0, 1))).toEqual(['a', 'd', 'c'].sort());
  });

  it('does not keep what is larger than itself', () => {
    const cache = new OutputCache(100);
    cache.keep('k', output('x'.repeat(200)), 0);
    expect(cache.find('k', 0, 1)).toBeUndefined();
    cache.keep('k', output('x'), 0);
    expect(cache.find('k', 0, 1)).toEqual(output('x'));
  });
});
