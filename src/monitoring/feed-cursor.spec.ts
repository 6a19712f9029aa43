import fc from 'fast-check';
import { readFeedCursor, writeFeedCursor } from './feed-cursor.js';

const position = fc
  .record({
    time: fc.nat(),
    writers: fc.dictionary(
      fc.string().filter((text) => !text.includes('\0') && text !== '__proto__'),
      fc.nat(),
    ),
    count: fc.nat(),
  })
  .map(({ time, writers, count }) => {
    const vector = new Map(Object.entries(writers));
    const [writer] = vector.keys();
    return writer === undefined || count === 0 ? { time, vector } : { time, vector, inHand: { writer, count } };
  });

it('a cursor says again what was put into it', () => {
  fc.assert(
    fc.property(position, (given) => {
      const read = readFeedCursor(writeFeedCursor(given), 'after');
      expect(read).toEqual(given);
    }),
  );
});

it('what never was a cursor is refused by its name, also where it is nearly one', () => {
  const refused = (text: string) =>
    expect(() => readFeedCursor(text, 'after')).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMS', details: [expect.objectContaining({ field: 'after' })] }),
    );
  fc.assert(fc.property(fc.string(), refused));
  fc.assert(
    fc.property(position, fc.nat(), fc.constantFrom('A', '_', ''), (given, place, other) => {
      const text = writeFeedCursor(given);
      const at = place % text.length;
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      fc.pre(changed !== text);
      refused(changed);
    }),
  );
});
