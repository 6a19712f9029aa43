import { NodeError } from '../engine/errors.js';
import { Clock } from '../executions/clock.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { RetryManager } from './retry-manager.js';

const retries = new RetryManager(new Clock(), new NodeRegistry());

describe('the retry manager', () => {
  it('knows what holds for each type', () => {
    const common = { maxRetries: 1, backoff: 'fixed', initialDelay: 1000, retryableErrors: [] };
    expect(retries.getDefaultRetryConfig()).toMatchObject(common);
    expect(retries.getDefaultRetryConfig('log')).toMatchObject(common);
    expect(retries.getDefaultRetryConfig('external-api')).toMatchObject({
      maxRetries: 2,
      backoff: 'exponential',
      initialDelay: 1000,
      maxDelay: 10_000,
      retryableErrors: ['TIMEOUT', 'NETWORK_ERROR', '503', '429'],
    });
  });

  it('computes the pause by the formula', () => {
    const policy = { backoff: 'exponential', initialDelay: 100, maxDelay: 1000 } as const;
    expect([1, 2, 3, 4, 5].map((failed) => retries.calculateDelay(policy, failed))).toEqual([100, 200, 400, 800, 1000]);
    const jittered = retries.calculateDelay({ ...policy, jitter: true }, 3);
    expect(jittered).toBeGreaterThanOrEqual(200);
    expect(jittered).toBeLessThanOrEqual(400);
  });

  it('calls an operation again until it succeeds or the policy ends it', async () => {
    const failing = (times: number) => (attempt: number) => {
      if (attempt <= times) throw new NodeError('BUSY', 'not yet');
      return attempt;
    };
    const policy = { maxRetries: 2, initialDelay: 1 };
    expect(await retries.executeWithRetry(failing(2), policy)).toBe(3);
    await expect(retries.executeWithRetry(failing(3), policy)).rejects.toMatchObject({ code: 'BUSY' });
    await expect(retries.executeWithRetry(failing(1), policy, AbortSignal.abort('enough'))).rejects.toBe('enough');
  });
});
