import { describeError } from '../driving/describe-error.js';
import type { Random, Scheduler } from '../ports.js';
import { callAt } from '../scheduling/call-at.js';
import { decideRetry } from './decide-retry.js';
import type { RetryPolicy } from './retry-policy.js';

export interface RetryPorts {
  scheduler: Scheduler;
  random: Random;
  /** Ends a pause: its reason is thrown. */
  signal?: AbortSignal;
  /** Codes of errors that another attempt cannot change. */
  finalErrors?: readonly string[];
}

/**
 * Calls the operation until it succeeds, with the pauses of the policy in between; an error's `code`, `status` and
 * `retryAfterMs` count as those of a node do. Nothing of it is journaled: after a crash it begins anew.
 * @param operation gets the number of the attempt, from 1
 * @throws the operation's error when no attempt follows; the signal's reason
 */
export async function executeWithRetry<T>(
  operation: (attempt: number) => T | Promise<T>,
  policy: RetryPolicy,
  { scheduler, random, signal, finalErrors }: RetryPorts,
): Promise<T> {
  const firstStartTime = scheduler.now();
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (thrown) {
      const { error, status, retryAfterMs } = describeError(thrown);
      const { code, message } = error;
      const isFinal = finalErrors?.includes(code);
      const times = { failures: attempt, firstStartTime, now: scheduler.now() };
      const delay = decideRetry(policy, { code, message, isFinal, status, retryAfterMs, ...times }, random);
      if (delay === null) throw thrown;
      await pause(delay, scheduler, signal);
    }
  }
}

function pause(ms: number, scheduler: Scheduler, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = callAt(scheduler, scheduler.now() + ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    const abort = () => {
      cancel();
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
