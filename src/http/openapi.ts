import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { DtoSchema } from './dto-rules.js';
import type { RouteInput } from './dto-routes.js';
import { ERROR_STATUS } from './error-status.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * Describes the API: what a request may hold is exactly what the DTOs check. Served as `/openapi.json` and, for people, at
 * `/docs` with everything it needs on board.
 */
export function serveApiDocument(app: INestApplication, routes: readonly RouteInput[]): void {
  const make = () => apiDocument(app, routes);
  SwaggerModule.setup('docs', app, make, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Retrace API',
  });
}

function apiDocument(app: INestApplication, routes: readonly RouteInput[]): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Retrace')
    .setDescription('A self-hosted workflow execution engine. Every answer has one envelope.')
    .setVersion('2')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'API_TOKEN, where the server has one' })
    .build();
  const document = SwaggerModule.createDocument(app, base, {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
  });
  const schemas: Record<string, object> = { Success: SUCCESS, Failure: FAILURE };
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...schemas } };
  const byId = new Map(routes.map((route) => [route.id, route]));
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      const input = byId.get(operation?.operationId ?? '');
      if (operation && input) describe(operation, input);
    }
  }
  return document;
}

function describe(operation: Operation, { body, query }: RouteInput): void {
  operation.tags = [operation.operationId?.split('Controller')[0] ?? ''];
  if (body) {
    const required = (body.schema.required ?? []).length > 0;
    operation.requestBody = { required, content: { 'application/json': { schema: asText(body.schema) } } };
  }
  for (const [name, schema] of Object.entries(query?.schema.properties ?? {})) {
    const required = query?.schema.required?.includes(name) ?? false;
    const prefix = schema['x-prefix'];
    const parameter = typeof prefix === 'string' ? `${prefix}<name>` : name;
    operation.parameters ??= [];
    operation.parameters.push({
      name: parameter,
      in: 'query',
      required,
      schema: asText(schema),
      style: 'form',
      explode: false,
    });
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!status.startsWith('2') || !response || '$ref' in response) continue;
    operation.responses[status] = { description: 'Success', content: json('Success') };
  }
  operation.responses['default'] = { description: 'Refused or failed', content: json('Failure') };
}

function json(schema: string) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
}

/** What JSON Schema can say; the functions beside it stay here. */
function asText(schema: DtoSchema): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'rules' || key === 'x-prefix' ? undefined : value)),
  ) as object;
}

const TIMESTAMP = { type: 'integer', description: 'Epoch ms' };

const SUCCESS = {
  type: 'object',
  required: ['code', 'success', 'data', 'message', 'timestamp'],
  properties: {
    code: { type: 'integer', const: 200, description: '200 for every success, also under HTTP 201' },
    success: { type: 'boolean', const: true },
    data: {},
    message: { type: 'string' },
    timestamp: TIMESTAMP,
  },
};

const FAILURE = {
  type: 'object',
  required: ['code', 'success', 'data', 'message', 'error', 'timestamp'],
  properties: {
    code: { type: 'integer', description: 'The HTTP status' },
    success: { type: 'boolean', const: false },
    data: { type: 'null' },
    message: { type: 'string' },
    error: {
      type: 'object',
      required: ['code'],
      properties: {
        code: { type: 'string', enum: Object.keys(ERROR_STATUS) },
        details: { description: 'For INVALID_PARAMS one row a field: { field, message }' },
      },
    },
    timestamp: TIMESTAMP,
  },
};
