import { NodeError } from '../engine/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';
import { setOwn } from '../engine/plain-json.js';
import type { NodeType } from '../engine/ports.js';
import { compileDataSchema } from './data-schema.js';

/** Where an execution's data comes in: the trigger's data over defaults of its own, checked against a schema. */
export const inputNode: NodeType = {
  type: 'input',
  name: 'Input',
  category: 'flow',
  description: 'Takes the data that the execution was started with and checks it against a JSON Schema.',
  version: '1.0.0',
  icon: 'log-in',
  effect: 'pure',
  cacheable: true,
  reads: ['trigger.data'],
  configSchema: {
    type: 'object',
    properties: {
      data: { description: 'What holds where the trigger gives nothing: an object, field by field, or any value.' },
      schema: { type: 'object', description: 'JSON Schema of the data.', 'x-template': false, 'x-json-schema': true },
    },
    additionalProperties: false,
  },
  execute({ config, trigger }) {
    const outputs = merged(config.data, trigger.data);
    if (isJsonObject(config.schema)) check(outputs, config.schema);
    return { outputs };
  },
};

/** Objects field by field; what is no object replaces as a whole. */
function merged(defaults: JsonValue | undefined, given: JsonValue | undefined): JsonValue {
  if (given === undefined || given === null) return defaults ?? {};
  if (!isJsonObject(given) || !isJsonObject(defaults)) return given;
  const result: JsonObject = {};
  for (const source of [defaults, given]) {
    for (const key of Object.keys(source)) setOwn(result, key, source[key]);
  }
  return result;
}

function check(data: JsonValue, schema: JsonObject): void {
  const problems = compileDataSchema(schema)(data);
  if (problems.length === 0) return;
  const message = problems.map(({ path, message: text }) => `${path || 'data'} ${text}`).join('; ');
  const details = { problems: problems.map(({ path, message: text }) => ({ field: path, message: text })) };
  throw new NodeError('INPUT_INVALID', `The input does not fit its schema: ${message}`, { effect: 'none', details });
}
