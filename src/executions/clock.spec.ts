import { Clock } from './clock.js';

test('time follows the database, and never goes back', () => {
  const clock = new Clock();
  const before = clock.now();
  const at = performance.now();
  clock.adjust(before + 60_000, at, at);
  const ahead = clock.now();
  expect(ahead).toBeGreaterThanOrEqual(before + 60_000);
  const later = performance.now();
  clock.adjust(before, later, later);
  expect(clock.now()).toBe(ahead);
});

test('a measurement that took long is not believed, unless there is no other', () => {
  const clock = new Clock();
  const at = performance.now();
  clock.adjust(1_000_000_000_000_000, at, at + 60_000);
  const set = clock.now();
  expect(set).toBeGreaterThan(999_999_999_000_000);
  clock.adjust(2_000_000_000_000_000, at, at + 60_000);
  expect(clock.now()).toBeLessThan(set + 60_000);
});
