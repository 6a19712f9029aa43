import type { OpenAPIObject } from '@nestjs/swagger';
import type { DtoSchema } from '../dto-rules.js';
import type { DtoValidator } from '../dto-validator.js';
import type { AnySchema } from './api-schema.js';
import type { OperationDoc, Parameter } from './operation.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ParameterObject = Extract<NonNullable<OperationObject['parameters']>[number], { in: string }>;

/** The parameters that the route has, as far as they are described, then those of its query. */
export function parameterObjects(
  routeParameters: OperationObject['parameters'] = [],
  described: readonly Parameter[] = [],
  query: DtoValidator | undefined,
): object[] {
  const own = routeParameters.filter((parameter) => !described.some((known) => isSame(known, parameter)));
  return [...described.map(parameterObject), ...own, ...(query ? queryParameters(query) : [])];
}

/** The body that the route takes; undefined when it takes none. */
export function bodyObject(dto: DtoValidator | undefined, body: OperationDoc<unknown>['body']): object | undefined {
  if (!dto && !body?.schema) return undefined;
  return {
    required: !dto || (dto.schema.required ?? []).length > 0,
    ...(body && { description: body.description }),
    content: {
      'application/json': {
        schema: body?.schema ?? (dto && plainSchema(dto.schema)),
        ...(body && { examples: body.examples }),
      },
    },
  };
}

function isSame(described: Parameter, parameter: NonNullable<OperationObject['parameters']>[number]): boolean {
  if ('$ref' in parameter) return false;
  return parameter.in === described.in && parameter.name.toLowerCase() === described.name.toLowerCase();
}

/** An `example` is what Swagger UI sends unless it is changed, so what may be left out has one in its schema alone. */
function parameterObject({ in: place, name, description, schema, example }: Parameter): object {
  if (place === 'path') return { name, in: place, required: true, description, schema, example };
  return optionalParameter(place, name, description, { ...schema, examples: [example] });
}

function optionalParameter(place: string, name: string, description: unknown, schema: AnySchema): ParameterObject {
  const [example] = (schema.examples ?? []) as (string | number | boolean | string[])[];
  const isSaid = example === undefined || schema.enum !== undefined || schema.default !== undefined;
  const text = isSaid ? String(description) : `${String(description)}; for example \`${[example].flat().join(',')}\``;
  return { name, in: place, required: false, description: text, schema } as ParameterObject;
}

function queryParameters({ schema }: DtoValidator): ParameterObject[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = plainSchema(property);
    const prefix = property['x-prefix'];
    const [shownName, type] =
      typeof prefix === 'string' ? [`${prefix}<name>`, { type: 'string', examples: rest.examples }] : [name, rest];
    const parameter = optionalParameter('query', shownName, description, type);
    return { ...parameter, required: schema.required?.includes(name) ?? false, style: 'form', explode: false };
  });
}

/** What JSON Schema can say; the functions beside it stay in the server. Readers are told the type of each choice. */
function plainSchema(schema: DtoSchema): AnySchema {
  const plain = (key: string, value: unknown) => {
    if (key === 'rules' || key === 'x-prefix') return undefined;
    return isTextChoice(value) ? { type: 'string', ...value } : value;
  };
  return JSON.parse(JSON.stringify(schema, plain)) as AnySchema;
}

function isTextChoice(value: unknown): value is { enum: string[] } {
  if (typeof value !== 'object' || value === null || !('enum' in value) || 'type' in value) return false;
  return Array.isArray(value.enum) && value.enum.every((one) => typeof one === 'string');
}
