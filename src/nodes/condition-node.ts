import { isTruthy } from '../engine/expressions/is-truthy.js';
import type { NodeType } from '../engine/ports.js';

/** Goes one of two ways. */
export const conditionNode: NodeType = {
  type: 'condition',
  name: 'Condition',
  category: 'flow',
  description: 'Goes on at the port "true" or "false", by the truth of an expression.',
  version: '1.0.0',
  icon: 'split',
  effect: 'pure',
  cacheable: true,
  reads: [],
  ports: ['true', 'false'],
  outputNames: ['result'],
  configSchema: {
    type: 'object',
    properties: {
      expression: {
        type: 'string',
        minLength: 1,
        format: 'expression',
        description: 'A JSONata expression, such as inputs.total > 100.',
      },
    },
    required: ['expression'],
    additionalProperties: false,
  },
  // The expression's value stands in its place here.
  execute({ config }) {
    const result = isTruthy(config.expression);
    return { outputs: { result }, port: String(result) };
  },
};
