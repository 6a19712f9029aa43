import { NodeError } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import type { CompletedWait, NodeType } from '../engine/ports.js';

/** A hundred years in ms. */
const LONGEST_DELAY_MS = 100 * 365 * 24 * 3_600_000;

/** Waits for a time, without holding a place or memory, and over restarts. */
export const delayNode: NodeType = {
  type: 'delay',
  name: 'Delay',
  category: 'flow',
  description: 'Waits for a duration, or until a time.',
  version: '1.0.0',
  icon: 'clock',
  effect: 'pure',
  outputNames: ['waited'],
  configSchema: {
    type: 'object',
    properties: {
      duration: {
        type: 'number',
        minimum: 0,
        maximum: LONGEST_DELAY_MS,
        description: 'ms from the start of the node.',
      },
      until: {
        type: 'string',
        format: 'date-time',
        description: 'ISO 8601 with its zone; a time that has passed is no wait.',
      },
    },
    oneOf: [{ required: ['duration'] }, { required: ['until'] }],
    additionalProperties: false,
  },
  execute({ config, startTime }) {
    const until = dueTime(config, startTime);
    return until <= startTime ? { outputs: { waited: 0 } } : { wait: { for: 'delay', until } };
  },
  completeWait: ({ since, until }: CompletedWait) => ({ outputs: { waited: until - since } }),
  dueTime,
};

function dueTime({ duration, until }: JsonObject, startTime: number): number {
  if (typeof duration === 'number') return startTime + Math.round(duration);
  if (typeof until !== 'string') throw new NodeError('INVALID_CONFIG', 'The delay has neither a duration nor a time');
  const time = Date.parse(until);
  if (Number.isNaN(time)) throw new NodeError('INVALID_CONFIG', `until: "${until}" is no time`);
  return Math.min(time, startTime + LONGEST_DELAY_MS);
}
