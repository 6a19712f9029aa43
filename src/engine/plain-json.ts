import { NodeError } from './errors.js';
import type { JsonObject, JsonValue } from './json.js';

/** Levels of nesting that a stored value may have. A request's body may have 100; what nodes make of it may grow. */
export const MAX_JSON_DEPTH = 500;

/** Size of one output in characters of JSON, 10 MiB. */
export const MAX_JSON_SIZE = 10 * 1024 * 1024;

/** Sets a key as data: `__proto__` is a name like any other and must not reach the setter. */
export function setOwn(target: JsonObject, key: string, value: JsonValue | undefined): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/**
 * A deep copy that consists of plain JSON values alone, as `JSON.parse(JSON.stringify(value))` makes it: `toJSON` is
 * asked, what JSON leaves out is left out, -0 becomes 0. Undefined where JSON has no text for the value at all.
 * Other than JSON it does not turn Infinity and NaN into null without a word, and it ends for any input.
 * @throws NodeError UNSTORABLE for a number that JSON cannot say, a BigInt, a cycle, or more than 500 levels
 * @throws NodeError OUTPUT_TOO_LARGE when the JSON text must be above 10 MiB
 */
export function toPlainJson(value: unknown): JsonValue | undefined {
  return measuredPlainJson(value).value;
}

/** {@link toPlainJson}, and a lower bound of the characters of its JSON text. */
export function measuredPlainJson(value: unknown): { value: JsonValue | undefined; characters: number } {
  const copy = new PlainJsonCopy();
  return { value: copy.copy(value, '', 0), characters: copy.size };
}

class PlainJsonCopy {
  /** A lower bound of the text's length: it ends a value that shares its parts and would unfold without end. */
  size = 0;

  copy(source: unknown, key: string, depth: number): JsonValue | undefined {
    const value = jsonForm(source, key);
    switch (typeof value) {
      case 'string':
        this.count(value.length + 2);
        return value;
      case 'number':
        this.count(1);
        if (!Number.isFinite(value)) throw unstorable(`the number ${value}`, key);
        return value === 0 ? 0 : value;
      case 'boolean':
        this.count(4);
        return value;
      case 'bigint':
        throw unstorable('a BigInt', key);
      case 'object':
        this.count(2);
        if (value === null) return null;
        if (depth >= MAX_JSON_DEPTH) {
          throw new NodeError(
            'UNSTORABLE',
            `A value is nested deeper than ${MAX_JSON_DEPTH} levels, or contains itself`,
          );
        }
        return Array.isArray(value) ? this.copyArray(value, depth + 1) : this.copyObject(value, depth + 1);
      default:
        return undefined;
    }
  }

  private copyArray(source: readonly unknown[], depth: number): JsonValue[] {
    const result: JsonValue[] = [];
    for (let index = 0; index < source.length; index++) {
      if (index > 0) this.count(1);
      result.push(this.copy(source[index], String(index), depth) ?? null);
    }
    return result;
  }

  private copyObject(source: object, depth: number): JsonObject {
    const result: JsonObject = {};
    for (const key of Object.keys(source)) {
      const value = this.copy((source as Record<string, unknown>)[key], key, depth);
      if (value === undefined) continue;
      this.count(key.length + 3);
      setOwn(result, key, value);
    }
    return result;
  }

  private count(characters: number): void {
    this.size += characters;
    if (this.size > MAX_JSON_SIZE) {
      throw new NodeError('OUTPUT_TOO_LARGE', `A value is larger than ${MAX_JSON_SIZE / 1024 / 1024} MiB`);
    }
  }
}

/** What JSON.stringify looks at: the result of `toJSON`, and the primitive inside a Number, String, Boolean or BigInt. */
function jsonForm(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  const form: unknown = typeof toJSON === 'function' ? toJSON.call(value, key) : value;
  const boxed = form instanceof Number || form instanceof String || form instanceof Boolean || form instanceof BigInt;
  return boxed ? form.valueOf() : form;
}

function unstorable(what: string, key: string): NodeError {
  return new NodeError('UNSTORABLE', `JSON cannot hold ${what}${key === '' ? '' : ` (at "${key}")`}`);
}
