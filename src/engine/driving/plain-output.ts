import type { CachedOutput } from '../caching/output-cache.js';
import { NodeError } from '../errors.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { jsonBytes } from '../json-size.js';
import { measuredPlainJson, toPlainJson } from '../plain-json.js';
import type { NodeOutput } from '../ports.js';

/** Outputs above this fail their node. */
const OUTPUT_LIMIT_BYTES = 10 * 1024 * 1024;

/**
 * What a node gave, as plain JSON. Outputs are always objects: what is none becomes `{ value }`.
 * @throws NodeError OUTPUT_TOO_LARGE above 10 MiB, UNSTORABLE for what JSON cannot hold
 */
export function plainOutput({ outputs: given, port, variables: set }: NodeOutput): CachedOutput {
  const { value = null, characters } = measuredPlainJson(given);
  const outputs: JsonObject = isJsonObject(value) ? value : { value };
  if (mayBeTooLarge(characters) && jsonBytes(outputs) > OUTPUT_LIMIT_BYTES) {
    throw new NodeError('OUTPUT_TOO_LARGE', `The outputs are larger than ${OUTPUT_LIMIT_BYTES} bytes`);
  }
  const variables = toPlainJson(set);
  return {
    outputs,
    port: typeof port === 'string' ? port : undefined,
    variables: isJsonObject(variables) ? variables : undefined,
  };
}

/** A character that was counted stands for 16 bytes at most: a long number is counted as one. */
function mayBeTooLarge(characters: number): boolean {
  return characters > OUTPUT_LIMIT_BYTES / 16;
}
