import fc from 'fast-check';
import { idempotencyKey } from './idempotency-key.js';
import { seededRandom } from './seeded-random.js';
import { anyText } from './testing/any-text.js';

describe('the seeded generator', () => {
  it('gives the same numbers for the same seed, all in [0, 1)', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const [one, other] = [seededRandom(seed), seededRandom(seed)];
        for (let draw = 0; draw < 20; draw += 1) {
          const number = one();
          expect(number).toBe(other());
          expect(number).toBeGreaterThanOrEqual(0);
          expect(number).toBeLessThan(1);
        }
      }),
    );
  });

  it('spreads evenly, within a seed and over seeds', () => {
    const within = seededRandom('x');
    const over = Array.from({ length: 20_000 }, (_, index) => seededRandom(`exec\0node\0${index}`)());
    for (const draws of [Array.from({ length: 20_000 }, within), over]) {
      const tenths = Array.from({ length: 10 }, () => 0);
      for (const number of draws) tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
      for (const count of tenths) expect(Math.abs(count - 2000)).toBeLessThan(300);
    }
  });
});

describe('the idempotency key', () => {
  it('is 46 ASCII characters whatever the ids are', () => {
    fc.assert(
      fc.property(anyText(), anyText(), fc.nat(), (execution, node, run) => {
        expect(idempotencyKey(execution, node, run)).toMatch(/^rt_[A-Za-z0-9_-]{43}$/);
      }),
    );
  });

  it('is rt_ and the SHA-256 of the three, and differs when one of them does', () => {
    expect(idempotencyKey('e', 'n', 1)).toBe('rt_jcsS4C5-swBmLr-SehbwUIa2tDfByo2W5YRezzS6AFc');
    const keys = [
      idempotencyKey('e', 'n', 1),
      idempotencyKey('e', 'n', 2),
      idempotencyKey('e', 'm', 1),
      idempotencyKey('f', 'n', 1),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(idempotencyKey('a', 'b1', 1)).not.toBe(idempotencyKey('a', 'b', 11));
  });
});
