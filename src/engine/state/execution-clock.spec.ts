import fc from 'fast-check';
import { ExecutionClock } from './execution-clock.js';

describe('the clock of an execution', () => {
  it('is the length of the union of all intervals', () => {
    const intervals = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 25 });
    fc.assert(
      fc.property(intervals, (pairs) => {
        const inOrder = pairs
          .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
          .sort((one, other) => one.to - other.to);
        const clock = new ExecutionClock();
        const covered = new Set<number>();
        for (const { from, to } of inOrder) {
          clock.add(from, to);
          for (let at = from; at < to; at += 1) covered.add(at);
          expect(clock.used).toBe(covered.size);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not run backwards for an interval that ends before it began', () => {
    const clock = new ExecutionClock();
    clock.add(10, 5);
    expect(clock.used).toBe(0);
  });
});
