import { isDeepStrictEqual } from 'node:util';
import { isTruthy } from '../engine/expressions/is-truthy.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';
import type { NodeType } from '../engine/ports.js';

/** Goes one of many ways. */
export const switchNode: NodeType = {
  type: 'switch',
  name: 'Switch',
  category: 'flow',
  description: 'Goes on at the port of the first case that fits, else at the default one, else at none.',
  version: '1.0.0',
  icon: 'git-branch',
  effect: 'pure',
  cacheable: true,
  reads: [],
  ports: portsOf,
  outputNames: ['value', 'port'],
  configSchema: {
    type: 'object',
    properties: {
      value: { description: 'What the cases are compared with.' },
      cases: {
        type: 'array',
        maxItems: 1000,
        items: {
          type: 'object',
          properties: {
            port: { type: 'string', minLength: 1, 'x-template': false },
            equals: { description: 'The value that fits, compared in depth.' },
            when: {
              type: 'string',
              minLength: 1,
              format: 'expression',
              description: 'An expression that is true when the case fits.',
            },
          },
          required: ['port'],
          oneOf: [{ required: ['equals'] }, { required: ['when'] }],
          additionalProperties: false,
        },
      },
      default: { type: 'string', minLength: 1, 'x-template': false, description: 'The port when no case fits.' },
    },
    required: ['cases'],
    additionalProperties: false,
  },
  execute({ config }) {
    const value = config.value ?? null;
    const fitting = casesOf(config).find((item) => fits(item, value));
    const port = fitting ? fitting.port : config.default;
    return typeof port === 'string' ? { outputs: { value, port }, port } : { outputs: { value, port: null } };
  },
};

function portsOf(config: JsonObject): string[] {
  const ports = [...casesOf(config).map((item) => item.port), config.default];
  return [...new Set(ports.filter((port) => typeof port === 'string'))];
}

function casesOf(config: JsonObject): JsonObject[] {
  return Array.isArray(config.cases) ? config.cases.filter(isJsonObject) : [];
}

/** An expression's value stands in the place of `when`. */
function fits(item: JsonObject, value: JsonValue): boolean {
  return item.when === undefined ? isDeepStrictEqual(item.equals ?? null, value) : isTruthy(item.when);
}
