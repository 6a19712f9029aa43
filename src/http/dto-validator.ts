import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { type ValidationError, validateSync } from 'class-validator';
import type { FieldProblem } from '../engine/errors.js';
import { compileSchema, type DtoClass, type DtoSchema } from './dto-rules.js';
import { defaultsOf, dtoSchema } from './dto-schema.js';
import { unknownField } from './unknown-field.js';

const MOST_PROBLEMS = 50;

/** A DTO, made ready once. */
export class DtoValidator {
  readonly schema: DtoSchema;
  private readonly matches: ValidateFunction;
  private readonly defaults: Record<string, unknown>;
  private readonly hasDefaults: boolean;

  /** @throws Error when a decorator has no meaning in JSON Schema */
  constructor(private readonly dto: DtoClass) {
    this.schema = dtoSchema(dto);
    this.matches = compileSchema(this.schema);
    this.defaults = defaultsOf(dto);
    this.hasDefaults = Object.keys(this.defaults).length > 0;
  }

  /** The value with the DTO's defaults, or what is wrong with it. The value itself is not touched. */
  check(value: unknown): { value: object } | { problems: FieldProblem[] } {
    if (!this.matches(value)) return { problems: this.explain(value) };
    return { value: this.hasDefaults ? { ...this.defaults, ...(value as object) } : (value as object) };
  }

  /** Fields that nobody knows come first; class-validator says the rest; what it does not see, the schema does. */
  private explain(value: unknown): FieldProblem[] {
    if (!isObject(value)) return [{ field: '', message: 'the body must be a JSON object' }];
    const first = schemaProblem(this.matches.errors?.[0]);
    // Looking through a list that is far too long would take class-validator seconds.
    if (this.matches.errors?.[0]?.keyword === 'maxItems') return [first];
    const problems: FieldProblem[] = [];
    findUnknownFields(this.schema, value, '', problems);
    problems.push(...validateSync(instance(this.dto, this.schema, value)).flatMap((error) => messages(error, '')));
    return problems.length > 0 ? problems.slice(0, MOST_PROBLEMS) : [first];
  }
}

function schemaProblem(error: ErrorObject | undefined): FieldProblem {
  const field = (error?.instancePath ?? '').slice(1).replaceAll('/', '.');
  return { field, message: `${field || 'the body'} ${error?.message ?? 'does not match its schema'}` };
}

function findUnknownFields(schema: DtoSchema, value: unknown, path: string, problems: FieldProblem[]): void {
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries()) findUnknownFields(schema.items, item, `${path}${index}.`, problems);
  }
  const { properties } = schema;
  if (properties === undefined || !isObject(value)) return;
  for (const [name, item] of Object.entries(value)) {
    if (problems.length >= MOST_PROBLEMS) return;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) {
      findUnknownFields(known, item, `${path}${name}.`, problems);
    } else {
      problems.push(unknownField(name, Object.entries(properties).map(shownName), path));
    }
  }
}

/** Parameters that are gathered by their prefix are asked for by that. */
function shownName([name, { 'x-prefix': prefix }]: [string, DtoSchema]): string {
  return typeof prefix === 'string' ? `${prefix}<name>` : name;
}

/** The fields that the DTO knows, as class-validator wants them: instances where there are nested DTOs. */
function instance(dto: DtoClass, schema: DtoSchema, value: Record<string, unknown>): object {
  const made = new dto() as Record<string, unknown>;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!Object.hasOwn(value, name)) continue;
    const type = defaultMetadataStorage.findTypeMetadata(dto, name)?.typeFunction();
    made[name] = type === undefined ? value[name] : nestedInstance(type, property, value[name]);
  }
  return made;
}

function nestedInstance(type: DtoClass, schema: DtoSchema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => nestedInstance(type, schema.items ?? schema, item));
  return isObject(value) ? instance(type, schema, value) : value;
}

/** class-validator's messages begin with the name of the field, but know nothing of the object around it. */
function messages({ property, constraints, children }: ValidationError, path: string): FieldProblem[] {
  const field = `${path}${property}`;
  const texts = Object.values(constraints ?? {}).map((text) => (text.startsWith(property) ? `${path}${text}` : text));
  const own = texts.length === 0 ? [] : [{ field, message: texts.join(', ') }];
  return [...own, ...(children ?? []).flatMap((child) => messages(child, `${field}.`))];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
