import type { JsonValue } from '../json.js';

/**
 * Truth by JSONata's `$boolean`: empty texts, 0, null, empty objects and lists without a true item are false; nothing
 * is false too.
 * @see https://docs.jsonata.org/boolean-functions#boolean
 */
export function isTruthy(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(isTruthy);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
