import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { buildMessage, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';

/** JSON Schema (2020-12) as far as DTOs need it. */
export interface DtoSchema {
  type?: string | string[];
  properties?: Record<string, DtoSchema>;
  required?: string[];
  additionalProperties?: boolean | DtoSchema;
  items?: DtoSchema;
  enum?: unknown[];
  /** Functions that must hold too: what JSON Schema cannot say. They are not part of the schema as text. */
  rules?: ((value: unknown) => boolean)[];
  [keyword: string]: unknown;
}

/**
 * One for all DTOs. It does not hold their schemas against the meta-schema, which would take longer to compile than all of
 * them; what it does not know in them, it refuses all the same.
 */
const ajv = dtoAjv();

/** A class with class-validator's decorators. */
export type DtoClass = new () => object;

/** The condition of {@link Omittable}; told apart from other conditions by its identity. */
export const isGiven = (_object: object, value: unknown): boolean => value !== undefined;

/** The names under which the rules of this file appear among class-validator's. */
export const MATCHES_SCHEMA = 'matchesSchema';
export const PREFIXED = 'isPrefixedParameters';

const DESCRIPTION = Symbol('description');

/** What a field of a DTO means, as its callers read it in the API document, with a value as an example. */
export interface FieldDescription {
  text: string;
  example?: unknown;
}

/** Says what a field of a DTO means: this is its docstring, and what the API document says of it. */
export function Describe(text: string, example?: unknown): PropertyDecorator {
  return (target, name) => Reflect.defineMetadata(DESCRIPTION, { text, example }, target, name);
}

/** What {@link Describe} says of a field, also where the DTO has it from another one. */
export function descriptionOf(dto: DtoClass, name: string): FieldDescription | undefined {
  return Reflect.getMetadata(DESCRIPTION, dto.prototype as object, name) as FieldDescription | undefined;
}

/** The field may be left out, but null is refused. (With `@IsOptional` both are accepted.) */
export function Omittable(): PropertyDecorator {
  return ValidateIf(isGiven);
}

/** An object whose content is the caller's own business: data, variables, metadata, config. It passes untouched. */
export function IsFreeObject(options?: ValidationOptions): PropertyDecorator {
  return MatchesSchema({ type: 'object' }, 'must be an object', options);
}

/** Any JSON value, null too. It passes untouched. */
export function IsAnyJson(): PropertyDecorator {
  return MatchesSchema({}, 'must be given');
}

/**
 * For what no other decorator says: the field must match a JSON Schema.
 * @param message what follows the field's name in the answer
 */
export function MatchesSchema(schema: DtoSchema, message: string, options?: ValidationOptions): PropertyDecorator {
  const matches = compileSchema(schema);
  return ValidateBy(
    {
      name: MATCHES_SCHEMA,
      constraints: [schema],
      validator: {
        validate: (value: unknown) => value !== undefined && matches(value) === true,
        defaultMessage: buildMessage((each) => `${each}$property ${message}`, options),
      },
    },
    options,
  );
}

/**
 * For a query: gathers the parameters whose names begin with `prefix` into one object of strings
 * (`label.team=a` with the prefix `label.` becomes `{ team: 'a' }`).
 */
export function PrefixedParameters(prefix: string): PropertyDecorator {
  return ValidateBy({
    name: PREFIXED,
    constraints: [prefix],
    validator: {
      validate: (value: unknown) => typeof value === 'object' && value !== null,
      defaultMessage: () => `${prefix}<name> must be given as a parameter of its own`,
    },
  });
}

/** Compiles a schema with the keywords of this file. */
export function compileSchema(schema: DtoSchema): ValidateFunction {
  return ajv.compile(schema);
}

/** Ajv with the keywords of this file. */
function dtoAjv(): Ajv2020 {
  const made = new Ajv2020({
    allowUnionTypes: true,
    unicodeRegExp: false,
    validateSchema: false,
    code: { optimize: false },
  });
  made.addKeyword({
    keyword: 'rules',
    schemaType: 'array',
    validate: (rules: ((value: unknown) => boolean)[], value: unknown) => rules.every((rule) => rule(value)),
  });
  made.addVocabulary(['x-prefix']);
  return made;
}
