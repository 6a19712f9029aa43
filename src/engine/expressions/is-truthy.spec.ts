import fc from 'fast-check';
import jsonata from 'jsonata';
import type { JsonValue } from '../json.js';
import { isTruthy } from './is-truthy.js';

describe('isTruthy', () => {
  it('is what $boolean says of any JSON value', async () => {
    const boolean = jsonata('$boolean($value)');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(isTruthy(value as JsonValue)).toBe(await boolean.evaluate(null, { value }));
      }),
    );
  });

  it('is false for nothing', () => {
    expect(isTruthy(undefined)).toBe(false);
  });
});
