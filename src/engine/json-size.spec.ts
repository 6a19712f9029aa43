import fc from 'fast-check';
import { jsonBytes } from './json-size.js';

describe('jsonBytes', () => {
  it('is the length of the JSON text in UTF-8, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
      }),
    );
  });

  it('leaves out what JSON leaves out', () => {
    const value = { a: undefined, b: [undefined, 1], c: {} };
    expect(jsonBytes(value)).toBe(JSON.stringify(value).length);
  });

  it('measures what is shared once, so that a value which unfolds without end is soon measured', () => {
    let value: unknown = ['x'];
    for (let level = 0; level < 60; level += 1) value = [value, value];
    expect(jsonBytes(value)).toBeGreaterThan(2 ** 60);
  });
});
