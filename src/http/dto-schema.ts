import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage, matches, minLength, ValidationTypes } from 'class-validator';
import { descriptionOf, type DtoClass, type DtoSchema, isGiven, MATCHES_SCHEMA, PREFIXED } from './dto-rules.js';

/** One decorator on one property, as class-validator keeps it. */
type Rule = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

type Constraints = readonly unknown[];

/**
 * What each decorator of class-validator means as JSON Schema. None may let through what class-validator would refuse.
 * A decorator that is missing here stops the start: add it.
 */
const RULES: Record<string, (constraints: Constraints) => DtoSchema> = {
  isString: () => ({ type: 'string' }),
  isBoolean: () => ({ type: 'boolean' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: ([options]) => plain(options, { type: 'number' }),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object' }),
  isDefined: () => ({ not: { type: 'null' } }),
  isNotEmpty: () => ({ not: { enum: ['', null] } }),
  isIn: ([values]) => ({ enum: values as unknown[] }),
  isEnum: ([entity]) => ({ enum: Object.values(entity as object) }),
  equals: ([value]) => ({ enum: [value] }),
  min: ([minimum]) => ({ type: 'number', minimum }),
  max: ([maximum]) => ({ type: 'number', maximum }),
  isPositive: () => ({ type: 'number', exclusiveMinimum: 0 }),
  minLength: ([min]) => shortest(min),
  maxLength: ([max]) => longest(max),
  isLength: ([min, max]) => merge(shortest(min), max === undefined ? {} : longest(max)),
  matches: ([pattern]) => matching(pattern as RegExp),
  arrayMinSize: ([minItems]) => ({ type: 'array', minItems }),
  arrayMaxSize: ([maxItems]) => ({ type: 'array', maxItems }),
  arrayNotEmpty: () => ({ type: 'array', minItems: 1 }),
  arrayUnique: ([identifier]) => plain(identifier, { type: 'array', uniqueItems: true }),
  [MATCHES_SCHEMA]: ([schema]) => schema as DtoSchema,
  [PREFIXED]: ([prefix]) => ({ type: 'object', additionalProperties: { type: 'string' }, 'x-prefix': prefix }),
};

/**
 * The JSON Schema of a DTO: as strict as its decorators, and closed to fields that it does not declare.
 * @throws Error when a decorator has no meaning here
 */
export function dtoSchema(dto: DtoClass, within: readonly DtoClass[] = []): DtoSchema {
  if (within.includes(dto)) throw new Error(`${dto.name} contains itself, which a DTO cannot`);
  const byProperty = new Map<string, Rule[]>();
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false)) {
    byProperty.set(rule.propertyName, [...(byProperty.get(rule.propertyName) ?? []), rule]);
  }
  const defaults = defaultsOf(dto);
  if (within.length > 0 && Object.keys(defaults).length > 0)
    throw new Error(`${dto.name}: a nested DTO cannot have defaults`);
  const properties: Record<string, DtoSchema> = {};
  const required: string[] = [];
  for (const [name, rules] of byProperty) {
    try {
      const property = propertySchema(dto, name, rules, within);
      const preset = Object.hasOwn(defaults, name);
      properties[name] = preset ? { ...property.schema, default: defaults[name] } : property.schema;
      if (property.required && !preset) required.push(name);
    } catch (error) {
      throw new Error(`${dto.name}.${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

/** What the class gives its fields by itself, for those that the caller leaves out. */
export function defaultsOf(dto: DtoClass): Record<string, unknown> {
  const given = Object.entries(new dto()).filter(([, value]) => value !== undefined);
  if (given.some(([, value]) => typeof value === 'object'))
    throw new Error(`${dto.name}: a default must be a plain value`);
  return Object.fromEntries(given);
}

function propertySchema(dto: DtoClass, name: string, rules: Rule[], within: readonly DtoClass[]) {
  let whole: DtoSchema = {};
  let items: DtoSchema = {};
  let required = true;
  let nullable = false;
  const isArray = rules.some((rule) => rule.each || rule.name?.startsWith('array') || rule.name === 'isArray');
  for (const rule of rules) {
    if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) {
      required = false;
      if (rule.name === 'isOptional') nullable = true;
      else if (rule.constraints[0] !== isGiven) throw new Error('a condition has no JSON Schema; use @Omittable()');
    } else if (rule.type === ValidationTypes.NESTED_VALIDATION) {
      const nested = dtoSchema(nestedClass(dto, name), [...within, dto]);
      if (isArray) items = merge(items, nested);
      else whole = merge(whole, nested);
    } else {
      const schema = ruleSchema(rule);
      if (rule.each) items = merge(items, schema);
      else whole = merge(whole, schema);
    }
  }
  if (isArray) whole = merge(whole, { type: 'array', items });
  return { schema: { ...(nullable ? orNull(whole) : whole), ...annotations(dto, name) }, required };
}

/** What people read; it decides nothing. */
function annotations(dto: DtoClass, name: string): DtoSchema {
  const described = descriptionOf(dto, name);
  if (!described) return {};
  const { text, example } = described;
  return { description: text, ...(example !== undefined && { examples: [example] }) };
}

function ruleSchema(rule: Rule): DtoSchema {
  if (rule.validateIf) throw new Error('the option validateIf has no JSON Schema');
  const meaning = RULES[rule.name ?? rule.type];
  if (meaning === undefined) throw new Error(`the decorator ${rule.name ?? rule.type} has no rule in dto-schema.ts`);
  return meaning((rule.constraints as Constraints | undefined) ?? []);
}

function nestedClass(dto: DtoClass, name: string): DtoClass {
  const type = defaultMetadataStorage.findTypeMetadata(dto, name)?.typeFunction();
  if (type === undefined) throw new Error('@ValidateNested() needs @Type(() => Class)');
  return type;
}

/** Two rules of a property together. */
function merge(a: DtoSchema, b: DtoSchema): DtoSchema {
  const merged: DtoSchema = { ...a };
  for (const [keyword, value] of Object.entries(b)) {
    const present = merged[keyword];
    if (present === undefined || present === value) merged[keyword] = value;
    else if (keyword === 'type') merged.type = commonType(present, value);
    else if (keyword === 'rules') merged.rules = [...(a.rules ?? []), ...(b.rules ?? [])];
    else merged['allOf'] = [...((merged['allOf'] as DtoSchema[] | undefined) ?? []), { [keyword]: value }];
  }
  return merged;
}

function commonType(a: unknown, b: unknown): string {
  if ([a, b].every((type) => type === 'integer' || type === 'number')) return 'integer';
  throw new Error(`it cannot be ${String(a)} and ${String(b)} at once`);
}

function orNull(schema: DtoSchema): DtoSchema {
  const { type, rules, ...rest } = schema;
  const simple = schema.enum === undefined && schema['not'] === undefined && schema['allOf'] === undefined;
  if (type === undefined) return Object.keys(schema).length === 0 ? {} : { anyOf: [{ type: 'null' }, schema] };
  if (!simple) return { anyOf: [{ type: 'null' }, schema] };
  const nullable: DtoSchema = { ...rest, type: [type, 'null'].flat() };
  if (rules) nullable.rules = rules.map((rule) => (value) => value === null || rule(value));
  return nullable;
}

/** A decorator whose options would need more than the plain schema. */
function plain(options: unknown, schema: DtoSchema): DtoSchema {
  const isPlain = options === undefined || (typeof options === 'object' && Object.keys(options ?? {}).length === 0);
  if (!isPlain) throw new Error('the options of this decorator have no JSON Schema');
  return schema;
}

/** class-validator counts an emoji and its variation selector as one character, JSON Schema as two. */
function shortest(min: unknown): DtoSchema {
  return { type: 'string', minLength: min, rules: [(value) => minLength(value, min as number)] };
}

function longest(max: unknown): DtoSchema {
  return { type: 'string', maxLength: max };
}

function matching(pattern: RegExp): DtoSchema {
  if (!(pattern instanceof RegExp)) throw new Error('@Matches() wants a regular expression');
  const rule = (value: unknown) => matches(value as string, pattern);
  return pattern.flags === '' ? { type: 'string', pattern: pattern.source } : { type: 'string', rules: [rule] };
}
