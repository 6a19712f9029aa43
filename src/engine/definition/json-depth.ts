import type { JsonValue } from '../json.js';

/** Levels of lists and objects that a document may have; what compiles or checks it further in may recurse so deep. */
export const MAX_DOCUMENT_DEPTH = 100;

/** Level by level, so that no value makes it recurse. */
export function isDeeperThan(value: JsonValue | undefined, levels: number): boolean {
  let level: JsonValue[] = value === undefined ? [] : [value];
  for (let depth = 0; depth < levels; depth++) {
    const next: JsonValue[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Array.isArray(item) ? item : Object.values(item)) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}
