import fc from 'fast-check';
import { MOST_ROWS, RowSpacing, spacingFor } from './row-spacing.js';

/** What `thin` of the repository does. */
function thinned(durations: readonly number[], spacing: number): number[] {
  return durations.filter(
    (duration, index) =>
      index === 0 || Math.floor(duration / spacing) !== Math.floor((durations[index - 1] as number) / spacing),
  );
}

/** The durations at which rows stand after so many ticks, each a little late. */
function rowsAfter(ticks: number, intervalMs: number, lateness: (tick: number) => number): number[] {
  const spacing = new RowSpacing(intervalMs);
  let rows: number[] = [];
  for (let tick = 1; tick <= ticks; tick += 1) {
    const duration = tick * intervalMs + lateness(tick);
    const { isDue, thinTo } = spacing.next(duration);
    if (isDue) rows.push(duration);
    if (thinTo !== undefined) rows = thinned(rows, thinTo);
  }
  return rows;
}

test('Every tick has its row while there are no more than a thousand', () => {
  expect(rowsAfter(MOST_ROWS - 1, 5000, (tick) => tick % 3)).toHaveLength(MOST_ROWS - 1);
});

test('The interval doubles whenever a thousand rows would not reach far enough', () => {
  expect([1, 5_000_000, 5_000_001, 10_000_001].map((duration) => spacingFor(duration, 5000))).toEqual([
    5000, 5000, 10_000, 20_000,
  ]);
});

test('However long it runs, the rows are bounded and reach from its begin to its end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 0, max: 90 }), (ticks, late) => {
      const rows = rowsAfter(ticks, 100, (tick) => (tick * 37) % (late + 1));
      const spacing = spacingFor(ticks * 100 + late, 100);
      expect(rows.length).toBeLessThanOrEqual(MOST_ROWS + 1);
      expect(rows[0]).toBeLessThan(2 * spacing);
      expect(rows.at(-1)).toBeGreaterThan(ticks * 100 - 2 * spacing);
    }),
    { numRuns: 30 },
  );
});

test('One that comes back after a long time has its rows thinned out at once', () => {
  expect(new RowSpacing(100).next(150_000)).toEqual({ isDue: true, thinTo: 200 });
  expect(new RowSpacing(100).next(50_000)).toEqual({ isDue: true });
});
