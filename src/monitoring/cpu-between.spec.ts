import fc from 'fast-check';
import { cpuBetween } from './cpu-between.js';

const SECOND = 1_000_000;

test('One core that was busy all the time is its share of all cores', () => {
  const before = { at: 500, user: 3 * SECOND, system: SECOND };
  const after = { at: 2500, user: 4.5 * SECOND, system: 1.5 * SECOND };

  expect(cpuBetween(before, after, 1)).toEqual({ user: 75, system: 25 });
  expect(cpuBetween(before, after, 4)).toEqual({ user: 18.75, system: 6.25 });
});

test('Between a moment and itself nothing was used', () => {
  const moment = { at: 500, user: 3, system: 4 };
  expect(cpuBetween(moment, moment, 2)).toEqual({ user: 0, system: 0 });
});

test('Whatever the counters say, the shares are from 0 to 100, and together no more but for rounding', () => {
  const counters = fc.record({ at: fc.double({ min: 0, max: 1e9, noNaN: true }), user: fc.nat(), system: fc.nat() });
  fc.assert(
    fc.property(counters, counters, fc.integer({ min: 1, max: 256 }), (before, after, cores) => {
      const { user, system } = cpuBetween(before, after, cores);
      for (const share of [user, system]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(100);
      }
      expect(user + system).toBeLessThanOrEqual(100.01);
    }),
    { numRuns: 1000 },
  );
});
