import { NodeError } from '../errors.js';
import { VirtualScheduler } from '../testing/virtual-scheduler.js';
import { executeWithRetry, type RetryPorts } from './execute-with-retry.js';
import { effectiveRetryPolicy } from './retry-policy.js';

const policy = effectiveRetryPolicy({ maxRetries: 3, backoff: 'exponential', initialDelay: 1000, maxDelay: 30_000 });

/** Runs it in virtual time; `at`: when each attempt began, in ms. */
async function run(errors: (NodeError | undefined)[], more: Partial<RetryPorts> = {}) {
  const scheduler = new VirtualScheduler();
  const start = scheduler.now();
  const at: number[] = [];
  const result = executeWithRetry(
    (attempt) => {
      at.push(scheduler.now() - start);
      const error = errors[attempt - 1];
      if (error) throw error;
      return `attempt ${attempt}`;
    },
    policy,
    { scheduler, random: () => 0, ...more },
  ).catch((error: unknown) => error);
  await scheduler.advance(100_000);
  return { at, result: await result };
}

const gone = (more: object = {}) => new NodeError('GONE', 'gone', more);

describe('an operation with retries', () => {
  it('is called again after each pause, until it succeeds', async () => {
    expect(await run([gone(), gone()])).toEqual({ at: [0, 1000, 3000], result: 'attempt 3' });
  });

  it('ends with its own error when no attempt follows', async () => {
    const last = gone();
    expect(await run([gone(), gone(), gone(), last])).toEqual({ at: [0, 1000, 3000, 7000], result: last });
    const final = new NodeError('EXPRESSION_ERROR', 'wrong');
    expect(await run([final])).toEqual({ at: [0], result: final });
    expect((await run([gone()], { finalErrors: ['GONE'] })).at).toEqual([0]);
  });

  it('waits as long as a service asks for', async () => {
    expect((await run([gone({ retryAfterMs: 40_000 })])).at).toEqual([0, 40_000]);
  });

  it('ends a pause, and begins nothing, once its signal is aborted', async () => {
    const controller = new AbortController();
    const scheduler = new VirtualScheduler();
    let calls = 0;
    const result = executeWithRetry(
      () => {
        calls += 1;
        throw gone();
      },
      policy,
      { scheduler, random: () => 0, signal: controller.signal },
    ).catch((error: unknown) => error);
    await scheduler.advance(500);
    controller.abort('enough');
    expect(await result).toBe('enough');
    expect([calls, scheduler.nextTimerAt]).toEqual([1, undefined]);
    await expect(
      executeWithRetry(() => calls++, policy, { scheduler, random: () => 0, signal: controller.signal }),
    ).rejects.toBe('enough');
  });
});
