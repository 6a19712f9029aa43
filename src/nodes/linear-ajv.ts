import type { ValidateFunction } from 'ajv';
import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LinearRegex, LinearRegexError } from '../engine/expressions/linear-regex.js';
import type { ConfigProblem } from '../engine/ports.js';
import { schemaProblems } from './schema-problems.js';

/** What ajv wants of its regular expressions; `code` is how a standalone validator would name it. */
const linearRegExp = Object.assign((pattern: string, flags: string) => new LinearRegex(new RegExp(pattern, flags)), {
  code: 'linearRegExp',
});

/** Runs a compiled check; a value that is too deep or too long for it is a problem, not a failure. */
export function problemsOf(validate: ValidateFunction, value: unknown): ConfigProblem[] {
  try {
    return validate(value) ? [] : schemaProblems(validate.errors);
  } catch (error) {
    if (error instanceof RangeError) return [{ path: '', message: 'is nested too deeply' }];
    if (error instanceof LinearRegexError) return [{ path: '', message: error.message }];
    throw error;
  }
}

/**
 * Ajv for JSON Schema 2020-12 with all formats, whose patterns take linear time and which fetches nothing. To tidy up what
 * it generates would take it twice as long as to generate it, and V8 does that anyway.
 */
export function createLinearAjv(options: Options): Ajv2020 {
  const ajv = new Ajv2020({ logger: false, ...options, code: { regExp: linearRegExp, optimize: false } });
  addFormats.default(ajv);
  return ajv;
}
