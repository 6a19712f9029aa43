import type { JsonObject, JsonValue } from '../json.js';
import type { CheckedEdge, ValidationInput } from './validation-input.js';

/** Expressions of one workflow. */
export const MAX_EXPRESSIONS = 100_000;

/** Of these, what JSONata itself has to parse; 60 µs each. */
export const MAX_PARSED_EXPRESSIONS = 20_000;

/** At least as many as there are to compile. */
export function countExpressions({ checkedNodes }: ValidationInput, edges: readonly CheckedEdge[]): number {
  let count = edges.filter(({ definition }) => definition.condition !== undefined).length;
  for (const node of checkedNodes) {
    if (!node?.type) continue;
    const { config, rollback } = node.definition;
    count += countIn(config, hasWholeExpressions(node.type.configSchema));
    count += countIn(rollback, hasWholeExpressions(node.type.rollbackSchema));
  }
  return count;
}

/** Where a schema knows texts that are an expression as a whole, each text may be one. */
function countIn(value: JsonValue | undefined, wholeTexts: boolean): number {
  let count = 0;
  const open = [value];
  for (let part = open.pop(); open.length > 0 || part !== undefined; part = open.pop()) {
    if (typeof part === 'string') count += Math.max(part.split('{{').length - 1, wholeTexts ? 1 : 0);
    else if (typeof part === 'object' && part !== null) for (const child of Object.values(part)) open.push(child);
  }
  return count;
}

const known = new WeakMap<JsonObject, boolean>();

function hasWholeExpressions(schema: JsonObject | undefined): boolean {
  if (!schema) return false;
  const found = known.get(schema) ?? JSON.stringify(schema).includes('"format":"expression"');
  known.set(schema, found);
  return found;
}
