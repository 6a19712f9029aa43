import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { RouteInput } from '../dto-routes.js';
import { API_OVERVIEW, TAGS } from './api-overview.js';
import { anyJson } from './api-schema.js';
import { commonFailures } from './common-failures.js';
import { ComponentCollector } from './component-collector.js';
import { anyFailure } from './envelope-schema.js';
import type { SuccessAnswer } from './operation.js';
import { bodyObject, parameterObjects } from './request-object.js';
import { failureResponses, sharedHeaders, successResponse } from './response-objects.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

type Answers = { [status: number]: SuccessAnswer<unknown> };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * Describes the API: what a request may hold is exactly what the DTOs check, what an answer holds is what its operation
 * declares.
 * @param routes what the methods of the controllers take and declare
 */
export function apiDocument(app: INestApplication, routes: readonly RouteInput[]): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, foundation(), {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
  });
  const byId = new Map(routes.map((route) => [route.id, route]));
  const responses: { [name: string]: object } = {};
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const route = byId.get(path[method]?.operationId ?? '');
      if (path[method] && route) Object.assign(path[method], describe(path[method], route, method, responses));
    }
  }
  const collector = new ComponentCollector();
  const paths = collector.resolve(document.paths) as OpenAPIObject['paths'];
  const shared = { responses: collector.resolve(responses), headers: sharedHeaders };
  collector.resolve(anyFailure);
  const { securitySchemes } = document.components ?? {};
  const components = { schemas: collector.schemas, ...shared, securitySchemes } as OpenAPIObject['components'];
  return { ...document, paths, components };
}

function foundation(): Omit<OpenAPIObject, 'paths'> {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Retrace API')
    .setDescription(API_OVERVIEW)
    .setVersion('2')
    .addServer('/', 'This server')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The API_TOKEN of the server, where it has one' })
    .build();
  return { ...base, tags: Object.values(TAGS), security: [{ bearer: [] }, {}] };
}

/** The parts of an operation that stand in place of those that Nest has found by itself. */
function describe(
  { operationId, parameters, responses }: OperationObject,
  { doc, body, query, message }: RouteInput,
  method: string,
  shared: { [name: string]: object },
): object {
  const isPublic = doc?.isPublic === true;
  const failures = [...commonFailures({ isPublic, takesBody: method !== 'get' }), ...(doc?.failures ?? [])];
  const answers: Answers = doc?.answers ?? undescribed(responses);
  const successes = Object.entries(answers).map(
    ([status, answer]) => [status, successResponse(answer, message)] as const,
  );
  return {
    operationId: doc?.operationId ?? operationId,
    tags: doc && [doc.tag],
    summary: doc?.summary,
    description: doc?.description,
    parameters: parameterObjects(parameters, doc?.parameters, query),
    requestBody: bodyObject(body, doc?.body),
    responses: Object.fromEntries([...successes, ...failureResponses(failures, shared)]),
    ...(isPublic && { security: [] }),
  };
}

/** What is known of the answers of a method that says nothing of them. */
function undescribed(responses: OperationObject['responses']): Answers {
  const statuses = Object.keys(responses).filter((status) => status.startsWith('2'));
  const answer = { description: 'Success', data: anyJson<unknown>('What the operation answers'), example: null };
  return Object.fromEntries(statuses.map((status) => [status, answer]));
}
