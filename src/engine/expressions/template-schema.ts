import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';

/** Keywords under which schemas stand that describe the very same value. */
const SAME_VALUE = ['allOf', 'anyOf', 'oneOf'] as const;

/** What the schema of a type's config says about the templates in it, at one place of the config. */
export class TemplateSchema {
  private constructor(private readonly schemas: readonly JsonObject[]) {}

  static of(schema: JsonValue | undefined): TemplateSchema {
    return new TemplateSchema(alternatives(schema));
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
      const properties = schema.properties;
      const known = isJsonObject(properties) && Object.hasOwn(properties, key);
      return known ? properties[key] : schema.additionalProperties;
    });
  }

  item(index: number): TemplateSchema {
    return this.below((schema) => {
      const { prefixItems, items } = schema;
      return Array.isArray(prefixItems) && index < prefixItems.length ? prefixItems[index] : items;
    });
  }

  private below(schemaOf: (schema: JsonObject) => JsonValue | undefined): TemplateSchema {
    if (this.schemas.length === 0) return this;
    return new TemplateSchema(this.schemas.flatMap((schema) => alternatives(schemaOf(schema))));
  }
}

function alternatives(schema: JsonValue | undefined): JsonObject[] {
  if (!isJsonObject(schema)) return [];
  const nested = SAME_VALUE.flatMap((keyword) => {
    const list = schema[keyword];
    return Array.isArray(list) ? list.flatMap(alternatives) : [];
  });
  return [schema, ...nested];
}
