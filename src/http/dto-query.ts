import { type FieldProblem, invalidParams } from '../engine/errors.js';
import type { DtoSchema } from './dto-rules.js';

/**
 * Turns the texts of a query string into what the DTO declares: numbers, booleans, lists (separated by commas) and gathered
 * parameters. A text that is no such value stays as it is, so that the validation names it.
 * @throws EngineError INVALID_PARAMS for a parameter that is given twice
 */
export function readQuery(query: Record<string, unknown>, schema: DtoSchema): Record<string, unknown> {
  refuseBadQuery(query);
  const properties = schema.properties ?? {};
  const prefixes = Object.entries(properties).filter(([, { 'x-prefix': prefix }]) => typeof prefix === 'string');
  // Without a prototype, `__proto__` is a name like any other.
  const read = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(query)) {
    const gathered = prefixes.find(([, property]) => name.startsWith(property['x-prefix'] as string));
    if (gathered !== undefined) {
      const [field, property] = gathered;
      const rest = name.slice((property['x-prefix'] as string).length);
      read[field] = { ...(read[field] as object | undefined), [rest]: value };
    } else {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const converted = typeof value === 'string' && known ? convert(value, known) : value;
      if (converted !== undefined) read[name] = converted;
    }
  }
  return read;
}

/**
 * Refuses what no meaning of a parameter allows.
 * @throws EngineError INVALID_PARAMS for one that is given twice, or holds U+0000, which PostgreSQL's text cannot
 */
export function refuseBadQuery(query: Record<string, unknown>): void {
  const problems: FieldProblem[] = [];
  for (const [field, value] of Object.entries(query)) {
    if (Array.isArray(value)) problems.push({ field, message: `${field} is given more than once` });
    else if (typeof value === 'string' && value.includes('\0')) {
      problems.push({ field, message: `${field} must not contain the character U+0000` });
    }
  }
  if (problems.length > 0) throw invalidParams(problems);
}

function convert(text: string, { type }: DtoSchema): unknown {
  const types = [type].flat();
  if (types.includes('array')) {
    const items = text.split(',').map((item) => item.trim());
    const given = items.filter((item) => item !== '');
    return given.length === 0 ? undefined : given;
  }
  if (types.includes('integer') || types.includes('number')) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
