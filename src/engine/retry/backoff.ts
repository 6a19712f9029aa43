import type { Random } from '../ports.js';
import type { RetryPolicy } from './retry-policy.js';

/**
 * The pause in ms before attempt n + 1, n counted from 1: fixed d, linear d·n, exponential d·2^(n-1), never above
 * `maxDelay`; with jitter uniform in [d/2, d].
 */
export function backoffDelay(policy: RetryPolicy, failedAttempts: number, random: Random): number {
  const { initialDelay, maxDelay } = policy;
  const delay = Math.min(maxDelay, growth(policy, failedAttempts) * initialDelay);
  return Math.round(policy.jitter ? delay / 2 + random() * (delay / 2) : delay);
}

function growth(policy: RetryPolicy, failedAttempts: number): number {
  switch (policy.backoff) {
    case 'fixed':
      return 1;
    case 'linear':
      return failedAttempts;
    case 'exponential':
      // 2^1023 is the largest power that a double holds; maxDelay ends it long before.
      return 2 ** Math.min(failedAttempts - 1, 1000);
  }
}
