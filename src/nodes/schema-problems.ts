import type { ErrorObject } from 'ajv';
import { closest, distance } from 'fastest-levenshtein';
import type { ConfigProblem } from '../engine/ports.js';

/** Most problems that are told of one value. */
const MAX_PROBLEMS = 20;

/** What ajv found (with `verbose`), as places and sentences. */
export function schemaProblems(errors: readonly ErrorObject[] | null | undefined): ConfigProblem[] {
  const found = errors ?? [];
  const choices = found.filter((error) => requiredChoice(error) !== undefined);
  const problems = new Map<string, ConfigProblem>();
  for (const error of found) {
    // An expression was admitted or not; the branch that failed tells what is wrong.
    if (error.keyword === 'if') continue;
    if (error.keyword === 'required' && choices.some((choice) => error.schemaPath.startsWith(choice.schemaPath)))
      continue;
    const problem = describe(error);
    problems.set(`${problem.path}\0${problem.message}`, problem);
    if (problems.size >= MAX_PROBLEMS) break;
  }
  return [...problems.values()];
}

function describe(error: ErrorObject): ConfigProblem {
  const place = error.instancePath.split('/').slice(1).map(unescaped);
  const params = error.params as Record<string, unknown>;
  const below = (name: unknown) => [...place, String(name)].join('.');
  const path = place.join('.');
  switch (error.keyword) {
    case 'required':
      return { path: below(params.missingProperty), message: 'is required' };
    case 'additionalProperties':
      return {
        path: below(params.additionalProperty),
        message: unknownField(String(params.additionalProperty), error),
      };
    case 'enum':
      return {
        path,
        message: `must be one of ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`,
      };
    case 'const':
      return { path, message: `must be ${JSON.stringify(params.allowedValue)}` };
    case 'oneOf':
    case 'anyOf': {
      const choice = requiredChoice(error);
      if (!choice) break;
      const names = choice.map((name) => `"${name}"`).join(' and ');
      return { path, message: `must have ${error.keyword === 'oneOf' ? 'exactly' : 'at least'} one of ${names}` };
    }
    default:
  }
  return { path, message: error.message ?? 'is not valid' };
}

/** The names of which a oneOf or anyOf wants one, when it says nothing else. */
function requiredChoice(error: ErrorObject): string[] | undefined {
  if (error.keyword !== 'oneOf' && error.keyword !== 'anyOf') return undefined;
  const branches: unknown[] = Array.isArray(error.schema) ? error.schema : [];
  const names = branches.map((branch) => {
    const { required } = branch as { required?: unknown };
    return Array.isArray(required) && required.length === 1 ? String(required[0]) : undefined;
  });
  return names.every((name) => name !== undefined) ? names : undefined;
}

function unknownField(name: string, error: ErrorObject): string {
  const { properties } = (error.parentSchema ?? {}) as { properties?: object };
  const known = Object.keys(properties ?? {});
  const nearest = known.length > 0 && name.length <= 100 ? closest(name, known) : undefined;
  const isNear = nearest !== undefined && distance(name, nearest) <= Math.max(2, Math.floor(name.length / 3));
  const hint = isNear ? `did you mean "${nearest}"?` : `known are ${known.join(', ')}`;
  return `is not known; ${hint}`;
}

function unescaped(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}
