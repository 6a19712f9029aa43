import { Validator } from '@seriousme/openapi-schema-validator';
import { workflowSchema } from '../src/engine/definition/workflow-schema.js';
import { contentOf, type ApiContract, type ApiOperation } from './support/api-contract.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let contract: ApiContract;

beforeAll(async () => {
  server = await startTestServer();
  contract = server.contract;
});
afterAll(() => server.close());

/** Every schema that stands directly in the document, with its place. */
function* schemas(value: unknown, place: string[] = []): Generator<[string[], Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (name === 'example' || name === 'examples') continue;
    const at = [...place, name];
    if (name === 'schema' || (place.length === 2 && place.join('/') === 'components/schemas')) {
      yield [at, part as Record<string, unknown>];
    } else yield* schemas(part, at);
  }
}

/** Properties without a description, by their paths. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
    if (['enum', 'const', 'default', 'examples', 'mapping'].includes(keyword)) return [];
    if (keyword !== 'properties') return undescribed(value, `${path}/${keyword}`);
    return Object.entries(value as Record<string, Record<string, unknown>>).flatMap(([name, property]) => {
      const at = `${path}/${name}`;
      const isDescribed = typeof property.description === 'string' || property.$ref !== undefined;
      return [...(isDescribed ? [] : [at]), ...undescribed(property, at)];
    });
  });
}

/** The routes that Fastify has, as `METHOD path` with `{}` for each parameter. */
function servedRoutes(): string[] {
  const parents: string[] = [];
  const routes: string[] = [];
  for (const line of server.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^(.*)[├└]── (\S+) \((.+)\)$/.exec(line);
    if (!match) continue;
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    const path = `${depth === 0 ? '' : parents[depth - 1]}${part.replace(/:[^/]+/, '{}')}`;
    parents[depth] = path;
    routes.push(...methods.split(', ').map((method) => `${method} ${path}`));
  }
  return routes;
}

const operations = () => contract.operations.map(({ operation }) => operation);
const unique = (values: string[]) => new Set(values).size === values.length;

