import fc from 'fast-check';
import { NodeError } from './errors.js';
import { MAX_JSON_DEPTH, toPlainJson } from './plain-json.js';
import { anyText } from './testing/any-text.js';

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof NodeError ? error.code : String(error);
  }
  return 'no error';
};

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { inner: value };
  return value;
}

describe('toPlainJson', () => {
  it('equals the JSON round trip for whatever JavaScript value has one', () => {
    const anything = fc.anything({
      withBoxedValues: true,
      withDate: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
      withMap: true,
      withSet: true,
      key: fc.oneof(fc.string(), fc.constant('__proto__')),
      values: [
        fc.boolean(),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string(),
        anyText(),
        fc.constantFrom(null, undefined, -0),
      ],
    });
    fc.assert(
      fc.property(anything, (value) => {
        let text: string | undefined;
        try {
          text = JSON.stringify(value);
        } catch {
          fc.pre(false);
        }
        fc.pre(!hasNonFinite(value));
        const copy = toPlainJson(value);
        expect(copy).toEqual(text === undefined ? undefined : JSON.parse(text));
        expect(JSON.stringify(copy)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('asks toJSON with the key and keeps what it gives', () => {
    const keys: unknown[] = [];
    const value = {
      a: { toJSON: (key: string) => keys.push(key) && { b: new Date(0) } },
      list: [{ toJSON: () => undefined }],
    };
    expect(toPlainJson(value)).toEqual({ a: { b: '1970-01-01T00:00:00.000Z' }, list: [null] });
    expect(keys).toEqual(['a']);
  });

  it('shares nothing with the value that went in', () => {
    const source = { list: [{ a: 1 }], object: { b: 2 } };
    const copy = toPlainJson(source) as typeof source;
    expect(copy).toEqual(source);
    expect(copy.list).not.toBe(source.list);
    expect(copy.list[0]).not.toBe(source.list[0]);
    expect(copy.object).not.toBe(source.object);
  });

  it('keeps __proto__ as data', () => {
    const copy = toPlainJson(JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  });

  it('refuses what JSON cannot hold instead of changing it', () => {
    expect(code(() => toPlainJson({ a: [Infinity] }))).toBe('UNSTORABLE');
    expect(code(() => toPlainJson(NaN))).toBe('UNSTORABLE');
    expect(code(() => toPlainJson({ a: 1n }))).toBe('UNSTORABLE');
    expect(code(() => toPlainJson(Object(1n)))).toBe('UNSTORABLE');
  });

  it('ends for cycles and for values that are nested too deep', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(code(() => toPlainJson(cycle))).toBe('UNSTORABLE');
    expect(code(() => toPlainJson(nested(100_000)))).toBe('UNSTORABLE');
    expect(toPlainJson(nested(MAX_JSON_DEPTH))).toEqual(nested(MAX_JSON_DEPTH));
  });

  it('ends for a small value that unfolds to a huge one', () => {
    let value: unknown = ['leaf'.repeat(100)];
    for (let level = 0; level < 60; level++) value = [value, value];
    expect(code(() => toPlainJson(value))).toBe('OUTPUT_TOO_LARGE');
  });
});

function hasNonFinite(value: unknown): boolean {
  return (
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? 'NONFINITE!' : item,
    )?.includes('NONFINITE!') ?? false
  );
}
