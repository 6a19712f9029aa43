import * as fc from 'fast-check';
import { timeOf } from '../testing/history-of.js';

const durations = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 100 });

function exactMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;
}

describe('what a node takes by its past executions', () => {
  test('is at most a step of the histogram away from the exact median, whatever the durations are', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const exact = exactMedian(values);
        expect(Math.abs(timeOf(values).typical - exact)).toBeLessThanOrEqual(exact * 0.123 + 1);
      }),
    );
  });

  test('is within two per cent where most durations are near one another, however long the few others are', () => {
    const near = fc.tuple(
      fc.integer({ min: 100, max: 1_000_000 }),
      fc.array(fc.double({ min: 0, max: 0.02, noNaN: true }), { minLength: 9, maxLength: 20 }),
      fc.array(fc.double({ min: 2, max: 50, noNaN: true }), { maxLength: 1 }),
    );
    fc.assert(
      fc.property(near, ([base, deviations, strays]) => {
        const values = [
          ...deviations.map((share) => Math.round(base * (1 + share))),
          ...strays.map((factor) => Math.round(base * factor)),
        ];
        const exact = exactMedian(values);
        const allowed = 0.02 + (strays[0] ?? 0) * (0.06 / deviations.length);
        expect(Math.abs(timeOf(values).typical - exact)).toBeLessThanOrEqual(exact * allowed + 1);
      }),
    );
  });

  test('lies within its range', () => {
    fc.assert(
      fc.property(durations, fc.nat(12_000_000), (values, elapsed) => {
        const time = timeOf(values);
        for (const { low, typical, high } of [time, time.restAfter(elapsed)]) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(typical).toBeGreaterThanOrEqual(low);
          expect(high).toBeGreaterThanOrEqual(typical);
        }
      }),
    );
  });

  test('adds up over nodes that mostly take less than a millisecond', () => {
    expect(timeOf([0, 0, 0, 1, 0, 0, 0, 0, 0, 1]).typical).toBeCloseTo(0.2);
  });

  test('has a range as wide as eight in ten', () => {
    const { low, high } = timeOf(Array.from({ length: 100 }, (_, index) => (index + 1) * 10));
    expect(low / 100).toBeCloseTo(1, 0);
    expect(high / 900).toBeCloseTo(1, 0);
  });
});

describe('what is left of a node that runs', () => {
  const often = (ms: number, times: number) => Array.from({ length: times }, () => ms);

  test('is what it takes less what it has taken', () => {
    const time = timeOf(often(1000, 10));
    expect([0, 250, 990, 1000, 1050, 90_000].map((elapsed) => time.restAfter(elapsed).typical)).toEqual([
      1000, 750, 10, 0, 0, 0,
    ]);
  });

  test('is that of the slower ones once the faster ones would have ended', () => {
    const time = timeOf([...often(10, 6), ...often(10_000, 4)]);
    expect(time.restAfter(5).typical).toBeCloseTo(5, 0);
    expect(time.restAfter(200).typical / 9800).toBeCloseTo(1, 1);
    expect(time.restAfter(20_000).typical).toBe(0);
  });
});
