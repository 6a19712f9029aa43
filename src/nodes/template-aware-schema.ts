import { TemplateSchema } from '../engine/expressions/template-schema.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';

/** A keyword of ours: true of a text with an expression in it. */
export const HAS_EXPRESSION = 'x-has-expression';

/** A keyword of ours: a text here must have no `{{`; its value says what to do instead (`"use params"`). */
export const NO_TEMPLATE = 'x-no-template';

/** Keywords with one schema for a part of the value. */
const PART = ['additionalProperties', 'unevaluatedProperties', 'items', 'unevaluatedItems', 'contains'];
/** Keywords with schemas by name. */
const NAMED_PARTS = ['properties', 'patternProperties', '$defs', 'definitions'];

/**
 * A config's schema for a document: any value below the root may be a text with `{{ … }}` instead, except where the
 * schema says `x-template: false`, `x-no-template` or `format: "expression"`, and inside allOf, anyOf, oneOf and not.
 */
export function schemaOfDocument(schema: JsonObject, root = schema): JsonObject {
  return mapParts(schema, (part) => {
    const marks = TemplateSchema.of(part, root);
    if (marks.isLiteral || marks.isExpression) return part;
    if (part[NO_TEMPLATE] !== undefined) return schemaOfDocument(part, root);
    return { if: { type: 'string', [HAS_EXPRESSION]: true }, else: schemaOfDocument(part, root) };
  });
}

/**
 * A config's schema once the expressions are put in. What stands in place of a whole expression is its value. A choice
 * between fields was made in the document: an expression that gives nothing has taken its field away since.
 */
export function schemaOfResolved(schema: JsonObject): JsonObject {
  const resolved = mapParts(schema, (part) => (part.format === 'expression' ? true : schemaOfResolved(part)));
  for (const keyword of ['oneOf', 'anyOf']) if (isChoiceOfFields(resolved[keyword])) delete resolved[keyword];
  return resolved;
}

/** `[{ required: ['a'] }, { required: ['b'] }]` */
function isChoiceOfFields(branches: JsonValue | undefined): boolean {
  return Array.isArray(branches) && branches.every((branch) => Object.keys(branch ?? {}).join() === 'required');
}

function mapParts(schema: JsonObject, change: (part: JsonObject) => JsonValue): JsonObject {
  const changed = (part: JsonValue | undefined) => (isJsonObject(part) ? change(part) : part);
  const result: JsonObject = { ...schema };
  for (const keyword of PART) if (keyword in schema) result[keyword] = changed(schema[keyword]);
  for (const keyword of NAMED_PARTS) {
    const parts = schema[keyword];
    if (!isJsonObject(parts)) continue;
    result[keyword] = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, changed(part)]));
  }
  const { prefixItems } = schema;
  if (Array.isArray(prefixItems)) result.prefixItems = prefixItems.map((part) => changed(part) ?? true);
  return result;
}
