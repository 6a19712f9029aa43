import type { NodeType } from '../engine/ports.js';

/** Its output is the execution's result. */
export const outputNode: NodeType = {
  type: 'output',
  name: 'Output',
  category: 'flow',
  description: "Makes its value, or what comes in, the execution's result.",
  version: '1.0.0',
  icon: 'log-out',
  effect: 'pure',
  configSchema: {
    type: 'object',
    properties: { value: { description: 'The result; without it the inputs are.' } },
    additionalProperties: false,
  },
  execute: ({ config, inputs }) => ({ outputs: config.value === undefined ? inputs : config.value }),
};
