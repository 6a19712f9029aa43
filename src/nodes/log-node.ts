import { LOG_LEVELS, type NodeType } from '../engine/ports.js';

/** Writes a line into the execution's log. */
export const logNode: NodeType = {
  type: 'log',
  name: 'Log',
  category: 'tools',
  description: "Writes a line into the execution's log and lets its inputs through.",
  version: '1.0.0',
  icon: 'file-text',
  effect: 'pure',
  configSchema: {
    type: 'object',
    properties: {
      message: {
        type: ['string', 'number', 'boolean', 'object', 'array', 'null'],
        description: 'The line; what is no text is written as JSON.',
      },
      level: { type: 'string', enum: [...LOG_LEVELS], description: 'info when absent.' },
      data: { description: 'Kept beside the line.' },
    },
    required: ['message'],
    additionalProperties: false,
  },
  execute(context) {
    const { config, inputs } = context;
    const { message = null, data } = config;
    const level = LOG_LEVELS.find((known) => known === config.level) ?? 'info';
    context.log(level, typeof message === 'string' ? message : JSON.stringify(message), data);
    return { outputs: inputs };
  },
};
