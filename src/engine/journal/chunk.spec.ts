import fc from 'fast-check';
import { cutChunks } from './chunk.js';

const texts = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: 10_000, max: 100_000 }) },
  ),
  { maxLength: 600 },
);

/** A JSON text of exactly this length. */
const textOf = (length: number) => (length < 3 ? '1'.repeat(length) : `"${'x'.repeat(length - 2)}"`);

describe('cutChunks', () => {
  it('keeps every event, in order, under gapless numbers, within the caps of a chunk', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 300_000 }), fc.nat(1000), (lengths, budget, before) => {
        const events = lengths.map(textOf);
        const { chunks, taken } = cutChunks(before + 1, events, budget);
        expect(taken).toBe(chunks.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0));
        let next = before + 1;
        const written: string[] = [];
        for (const { firstSeq, lastSeq, text } of chunks) {
          expect(firstSeq).toBe(next);
          const count = lastSeq - firstSeq + 1;
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(256);
          if (count > 1) expect(text.length).toBeLessThanOrEqual(64 * 1024 + count + 1);
          expect((JSON.parse(text) as unknown[]).length).toBe(count);
          written.push(text.slice(1, -1));
          next = lastSeq + 1;
        }
        expect(written.join(',')).toBe(events.slice(0, taken).join(','));
        if (events.length > 0) expect(taken).toBeGreaterThan(0);
        const left = events.length - taken;
        const spent = events.slice(0, taken).reduce((sum, { length }) => sum + length, 0);
        if (left > 0) expect(spent).toBeGreaterThanOrEqual(budget);
      }),
      { numRuns: 60 },
    );
  });

  it('puts one event that is larger than a chunk into a chunk of its own', () => {
    const { chunks } = cutChunks(1, [textOf(10), textOf(200_000), textOf(10)], 1_000_000);
    expect(chunks.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it('stops at the first chunk that fills the budget', () => {
    const { chunks, taken } = cutChunks(
      1,
      Array.from({ length: 1000 }, () => textOf(100)),
      1,
    );
    expect(chunks).toHaveLength(1);
    expect(taken).toBe(256);
  });
});
