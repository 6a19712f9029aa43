import type { Ajv2020 } from 'ajv/dist/2020.js';
import { SEMANTIC_VERSION_PATTERN } from '../engine/definition/identifiers.js';
import { retryPolicy } from '../engine/definition/workflow-schema.js';
import type { JsonObject } from '../engine/json.js';
import type { ConfigProblem, NodeType } from '../engine/ports.js';
import { createLinearAjv, problemsOf } from './linear-ajv.js';

/** A keyword of ours: what JSON Schema has no word for. */
const IS_FUNCTION = 'x-function';

const name: JsonObject = { type: 'string', format: 'name without spaces' };
const text: JsonObject = { type: 'string', format: 'text' };
const flag: JsonObject = { type: 'boolean' };
const names: JsonObject = { type: 'array', items: text, uniqueItems: true };
const schema: JsonObject = { type: 'object' };
const method: JsonObject = { [IS_FUNCTION]: true };
const byConfig = (fixed: JsonObject): JsonObject => ({ if: { [IS_FUNCTION]: true }, else: fixed });

/** Every field that a node type may have. */
const properties: Record<keyof NodeType, JsonObject> = {
  type: name,
  aliases: { type: 'array', items: name, uniqueItems: true },
  name: text,
  category: text,
  description: text,
  version: { type: 'string', format: 'semantic version' },
  icon: text,
  configSchema: schema,
  rollbackSchema: schema,
  ports: byConfig(names),
  outputNames: byConfig(names),
  effect: { enum: ['pure', 'idempotent', 'external'] },
  changesNothing: method,
  cacheable: flag,
  reads: byConfig({ type: 'array', items: { enum: ['variables', 'trigger', 'trigger.data'] } }),
  onInterrupted: byConfig({ enum: ['retry', 'probe', 'ask'] }),
  retry: { ...retryPolicy, additionalProperties: false },
  finalErrors: names,
  timeout: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
  keepsTimeout: flag,
  answersAbort: flag,
  execute: method,
  completeWait: method,
  dueTime: method,
  rollback: method,
  describeRollback: method,
  probe: method,
  forget: method,
};

const required: (keyof NodeType)[] = [
  'type',
  'name',
  'category',
  'description',
  'version',
  'configSchema',
  'effect',
  'execute',
];

const validate = shapeAjv().compile({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  // Parameters that nobody reads are a mistake.
  dependentRequired: { rollbackSchema: ['rollback'], describeRollback: ['rollback'] },
  allOf: [
    implies({ onInterrupted: { const: 'probe' } }, { required: ['probe'] }),
    implies({ cacheable: { const: true } }, { properties: { effect: { const: 'pure' } } }),
  ],
});

/** What is wrong with the fields of something that is to be a node type. */
export function nodeTypeProblems(value: unknown): ConfigProblem[] {
  return problemsOf(validate, value);
}

function implies(when: Record<string, JsonObject>, then: JsonObject): JsonObject {
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  return { if: { properties: when, required: Object.keys(when) }, then };
}

function shapeAjv(): Ajv2020 {
  const ajv = createLinearAjv({
    allErrors: true,
    validateSchema: false,
    verbose: true,
    strictTypes: false,
    strictRequired: false,
  });
  ajv.addFormat('text', /\S/);
  ajv.addFormat('name without spaces', /^[^\s\p{C}]{1,128}$/u);
  ajv.addFormat('semantic version', new RegExp(SEMANTIC_VERSION_PATTERN));
  ajv.addKeyword({
    keyword: IS_FUNCTION,
    errors: false,
    validate: (_wanted: unknown, value: unknown) => typeof value === 'function',
    error: { message: 'must be a function' },
  });
  return ajv;
}