describe('the API document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(contract.document) as never);
    expect(errors).toBeUndefined();
    expect([valid, validator.version]).toEqual([true, '3.1']);
  });

  test('describes every route of the server, and no other', () => {
    const served = servedRoutes().filter(
      (route) => !route.startsWith('HEAD') && !/^GET \/(docs|openapi\.json)/.test(route),
    );
    const described = contract.operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
    expect(described.sort()).toEqual(served.sort());
    expect(described.length).toBeGreaterThan(25);
  });

  test('has only schemas that mean something, each of which compiles strictly', () => {
    const places = [...schemas(contract.document)];
    for (const [place] of places) contract.compile(place);
    expect(places.length).toBeGreaterThan(200);
  });

  test('says for every operation what it is, in stable and readable words', () => {
    expect(unique(operations().map(({ operationId }) => operationId))).toBe(true);
    const tags = contract.document.tags.map(({ name }) => name);
    for (const {
      operationId,
      summary,
      tags: [tag, ...others],
    } of operations()) {
      expect(operationId).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
      expect([operationId, summary]).toEqual([operationId, expect.stringMatching(/^[A-Z].*[^.]$/)]);
      expect([operationId, tags.includes(tag ?? ''), others]).toEqual([operationId, true, []]);
    }
  });

  test('describes every parameter with an example that fits it', () => {
    for (const { method, path, operation } of contract.operations) {
      for (const [index, { name, description, example, schema, in: place }] of operation.parameters.entries()) {
        const what = `${operation.operationId} ${name}`;
        expect([what, typeof description]).toEqual([what, 'string']);
        if (name === 'cursor') continue;
        const value = example ?? (schema.examples as unknown[] | undefined)?.[0];
        expect([what, value]).toEqual([what, expect.anything()]);
        contract.match(['paths', path, method.toLowerCase(), 'parameters', String(index), 'schema'], value, what);
        if (place === 'path') expect(path).toContain(`{${name}}`);
      }
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').length;
      expect([operation.operationId, inPath]).toEqual([operation.operationId, path.split('{').length - 1]);
    }
  });

  test('describes every field', () => {
    const parts = { paths: contract.document.paths, components: contract.document.components };
    const found = [...schemas(parts)].flatMap(([place, schema]) => undescribed(schema, place.join('/')));
    expect(found).toEqual([]);
    expect(undescribed(workflowSchema, 'workflowSchema')).toEqual([]);
  });

  test('is written in Markdown that browsers do not take for tags', () => {
    const texts = [...JSON.stringify(contract.document).matchAll(/"(?:description|summary)":"((?:[^"\\]|\\.)*)"/g)];
    const bare = texts.map(([, text = '']) => text.replaceAll(/`[^`]*`/g, '')).filter((text) => /<\w/.test(text));
    expect(texts.length).toBeGreaterThan(500);
    expect(bare).toEqual([]);
  });

  test("closes every object of an answer that is the server's own", () => {
    const open = Object.entries(contract.document.components.schemas).flatMap(([name, schema]) =>
      schema.type === 'object' && schema.additionalProperties !== false ? [name] : [],
    );
    expect(open.sort()).toEqual([
      'ExecutedWorkflow',
      'InputMapping',
      'Workflow',
      'WorkflowChanges',
      'WorkflowDocument',
      'WorkflowEdge',
      'WorkflowNode',
      'WorkflowRow',
    ]);
  });

  test('has examples that are what their schemas say', () => {
    let count = 0;
    for (const placed of contract.operations) {
      const { method, path, operation } = placed;
      const body = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json'];
      const contents: [string[], string][] = operation.requestBody ? [[body, 'request']] : [];
      for (const status of Object.keys(operation.responses)) {
        const [place, response] = contract.responseAt(path, placed, status);
        contents.push([[...place, 'content', contentOf(response)[0]], status]);
      }
      for (const [place, what] of contents) {
        const values = examplesAt(place);
        expect([operation.operationId, what, values.length]).not.toEqual([operation.operationId, what, 0]);
        for (const value of values) {
          contract.match([...place, 'schema'], value, `${operation.operationId} ${what}`);
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(250);
  });

  test('has a body with examples wherever one is taken', () => {
    const withBody = operations().filter(({ requestBody }) => requestBody !== undefined);
    expect(withBody.map(({ operationId }) => operationId).sort()).toEqual([
      'cancelExecution',
      'changeStatus',
      'cleanUpExecutions',
      'cloneWorkflow',
      'createCheckpoint',
      'createExecution',
      'createWorkflow',
      'importWorkflows',
      'rerunExecution',
      'resumeExecution',
      'rollBackExecution',
      'settleNode',
      'updateWorkflow',
      'validateWorkflow',
    ]);
  });

  test('promises the headers of its answers', () => {
    const etags = operations().filter((operation) => headersOf(operation, '200').includes('ETag'));
    expect(etags.map(({ operationId }) => operationId)).toEqual(['getWorkflow', 'updateWorkflow']);
    for (const operation of operations()) {
      for (const status of Object.keys(operation.responses)) {
        expect(headersOf(operation, status)).toContain('X-Request-Id');
      }
      if (operation.responses['503']) expect(headersOf(operation, '503')).toContain('Retry-After');
      if (operation.responses['401']) expect(headersOf(operation, '401')).toContain('WWW-Authenticate');
    }
  });

  test('begins with what a stranger has to know', () => {
    const { description } = contract.document.info;
    for (const word of [
      'envelope',
      'X-Request-Id',
      'API_TOKEN',
      'If-Match',
      'nextCursor',
      '16 MiB',
      'Idempotency-Key',
    ]) {
      expect(description).toContain(word);
    }
  });
});

describe('an answer that the document does not describe', () => {
  const headers = new Headers({ 'content-type': 'application/json; charset=utf-8', 'x-request-id': 'a' });
  const live = (data: unknown, more: object = {}) => {
    const body = { code: 200, success: true, data, message: 'OK', timestamp: 1, ...more };
    return () => contract.check('GET', '/health/live', { status: 200, headers, body });
  };

  test('is told from one that it describes', () => {
    expect(live({ status: 'alive' })).not.toThrow();
    expect(live({ status: 'dead' })).toThrow(/not as the document describes it/);
    expect(live({ status: 'alive', since: 1 })).toThrow(/additionalProperty/);
    expect(live({ status: 'alive' }, { code: 201 })).toThrow(/not as the document/);
    expect(live({ status: 'alive' }, { more: 1 })).toThrow(/additionalProperty/);
    expect(live({})).toThrow(/missingProperty/);
  });

  test('is one with another status, without a header, of another type, or of no operation', () => {
    const body = { code: 200, success: true, data: { status: 'alive' }, message: 'OK', timestamp: 1 };
    const without = (name: string) => {
      const left = new Headers(headers);
      left.delete(name);
      return left;
    };
    const check = (answer: object, path = '/health/live') => {
      return () => contract.check('GET', path, { status: 200, headers, body, ...answer });
    };

    expect(check({ status: 202 })).toThrow(/does not describe/);
    expect(check({ headers: without('x-request-id') })).toThrow(/without the header X-Request-Id/);
    expect(check({ headers: without('content-type') })).toThrow(/with the type null/);
    expect(check({}, '/health/unknown')).toThrow(/no such operation/);
  });
});

function examplesAt(place: readonly string[]): unknown[] {
  let part: unknown = contract.document;
  for (const name of place) part = (part as Record<string, unknown>)[name];
  const { example, examples = {} } = part as { example?: unknown; examples?: Record<string, { value: unknown }> };
  return [...(example === undefined ? [] : [example]), ...Object.values(examples).map(({ value }) => value)];
}

function headersOf(operation: ApiOperation, status: string): string[] {
  const response = operation.responses[status] ?? {};
  const name = '$ref' in response ? (response.$ref as string).split('/').at(-1) : undefined;
  const found = name === undefined ? response : contract.document.components.responses[name];
  return Object.keys((found as { headers?: object } | undefined)?.headers ?? {});
}
