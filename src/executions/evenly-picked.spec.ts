import fc from 'fast-check';
import { evenlyPicked } from './evenly-picked.js';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('Few enough items are all there', () => {
  expect(evenlyPicked([], 3)).toEqual([]);
  expect(evenlyPicked(numbers(3), 3)).toEqual([0, 1, 2]);
});

test('Of one item it is the last', () => {
  expect(evenlyPicked(numbers(5), 1)).toEqual([4]);
});

test('Of more, so many are picked, in order, with the first and the last and even gaps', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1000 }), fc.nat(3000), (most, more) => {
      const count = most + 1 + more;
      const picked = evenlyPicked(numbers(count), most);
      expect(picked).toHaveLength(most);
      expect([picked[0], picked.at(-1)]).toEqual([0, count - 1]);
      const gaps = picked.slice(1).map((item, index) => item - (picked[index] as number));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
    }),
  );
});
