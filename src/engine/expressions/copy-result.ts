import type { JsonObject, JsonValue } from '../json.js';
import { MAX_JSON_DEPTH, MAX_JSON_SIZE, setOwn } from '../plain-json.js';
import { ExpressionLimitError } from './expression-limit-error.js';
import { isFunctionDefinition } from './value-weight.js';

/**
 * The result of an expression as plain JSON values that nobody else holds. JSONata gives back parts of its input, lists
 * with hidden properties, objects without a prototype, and functions, which are nothing here (null in a list).
 * @throws ExpressionLimitError for what JSON cannot hold, above 500 levels and above 10 MiB
 */
export function copyResult(value: unknown): JsonValue | undefined {
  return copy(value, 0, { left: MAX_JSON_SIZE });
}

function copy(value: unknown, depth: number, size: { left: number }): JsonValue | undefined {
  size.left -= typeof value === 'string' ? value.length + 2 : 2;
  if (size.left < 0) throw new ExpressionLimitError(`gives more than ${MAX_JSON_SIZE / 1024 / 1024} MiB`);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExpressionLimitError(`gives ${value}, which is no number in JSON`);
    return value === 0 ? 0 : value;
  }
  if (typeof value !== 'object' || isFunctionDefinition(value)) return undefined;
  if (depth >= MAX_JSON_DEPTH) throw new ExpressionLimitError(`gives a value of more than ${MAX_JSON_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, depth + 1, size) ?? null);
  return copyObject(value, depth + 1, size);
}

function copyObject(source: object, depth: number, size: { left: number }): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(source)) {
    const value = copy((source as Record<string, unknown>)[key], depth, size);
    size.left -= key.length;
    if (value !== undefined) setOwn(result, key, value);
  }
  return result;
}
