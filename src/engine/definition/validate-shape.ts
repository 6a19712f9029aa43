import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonObject, JsonValue } from '../json.js';
import { quote, type Place, type ProblemLog } from './problem-log.js';
import { edgeSchema, mappingSchema, MAX_EDGES, MAX_NODES, nodeSchema, workflowSchema } from './workflow-schema.js';

/**
 * What a part of a document may look like is said once, in workflow-schema.ts; here the schema's findings get the codes
 * of the format. Nodes, edges and mappings are checked one by one, so that a million bad ones do not make a list of
 * millions before the problem log can bound it.
 */
export type DocumentPart = 'document' | 'node' | 'edge' | 'mapping';

const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strictTypes: false,
  // The schemas are ours: to compile the meta-schema for them would be a good part of the server's start.
  validateSchema: false,
  code: { optimize: false },
});
addFormats.default(ajv);

const validators: Record<DocumentPart, ValidateFunction> = {
  document: ajv.compile(
    withProperties(workflowSchema, {
      nodes: { type: 'array', maxItems: MAX_NODES },
      edges: { type: 'array', maxItems: MAX_EDGES },
    }),
  ),
  node: ajv.compile(withProperties(nodeSchema, { inputs: { type: 'object' } })),
  edge: ajv.compile(edgeSchema),
  mapping: ajv.compile(mappingSchema),
};

const requiredFields: Record<DocumentPart, ReadonlySet<string>> = {
  document: new Set(['name', 'nodes', 'edges']),
  node: new Set(['id', 'type']),
  edge: new Set(['source', 'target']),
  mapping: new Set(['from', 'output']),
};

/** Checks fields, types and ranges of one part, without the parts in it. */
export function validateShape(part: DocumentPart, value: JsonValue, place: Place, problems: ProblemLog): void {
  const validate = validators[part];
  if (validate(value)) return;
  for (const error of validate.errors ?? []) {
    // The wrapper of a failed condition: what failed in it has its own row.
    if (error.keyword !== 'if') report(part, error, place, problems);
  }
}

function report(part: DocumentPart, error: ErrorObject, place: Place, problems: ProblemLog): void {
  const field = fieldOf(error);
  const name = field || nameOf(part);
  const absent = isAbsent(part, field, error);
  const message = absent ? `${name} is missing` : `${name} ${explain(error)}`;
  if (part === 'node' && /^position(\.|$)/.test(field)) problems.warning('INVALID_POSITION', message, place, field);
  else if (part === 'mapping' && absent) problems.warning('INCOMPLETE_INPUT_MAPPING', message, place, field);
  else if (absent) problems.error('MISSING_FIELD', message, place, field);
  else if (field === 'version.version' && error.keyword === 'pattern') {
    problems.warning('INVALID_VERSION_FORMAT', message, place, field);
  } else if (isSetting(part, field)) problems.error('INVALID_SETTING', message, place, field);
  else problems.error('INVALID_SCHEMA', message, place, field);
}

/** Null and blank text count as absent where a field is required. */
function isAbsent(part: DocumentPart, field: string, error: ErrorObject): boolean {
  if (!requiredFields[part].has(field)) return false;
  if (error.keyword === 'required' || error.data === null) return true;
  return typeof error.data === 'string' && error.data.trim() === '';
}

function isSetting(part: DocumentPart, field: string): boolean {
  if (part === 'document') return field.startsWith('settings.');
  return part === 'node' && /^(timeout|retryPolicy)(\.|$)/.test(field);
}

function fieldOf(error: ErrorObject): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  if (error.keyword === 'required') path.push((error.params as { missingProperty: string }).missingProperty);
  return path.join('.');
}

/** RFC 6901 */
function unescapePointer(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function nameOf(part: DocumentPart): string {
  return part === 'document' ? 'The workflow' : `The ${part}`;
}

function explain(error: ErrorObject): string {
  const { allowedValues, type } = error.params as { allowedValues?: string[]; type?: string | string[] };
  const found = typeof error.data === 'string' ? `: ${quote(error.data)}` : '';
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}${found}`;
  if (type !== undefined) return `must be ${[type].flat().map(withArticle).join(' or ')}`;
  const description = error.parentSchema?.description as string | undefined;
  if (['pattern', 'not', 'format'].includes(error.keyword) && description) return `must be ${description}${found}`;
  return error.message ?? 'is wrong';
}

function withArticle(type: string): string {
  if (type === 'null') return type;
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function withProperties(schema: JsonObject, properties: JsonObject): JsonObject {
  return { ...schema, properties: { ...(schema.properties as JsonObject), ...properties } };
}
