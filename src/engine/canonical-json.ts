import { isJsonObject, type JsonValue } from './json.js';

/**
 * JSON with the names of each object in order (RFC 8785), the same for two values that say the same. Fields that are
 * undefined are left out. The depth is bounded where the value was read.
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] as JsonValue)}`);
  return `{${fields.join(',')}}`;
}
