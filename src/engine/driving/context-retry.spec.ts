import { NodeError } from '../errors.js';
import type { NodeType } from '../ports.js';
import { DrivenExecution } from '../testing/driven-execution.js';

/** Succeeds with its third call. */
const flaky: NodeType = {
  type: 'flaky',
  name: 'Flaky',
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect: 'pure',
  execute: async ({ retry }) => ({
    outputs: await retry(
      (call) => {
        if (call < 3) throw new NodeError('BUSY', 'not yet');
        return { call };
      },
      { backoff: 'linear', initialDelay: 2000 },
    ),
  }),
};

const run = (more: object) =>
  DrivenExecution.run({ nodes: [{ id: 'a', type: 'flaky', config: {}, ...more }] }, { types: [flaky] });

describe('a part of a node that is tried again', () => {
  it('goes by the policy of the node with what is given over it, within one attempt', async () => {
    const execution = await run({ retryPolicy: { maxRetries: 2, initialDelay: 5 } });
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 1, outputs: { call: 3 } });
    expect(execution.elapsed).toBe(2000 + 4000);
  });

  it('ends with the attempt', async () => {
    const execution = await run({ retryPolicy: { maxRetries: 2, retryableErrors: ['BUSY'] }, timeout: 3000 });
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(execution.elapsed).toBe(3000);
    expect(execution.scheduler.nextTimerAt).toBeUndefined();
  });
});
