import { isJsonObject, type JsonObject } from '../engine/json.js';
import type { NodeType } from '../engine/ports.js';

/** Makes a new value out of what it reads. */
export const transformNode: NodeType = {
  type: 'transform',
  aliases: ['process'],
  name: 'Transform',
  category: 'data',
  description: 'Makes a new value out of inputs, variables and outputs of earlier nodes.',
  version: '1.0.0',
  icon: 'shuffle',
  effect: 'pure',
  cacheable: true,
  reads: [],
  outputNames: ({ output }: JsonObject) => (isJsonObject(output) ? Object.keys(output) : []),
  configSchema: {
    type: 'object',
    properties: {
      output: { description: 'Any JSON with expressions in its texts; what is no object becomes { value }.' },
    },
    additionalProperties: false,
  },
  execute: ({ config }) => ({ outputs: config.output ?? {} }),
};
