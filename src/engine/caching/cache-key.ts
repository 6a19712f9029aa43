import { createHash } from 'node:crypto';
import type { ExpressionScope } from '../expressions/expression.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { NodeType } from '../ports.js';

/** Characters of JSON above which looking a node's output up costs more than it saves. */
const MAX_SEEN = 16 * 1024 * 1024;

/**
 * Names all that decides a cacheable node's output: its type and version, its config with the expressions put in, its
 * inputs, and what else the type's code reads. The order of an object's keys counts, since code can see it. Null when
 * the node sees more than can be compared cheaply.
 */
export function cacheKey(type: NodeType, config: JsonObject, scope: ExpressionScope): string | null {
  const hash = createHash('sha256');
  let left = MAX_SEEN;
  const add = (value: JsonValue): boolean => {
    const text = JSON.stringify(value);
    left -= text.length;
    hash.update(text).update('\n');
    return left >= 0;
  };
  // Field by field: each is no larger than an output can be, all of them together may be.
  const addFields = (object: JsonObject): boolean =>
    Object.entries(object).every(([name, value]) => value === undefined || add([name, value])) && add(null);
  const isWhole =
    add([type.type, type.version]) && [config, scope.inputs, ...seenBeside(type, config, scope)].every(addFields);
  return isWhole ? hash.digest('base64url') : null;
}

/** A type that does not say what it reads may read everything. */
function seenBeside(type: NodeType, config: JsonObject, scope: ExpressionScope): JsonObject[] {
  const { reads = ['variables', 'trigger'] } = type;
  return (typeof reads === 'function' ? reads(config) : reads).map((what): JsonObject => {
    switch (what) {
      case 'variables':
        return scope.variables;
      case 'trigger':
        return scope.trigger;
      case 'trigger.data':
        return { data: scope.trigger.data };
    }
  });
}
