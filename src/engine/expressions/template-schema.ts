import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { LinearRegex } from './linear-regex.js';

/** Keywords under which schemas stand that describe the very same value. */
const SAME_VALUE = ['allOf', 'anyOf', 'oneOf'] as const;

/** References that are followed in a row: one that leads to itself describes nothing. */
const MAX_REFERENCES = 20;

/** What the schema of a type's config says about the templates in it, at one place of the config. */
export class TemplateSchema {
  private constructor(
    private readonly schemas: readonly JsonObject[],
    private readonly root: JsonValue | undefined,
  ) {}

  /** @param root where the schema's references lead; absent: it is the root itself */
  static of(schema: JsonValue | undefined, root = schema): TemplateSchema {
    return new TemplateSchema(alternatives(schema, root), root);
  }

  /** The value is taken as it is, braces and all. */
  get isLiteral(): boolean {
    return this.schemas.some((schema) => schema['x-template'] === false);
  }

  /** A text here is an expression as a whole, with or without braces. */
  get isExpression(): boolean {
    return this.schemas.some((schema) => schema.format === 'expression');
  }

  field(key: string): TemplateSchema {
    return this.below((schema) => {
      const { properties, patternProperties, additionalProperties } = schema;
      if (isJsonObject(properties) && Object.hasOwn(properties, key)) return [properties[key]];
      const fitting = isJsonObject(patternProperties) ? patternsOf(patternProperties, key) : [];
      return fitting.length > 0 ? fitting : [additionalProperties];
    });
  }

  item(index: number): TemplateSchema {
    return this.below((schema) => {
      const { prefixItems, items } = schema;
      return [Array.isArray(prefixItems) && index < prefixItems.length ? prefixItems[index] : items];
    });
  }

  private below(schemasOf: (schema: JsonObject) => (JsonValue | undefined)[]): TemplateSchema {
    if (this.schemas.length === 0) return this;
    const schemas = this.schemas.flatMap(schemasOf).flatMap((schema) => alternatives(schema, this.root));
    return new TemplateSchema(schemas, this.root);
  }
}

function patternsOf(patternProperties: JsonObject, key: string): (JsonValue | undefined)[] {
  return Object.entries(patternProperties)
    .filter(([pattern]) => new LinearRegex(new RegExp(pattern, 'u')).test(key))
    .map(([, schema]) => schema);
}

/** The schema with all those that describe the same value. */
function alternatives(schema: JsonValue | undefined, root: JsonValue | undefined, references = 0): JsonObject[] {
  if (!isJsonObject(schema)) return [];
  const nested = SAME_VALUE.flatMap((keyword) => {
    const list = schema[keyword];
    return Array.isArray(list) ? list.flatMap((each) => alternatives(each, root, references)) : [];
  });
  const { $ref } = schema;
  if (typeof $ref !== 'string' || references >= MAX_REFERENCES) return [schema, ...nested];
  return [schema, ...nested, ...alternatives(referenced(root, $ref), root, references + 1)];
}

/** Where a reference inside the same schema leads, as `#/$defs/name`. */
function referenced(root: JsonValue | undefined, reference: string): JsonValue | undefined {
  const [document, ...path] = reference.split('/');
  if (document !== '#') return undefined;
  let schema = root;
  for (const part of path) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isJsonObject(schema) || !Object.hasOwn(schema, name)) return undefined;
    schema = schema[name];
  }
  return schema;
}
