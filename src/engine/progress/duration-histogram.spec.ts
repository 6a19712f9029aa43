import * as fc from 'fast-check';
import { DurationHistogram, stepOf } from './duration-histogram.js';

const durations = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 200 });

function histogramOf(values: readonly number[]): DurationHistogram {
  const histogram = new DurationHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('a histogram of durations', () => {
  test('gives a percentile within six per cent and half a millisecond of the exact one', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        fc.pre(values.length > 0);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(values.length * share)) - 1] ?? 0;
        const found = histogramOf(values).percentile(share) ?? Number.NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.0595 + 0.5);
      }),
    );
  });

  test('of two parts merged is the histogram of the whole, in any order', () => {
    fc.assert(
      fc.property(durations, durations, (first, second) => {
        const merged = histogramOf(first);
        merged.merge(histogramOf(second).counts);
        expect(merged.counts).toEqual(histogramOf([...second, ...first]).counts);
      }),
    );
  });

  test('read back from its stored counts is the same', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values);
        const stored = JSON.parse(JSON.stringify(histogram.counts)) as number[];
        expect(new DurationHistogram(stored)).toEqual(histogram);
        expect(histogram.counts.at(-1)).not.toBe(0);
        expect(histogram.total).toBe(values.length);
      }),
    );
  });

  test('forgets what another one takes back', () => {
    fc.assert(
      fc.property(durations, durations, (kept, undone) => {
        const histogram = histogramOf([...kept, ...undone]);
        const takenBack = new DurationHistogram();
        for (const value of undone) takenBack.add(value, -1);
        histogram.merge(takenBack.counts);
        expect(histogram.total).toBe(kept.length);
        expect(histogram.percentile(0.5)).toBe(histogramOf(kept).percentile(0.5));
      }),
    );
  });

  test('puts a longer duration never into an earlier step', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true }), fc.double({ min: 0, noNaN: true }), (a, b) => {
        expect(stepOf(Math.min(a, b))).toBeLessThanOrEqual(stepOf(Math.max(a, b)));
      }),
    );
  });

  test('stays small whatever comes in', () => {
    const histogram = histogramOf([Number.POSITIVE_INFINITY, 1e300, -5, Number.NaN, 0.2]);
    expect(histogram.counts.length).toBeLessThan(210);
    expect(histogram.total).toBe(5);
  });

  test('that has counted nothing has no percentile', () => {
    expect(new DurationHistogram().percentile(0.5)).toBeNull();
  });
});
