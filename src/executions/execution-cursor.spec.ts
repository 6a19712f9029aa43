import fc from 'fast-check';
import { EngineError } from '../engine/errors.js';
import { readCursor, writeCursor, type ListCursor } from './execution-cursor.js';

const order = { sortBy: 'createdAt', sortOrder: 'desc' } as const;

describe('a cursor', () => {
  it('says again what it was made of, in characters that a URL takes as they are', () => {
    const cursors = fc.record({
      sortBy: fc.constantFrom('createdAt' as const, 'startTime' as const, 'duration' as const),
      sortOrder: fc.constantFrom('asc' as const, 'desc' as const),
      position: fc.record({ key: fc.maxSafeInteger(), id: fc.string().filter((id) => !id.includes('\0')) }),
      page: fc.integer({ min: 1 }),
    });
    fc.assert(
      fc.property(cursors, (cursor: ListCursor) => {
        const text = writeCursor(cursor);
        expect(text).toMatch(/^[\w-]+$/);
        expect(readCursor(text, cursor)).toEqual(cursor);
      }),
    );
  });

  it('is refused when it is none, whatever it is', () => {
    const refused = (text: string) => {
      try {
        readCursor(text, order);
        return false;
      } catch (error) {
        return error instanceof EngineError && error.code === 'INVALID_PARAMS';
      }
    };
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    fc.assert(fc.property(fc.oneof(fc.string(), fc.jsonValue().map(encoded)), refused));
    expect(refused(encoded(['createdAt', 'desc', 1.5, 'id', 1]))).toBe(true);
    expect(refused(encoded(['createdAt', 'desc', 1, 'i\0d', 1]))).toBe(true);
  });

  it('is refused by a list in another order', () => {
    const text = writeCursor({ ...order, position: { key: 1, id: 'a' }, page: 1 });
    expect(() => readCursor(text, { ...order, sortOrder: 'asc' })).toThrow(/order createdAt desc/);
  });
});
