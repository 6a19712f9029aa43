import { isJsonObject, type JsonObject } from '../engine/json.js';
import type { NodeType } from '../engine/ports.js';

/** Sets variables that every later node of the execution can read. */
export const setVariablesNode: NodeType = {
  type: 'set-variables',
  name: 'Set variables',
  category: 'data',
  description: 'Sets variables of the execution; a rollback gives them back their earlier values.',
  version: '1.0.0',
  icon: 'variable',
  effect: 'pure',
  outputNames: ({ variables }: JsonObject) => (isJsonObject(variables) ? Object.keys(variables) : []),
  configSchema: {
    type: 'object',
    properties: { variables: { type: 'object', description: 'Values by the names of the variables.' } },
    required: ['variables'],
    additionalProperties: false,
  },
  execute({ config }) {
    const variables = isJsonObject(config.variables) ? config.variables : {};
    return { outputs: variables, variables };
  },
};
