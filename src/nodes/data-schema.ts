import type { ValidateFunction } from 'ajv';
import type { JsonObject } from '../engine/json.js';
import type { ConfigProblem } from '../engine/ports.js';
import { createLinearAjv, problemsOf } from './linear-ajv.js';
import { schemaProblems } from './schema-problems.js';

/** A JSON Schema that cannot be used; the message says why. */
export class DataSchemaError extends Error {
  override readonly name = 'DataSchemaError';
}

/** Checks a value and tells what is wrong with it. */
export type DataCheck = (value: unknown) => ConfigProblem[];

/** Knows the meta-schema alone; it keeps nothing of what it looks at. */
const schemaChecker = createLinearAjv({ strict: false, allErrors: true });

const compiled = new WeakMap<JsonObject, DataCheck>();

/**
 * Compiles a JSON Schema (2020-12) that came with a workflow; made once for each schema object. `$id` and `$schema` mean
 * nothing here, and references lead nowhere outside.
 * @throws DataSchemaError
 */
export function compileDataSchema(schema: JsonObject): DataCheck {
  const known = compiled.get(schema);
  if (known) return known;
  const made = compile(schema);
  compiled.set(schema, made);
  return made;
}

/**
 * Whether it is a JSON Schema at all, by its meta-schema.
 * @throws DataSchemaError
 */
export function checkSchema(schema: JsonObject): void {
  if (schemaChecker.validateSchema(schema) === true) return;
  const [problem] = schemaProblems(schemaChecker.errors);
  throw new DataSchemaError([problem?.path, problem?.message].filter(Boolean).join(' '));
}

function compile(schema: JsonObject): DataCheck {
  const { $id: _id, $schema: _dialect, ...own } = schema;
  let validate: ValidateFunction;
  try {
    checkSchema(own);
    // One of its own for each: ajv keeps every schema that it has seen.
    validate = createLinearAjv({ strict: false, validateSchema: false, verbose: true }).compile(own);
  } catch (error) {
    if (error instanceof RangeError) throw new DataSchemaError('it is nested too deeply');
    throw error instanceof DataSchemaError
      ? error
      : new DataSchemaError(error instanceof Error ? error.message : String(error));
  }
  return (value) => problemsOf(validate, value);
}
