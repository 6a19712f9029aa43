import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { NodeType } from '../ports.js';

/**
 * Parts of all JSON Schemas that the configs of one workflow hold: names of fields and objects in lists. Compiling takes
 * about 0.3 ms a part, on the thread that serves everybody.
 */
export const MAX_SCHEMA_PARTS = 5000;

/** Parts of the fields of a config that are JSON Schemas themselves (`x-json-schema`). */
export function countSchemaParts({ configSchema }: NodeType, config: JsonObject): number {
  const { properties } = configSchema;
  if (!isJsonObject(properties)) return 0;
  let count = 0;
  for (const [field, schema] of Object.entries(properties)) {
    if (isJsonObject(schema) && schema['x-json-schema'] === true) count += countParts(config[field]);
  }
  return count;
}

/** By a list of its own instead of by recursion: a schema may be nested deeply. */
function countParts(value: JsonValue | undefined): number {
  let count = 0;
  const open = [value];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (typeof part !== 'object' || part === null) continue;
    const children = Object.values(part);
    const nested = children.filter((child) => typeof child === 'object' && child !== null);
    count += Array.isArray(part) ? nested.length : children.length;
    for (const child of nested) open.push(child);
  }
  return count;
}
