import { closest, distance } from 'fastest-levenshtein';
import type { FieldProblem } from '../engine/errors.js';

const LONGEST_NAME = 100;

/**
 * The refusal of a field or parameter that nobody knows. It names the nearest known one, or, when none is near, all.
 * @param path dotted, of the object around it; empty or with a dot at its end
 */
export function unknownField(name: string, known: readonly string[], path = ''): FieldProblem {
  const field = `${path}${name}`.slice(0, LONGEST_NAME);
  return { field, message: `unknown field "${field}"${suggestion(name.slice(0, LONGEST_NAME), known)}` };
}

function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return '; none is taken here';
  const lower = known.map((field) => field.toLowerCase());
  const nearest = closest(name.toLowerCase(), lower);
  if (distance(name.toLowerCase(), nearest) > Math.max(2, nearest.length / 3)) return `; known are ${known.join(', ')}`;
  return `; did you mean "${known[lower.indexOf(nearest)]}"?`;
}
