import { NodeError } from '../engine/errors.js';
import type { NodeType } from '../engine/ports.js';

/** Fails on purpose. */
export const failNode: NodeType = {
  type: 'fail',
  name: 'Fail',
  category: 'flow',
  description: 'Fails with a message and a code; with "attempts" only the first ones, to try a retry.',
  version: '1.0.0',
  icon: 'circle-x',
  effect: 'pure',
  outputNames: ['attempt'],
  configSchema: {
    type: 'object',
    properties: {
      message: { type: 'string', description: "The error's message." },
      code: { type: 'string', minLength: 1, maxLength: 128, description: "The error's code; FAILED when absent." },
      attempts: { type: 'integer', minimum: 0, description: 'Fails only so many attempts; absent: every one.' },
    },
    required: ['message'],
    additionalProperties: false,
  },
  execute({ config, attempt }) {
    const failures = typeof config.attempts === 'number' ? config.attempts : Infinity;
    if (attempt > failures) return { outputs: { attempt } };
    const code = typeof config.code === 'string' ? config.code : 'FAILED';
    throw new NodeError(code, typeof config.message === 'string' ? config.message : 'The node failed on purpose');
  },
};
