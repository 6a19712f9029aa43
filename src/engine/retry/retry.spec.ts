import fc from 'fast-check';
import { backoffDelay } from './backoff.js';
import { decideRetry, type FailedAttempt } from './decide-retry.js';
import { effectiveRetryPolicy, type RetryPolicy } from './retry-policy.js';

const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  maxRetries: fc.nat(12),
  backoff: fc.constantFrom('fixed' as const, 'linear' as const, 'exponential' as const),
  initialDelay: fc.nat(100_000),
  maxDelay: fc.nat(1_000_000),
  maxElapsed: fc.option(fc.nat(1_000_000), { nil: undefined }),
  retryableErrors: fc.constant([]),
  jitter: fc.boolean(),
});
const randoms = fc.double({ min: 0, max: 0.999_999, noNaN: true });

/** The formula as the prose has it. */
function whole({ backoff, initialDelay, maxDelay }: RetryPolicy, n: number): number {
  const grown = { fixed: initialDelay, linear: initialDelay * n, exponential: initialDelay * 2 ** (n - 1) }[backoff];
  return Math.min(maxDelay, grown);
}

describe('the pause before the next attempt', () => {
  it('is d, d·n or d·2^(n-1), never above maxDelay, and with jitter in [d/2, d]', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 40 }), randoms, (policy, n, random) => {
        const delay = backoffDelay(policy, n, () => random);
        const d = whole(policy, n);
        if (policy.jitter) {
          expect(delay).toBeGreaterThanOrEqual(Math.floor(d / 2));
          expect(delay).toBeLessThanOrEqual(d);
          expect(Math.abs(delay - (d / 2 + random * (d / 2)))).toBeLessThanOrEqual(0.5);
        } else {
          expect(delay).toBe(d);
        }
      }),
    );
  });

  it('stays a number however many attempts there were', () => {
    const policy = effectiveRetryPolicy({ backoff: 'exponential', initialDelay: 10 ** 12, maxDelay: 5000 });
    expect(backoffDelay(policy, 100_000, () => 0)).toBe(5000);
    expect(backoffDelay({ ...policy, initialDelay: 0 }, 100_000, () => 0)).toBe(0);
  });
});

describe('the decision to try again', () => {
  const attempts: fc.Arbitrary<FailedAttempt> = fc.record({
    code: fc.constantFrom('BROKEN', 'TIMEOUT', 'INPUT_MISSING'),
    message: fc.constantFrom('it broke', 'TIMEOUT of the peer'),
    isFinal: fc.constantFrom(undefined, false, true),
    status: fc.option(fc.constantFrom(503, 500), { nil: undefined }),
    retryAfterMs: fc.option(fc.nat(200_000_000), { nil: undefined }),
    failures: fc.integer({ min: 1, max: 14 }),
    firstStartTime: fc.constant(1000),
    now: fc.integer({ min: 1000, max: 500_000 }),
  });

  it('gives a pause that holds to every limit, or none', () => {
    const errors = fc.array(fc.constantFrom('BROKEN', 'TIMEOUT', '503', 'peer', 'INPUT_MISSING'), { maxLength: 2 });
    fc.assert(
      fc.property(policies, errors, attempts, (base, retryableErrors, attempt) => {
        const policy = { ...base, jitter: false, retryableErrors };
        const delay = decideRetry(policy, attempt, () => 0);
        const named = retryableErrors.some((entry) =>
          entry === '503' ? attempt.status === 503 : entry === attempt.code || attempt.message.includes(entry),
        );
        const mayRetry =
          attempt.code !== 'INPUT_MISSING' &&
          !attempt.isFinal &&
          attempt.failures <= policy.maxRetries &&
          (retryableErrors.length === 0 || named);
        const pause = Math.max(whole(policy, attempt.failures), Math.min(attempt.retryAfterMs ?? 0, 86_400_000));
        const inTime = attempt.now + pause - attempt.firstStartTime <= (policy.maxElapsed ?? Infinity);
        expect(delay).toBe(mayRetry && inTime ? pause : null);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the effective retry policy', () => {
  it('is two attempts a second apart where nobody says anything', () => {
    expect(effectiveRetryPolicy(undefined, undefined)).toMatchObject({
      maxRetries: 1,
      backoff: 'fixed',
      initialDelay: 1000,
      retryableErrors: [],
      jitter: false,
    });
  });

  it('takes each field from the last one that has it, in either spelling', () => {
    const policy = effectiveRetryPolicy(
      {
        maxAttempts: 3,
        backoffStrategy: 'exponential',
        initialDelay: 1000,
        maxDelay: 10_000,
        retryableErrors: ['429'],
      },
      { maxRetries: 5, jitter: true },
      { maxAttempts: 2, maxElapsed: 60_000, retryableErrors: [] },
    );
    expect(policy).toEqual({
      maxRetries: 1,
      backoff: 'exponential',
      initialDelay: 1000,
      maxDelay: 10_000,
      maxElapsed: 60_000,
      retryableErrors: [],
      jitter: true,
    });
  });

  it('never has fewer than one attempt', () => {
    expect(effectiveRetryPolicy({ maxAttempts: 0 }).maxRetries).toBe(0);
  });
});
