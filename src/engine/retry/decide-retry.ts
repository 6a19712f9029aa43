import type { Random } from '../ports.js';
import { backoffDelay } from './backoff.js';
import type { RetryPolicy } from './retry-policy.js';

/** Errors that cannot change by themselves. */
const NEVER_RETRIED = new Set([
  'INVALID_CONFIG',
  'EXPRESSION_ERROR',
  'INPUT_MISSING',
  'INPUT_INVALID',
  'SCRIPT_ERROR',
  'OUTPUT_TOO_LARGE',
  'UNSTORABLE',
  'UNKNOWN_NODE_TYPE',
  'EXECUTION_TIMEOUT',
  'CANCELLED',
]);

/** A service may ask for a longer pause than `maxDelay`, up to a day. */
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

/** A failed attempt, as far as a retry depends on it. */
export interface FailedAttempt {
  code: string;
  message: string;
  /** The node's type says that such an error cannot change. */
  isFinal?: boolean;
  /** HTTP status, when there was one. */
  status?: number;
  retryAfterMs?: number;
  /** Failed attempts so far, this one included. */
  failures: number;
  /** Epoch ms of the first attempt that counts. */
  firstStartTime: number;
  /** Epoch ms. */
  now: number;
}

/** The pause in ms before the next attempt, or null when there is none. */
export function decideRetry(policy: RetryPolicy, attempt: FailedAttempt, random: Random): number | null {
  if (attempt.failures > policy.maxRetries || !isRetryable(policy, attempt)) return null;
  const wished = Math.min(attempt.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  const delay = Math.max(backoffDelay(policy, attempt.failures, random), wished);
  return mayBegin(policy, attempt.firstStartTime, attempt.now + delay) ? delay : null;
}

/** Whether an attempt may begin then, by `maxElapsed`; times are epoch ms. */
export function mayBegin({ maxElapsed }: RetryPolicy, firstStartTime: number, then: number): boolean {
  return maxElapsed === undefined || then - firstStartTime <= maxElapsed;
}

/** An entry of digits alone is an HTTP status; others equal the code or stand in the message. */
function isRetryable(policy: RetryPolicy, { code, message, status, isFinal }: FailedAttempt): boolean {
  if (isFinal || NEVER_RETRIED.has(code)) return false;
  if (policy.retryableErrors.length === 0) return true;
  return policy.retryableErrors.some((entry) =>
    /^\d+$/.test(entry) ? String(status) === entry : entry === code || message.includes(entry),
  );
}
