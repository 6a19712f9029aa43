/** JSON Schema (2020-12) as the API document has it; `$ref` may point to a {@link Component}. */
export interface AnySchema {
  readonly [keyword: string]: unknown;
}

declare const TYPE: unique symbol;

/**
 * A schema that says what a T looks like. The type is checked both ways, so a schema and the type of what is answered
 * cannot drift apart: a field that is new, gone, optional, null or of another type stops the compilation.
 */
export interface Schema<T> extends AnySchema {
  readonly [TYPE]?: (value: T) => T;
}

/** A schema with a name of its own in the document. */
export class Component {
  constructor(
    readonly name: string,
    readonly schema: AnySchema,
  ) {}
}

/** A field that may be left out. */
class Optional<T> {
  constructor(readonly schema: Schema<T>) {}
}

/** Without an index signature, which says that more fields are free. */
type NamedKey<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] };

type Field<T> = T extends readonly (infer Item)[] ? Item[] : T;

/** A schema for each field of T. */
type Fields<T> = {
  [K in NamedKey<T>]-?: object extends Pick<T, K> ? Optional<Field<Exclude<T[K], undefined>>> : Schema<Field<T[K]>>;
};

/** Gives a schema a name in the document, where it then stands once. */
export function component<T>(name: string, schema: Schema<T>): Schema<T> {
  return { $ref: new Component(name, schema) };
}

/** A closed object with exactly the fields of T. */
export function record<T extends object>(fields: Fields<T>, description?: string): Schema<T> {
  const given = Object.entries(fields as Record<string, AnySchema | Optional<unknown>>);
  const properties = given.map(([name, field]) => [name, field instanceof Optional ? field.schema : field] as const);
  const required = given.filter(([, field]) => !(field instanceof Optional)).map(([name]) => name);
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(properties),
    required,
    additionalProperties: false,
  };
}

/** The fields of a record for another one that has them too. */
export function fieldsOf<T extends object>(fields: Fields<T>): Fields<T> {
  return fields;
}

export function optional<T>(schema: Schema<T>): Optional<T> {
  return new Optional(schema);
}

/** The schema with a description for the place where it stands. */
export function described<T>(schema: Schema<T>, description: string): Schema<T> {
  return { ...schema, description };
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  const { description, ...bare }: AnySchema = schema;
  if (typeof bare.type === 'string' && bare.enum === undefined)
    return { ...bare, type: [bare.type, 'null'], description };
  return { description, anyOf: [bare, { type: 'null' }] };
}

/** A or B. */
export function either<A, B>(a: Schema<A>, b: Schema<B>, description?: string): Schema<A | B> {
  return { ...(description !== undefined && { description }), anyOf: [a, b] };
}

export function list<T>(items: Schema<T>, description: string): Schema<T[]> {
  return { type: 'array', description, items };
}

/** An object of any names with values of one kind. */
export function mapOf<T>(values: Schema<T>, description: string): Schema<{ [name: string]: T }> {
  return { type: 'object', description, additionalProperties: values };
}

export function text(description: string, more: AnySchema = {}): Schema<string> {
  return { type: 'string', description, ...more };
}

export function flag(description: string): Schema<boolean> {
  return { type: 'boolean', description };
}

/** One value alone. */
export function constant<T extends string | number | boolean>(value: T, description: string): Schema<T> {
  return { type: typeof value === 'number' ? 'integer' : typeof value, const: value, description };
}

/** One of these texts. */
export function choice<T extends string>(values: readonly T[], description: string): Schema<T> {
  return { type: 'string', enum: values, description };
}

/** An integer that is not negative. */
export function count(description: string): Schema<number> {
  return { type: 'integer', minimum: 0, description };
}

export function integer(description: string, more: AnySchema = {}): Schema<number> {
  return { type: 'integer', description, ...more };
}

export function number(description: string, more: AnySchema = {}): Schema<number> {
  return { type: 'number', description, ...more };
}

/** 0..1 */
export function share(description: string): Schema<number> {
  return { type: 'number', minimum: 0, maximum: 1, description };
}

/** A point in time; the description says which. */
export function epochMs(description: string): Schema<number> {
  return { type: 'integer', format: 'int64', minimum: 0, description: `${description} (epoch ms)` };
}

/** How long something took or takes, in whole ms. */
export function milliseconds(description: string): Schema<number> {
  return { type: 'integer', format: 'int64', minimum: 0, description: `${description} (ms)` };
}

/** An ISO 8601 time. */
export function dateTime(description: string): Schema<string> {
  return { type: 'string', format: 'date-time', description: `${description} (ISO 8601)` };
}

/** An object whose content is the caller's own. */
export function freeObject<T extends object>(description: string): Schema<T> {
  return { type: 'object', description, additionalProperties: true };
}

/** Any JSON value. */
export function anyJson<T>(description: string): Schema<T> {
  return { description };
}

/** Null alone. */
export const nothing: Schema<null> = { type: 'null', description: 'Nothing' };
