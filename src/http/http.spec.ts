import { once } from 'node:events';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Body, Controller, Delete, Get, HttpCode, Module, Param, Post, Query } from '@nestjs/common';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { startTestServer, type TestServer } from '../../test/support/test-server.js';
import { EngineError, type ErrorCode } from '../engine/errors.js';
import { Actor } from './actor.js';
import { IsFreeObject, Omittable, PrefixedParameters } from './dto-rules.js';
import { Answer, BodyLimit, Message, RawAnswer } from './envelope.js';
import { PageQuery, pagination } from './pagination.js';

class TriggerDto {
  @IsIn(['manual', 'api'])
  type!: string;

  @IsOptional()
  @IsFreeObject()
  data?: object;
}

class CommandDto {
  @IsString()
  @MaxLength(10)
  name!: string;

  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;

  @Omittable()
  @IsString()
  targetNodeId?: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => TriggerDto)
  trigger?: TriggerDto;
}

class ListQuery extends PageQuery {
  @IsOptional()
  @IsArray()
  @IsIn(['a', 'b'], { each: true })
  status?: string[];

  @IsOptional()
  @IsBoolean()
  publishedOnly?: boolean;

  @IsOptional()
  @IsInt()
  from?: number;

  @IsOptional()
  @PrefixedParameters('label.')
  labels?: Record<string, string>;
}

@Controller('things')
class ThingsController {
  @Post()
  @Message('Thing created successfully')
  create(@Body() body: CommandDto, @Actor() actor: string | undefined) {
    return { body, actor };
  }

  @Get()
  list(@Query() query: ListQuery) {
    return { query, pagination: pagination(query, 41) };
  }

  @Post('bare')
  @HttpCode(200)
  bare() {
    return new Answer({ done: true }, 'Did it');
  }

  @Post('big')
  @BodyLimit(100_000)
  big(@Body() body: unknown) {
    return JSON.stringify(body).length;
  }

  @Get('raw')
  @RawAnswer()
  raw() {
    return { bare: true };
  }

  @Get('broken')
  broken() {
    throw new Error('secret: SELECT password FROM users');
  }

  @Get('away')
  away() {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
  }

  @Get('refused/:code')
  refused(@Param('code') code: string) {
    throw new EngineError(code as ErrorCode, 'Refused', { why: code });
  }

  @Get(':id')
  get(@Param('id') id: string) {
    throw new EngineError('NOT_FOUND', 'Thing not found', { id });
  }

  @Delete(':id')
  @Message('Thing deleted successfully')
  remove(): null {
    return null;
  }
}

/** What the OpenAPI document says of {@link CommandDto}. */
const commandSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: { name: { type: 'string', maxLength: 10 }, dryRun: { type: ['boolean', 'null'] } },
};

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('the HTTP layer', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ BODY_LIMIT: '2048', CORS_ORIGINS: 'https://tools.example.com' }, ThingsModule);
  });
  afterAll(() => server.close());

  const send = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init);
  const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    send('/api/v2/things', { method: 'POST', body, headers });

  test('puts answers into the envelope, with code 200 also under 201', async () => {
    const { status, body } = await server.call('POST', '/things', { name: 'a' });

    expect(status).toBe(201);
    expect(body).toEqual({
      code: 200,
      success: true,
      data: { body: { name: 'a' } },
      message: 'Thing created successfully',
      timestamp: expect.any(Number) as number,
    });
  });

  test('has an envelope for null, for plain values and for a message of its own, and none for raw answers', async () => {
    const deleted = await server.call('DELETE', '/things/1');
    const bare = await server.call('POST', '/things/bare');
    const big = await server.call('POST', '/things/big', { text: 'x'.repeat(50_000) });
    const raw = await (await send('/api/v2/things/raw')).json();

    expect(deleted.body).toMatchObject({ code: 200, success: true, data: null, message: 'Thing deleted successfully' });
    expect(bare.body).toMatchObject({ data: { done: true }, message: 'Did it' });
    expect(big.body.data).toBe(50_011);
    expect(raw).toEqual({ bare: true });
  });

  test('gives coded errors their status and details', async () => {
    const { status, body } = await server.call('GET', '/things/7');

    expect(status).toBe(404);
    expect(body).toMatchObject({
      code: 404,
      success: false,
      data: null,
      message: 'Thing not found',
      error: { code: 'NOT_FOUND', details: { id: '7' } },
    });
  });

  test.each<[ErrorCode, number]>([
    ['INVALID_PARAMS', 400],
    ['UNAUTHORIZED', 401],
    ['FORBIDDEN', 403],
    ['NOT_FOUND', 404],
    ['CONFLICT', 409],
    ['INVALID_TRANSITION', 409],
    ['ROLLBACK_UNSAFE', 409],
    ['PLAN_CHANGED', 409],
    ['REVISION_INCOMPATIBLE', 409],
    ['PAYLOAD_TOO_LARGE', 413],
    ['UNSUPPORTED_MEDIA_TYPE', 415],
    ['VALIDATION_FAILED', 422],
    ['UNSTORABLE', 422],
    ['RATE_LIMIT_EXCEEDED', 429],
    ['INTERNAL_ERROR', 500],
    ['SERVICE_UNAVAILABLE', 503],
  ])('answers what is refused as %s with HTTP %d', async (code, status) => {
    const response = await send(`/api/v2/things/refused/${code}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      code: status,
      success: false,
      data: null,
      message: 'Refused',
      error: { code, details: { why: code } },
    });
  });

  test('tells nothing of an unexpected error, which is INTERNAL_ERROR', async () => {
    const { status, body } = await server.call('GET', '/things/broken');

    expect(status).toBe(500);
    expect(body.error).toEqual({ code: 'INTERNAL_ERROR' });
    expect(JSON.stringify(body)).not.toMatch(/secret|SELECT|spec/);
  });

  test('answers SERVICE_UNAVAILABLE with Retry-After when the database is away', async () => {
    const { status, headers, body } = await server.call('GET', '/things/away');

    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('1');
    expect(body.error?.code).toBe('SERVICE_UNAVAILABLE');
  });

  test.each([
    ['malformed JSON', 400, 'INVALID_PARAMS', () => post('{"name":')],
    ['a body that is no object', 400, 'INVALID_PARAMS', () => post('[]')],
    ['null for a body', 400, 'INVALID_PARAMS', () => post('null')],
    ['__proto__ as a name', 400, 'INVALID_PARAMS', () => post('{"name":"a","__proto__":{"x":1}}')],
    ['101 levels', 400, 'INVALID_PARAMS', () => post('['.repeat(101) + ']'.repeat(101))],
    ['100,000 levels that never close', 400, 'INVALID_PARAMS', () => post('{"a":'.repeat(400))],
    [
      'another type of content',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      () => post('name=a', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['plain text', 415, 'UNSUPPORTED_MEDIA_TYPE', () => post('hello', { 'content-type': 'text/plain' })],
    ['a body above the limit', 413, 'PAYLOAD_TOO_LARGE', () => post(JSON.stringify({ name: 'x'.repeat(3000) }))],
    ['an unknown route', 404, 'NOT_FOUND', () => send('/api/v2/nothing')],
    ['an unknown route outside of the API', 404, 'NOT_FOUND', () => send('/nothing')],
    ['another method', 404, 'NOT_FOUND', () => send('/api/v2/things/raw', { method: 'PATCH' })],
    ['a path that cannot be decoded', 400, 'INVALID_PARAMS', () => send('/api/v2/things/%zz')],
    ['U+0000 in a path', 400, 'INVALID_PARAMS', () => send('/api/v2/things/a%00b')],
  ] as const)('refuses %s in the envelope with %d %s', async (_, status, code, act) => {
    const response = await act();
    const body = (await response.json()) as Record<string, unknown>;

    expect(response.status).toBe(status);
    expect(body).toMatchObject({ code: status, success: false, data: null, error: { code } });
    expect(response.headers.get('x-request-id')).toBeTruthy();
  });

  test('names the field that is wrong, also inside another', async () => {
    const { status, body } = await server.call('POST', '/things', { name: 5, trigger: { type: 'magic' } });

    expect(status).toBe(400);
    expect(body.error?.details).toEqual([
      { field: 'name', message: expect.stringMatching(/^name must be/) as string },
      { field: 'trigger.type', message: expect.stringMatching(/^trigger.type must be one of/) as string },
    ]);
  });

  test('suggests the nearest field for an unknown one', async () => {
    const { status, body } = await server.call('POST', '/things', {
      name: 'a',
      dryrun: true,
      trigger: { type: 'api', dta: 1 },
    });

    expect(status).toBe(400);
    expect(body.error?.details).toEqual([
      { field: 'dryrun', message: 'unknown field "dryrun"; did you mean "dryRun"?' },
      { field: 'trigger.dta', message: 'unknown field "trigger.dta"; did you mean "data"?' },
    ]);
  });

  test('tells a field that may be left out from one that may be null', async () => {
    expect((await server.call('POST', '/things', { name: 'a', dryRun: null })).status).toBe(201);
    const refused = await server.call('POST', '/things', { name: 'a', targetNodeId: null });

    expect(refused.status).toBe(400);
    expect(refused.body.error?.details).toMatchObject([{ field: 'targetNodeId' }]);
  });

  test('lets free objects through untouched', async () => {
    const data = { deep: [{ a: null, 'x.y': 1.5, ключ: '\u0000' }] };
    const { body } = await server.call('POST', '/things', { name: 'a', trigger: { type: 'api', data } });

    expect(body.data).toEqual({ body: { name: 'a', trigger: { type: 'api', data } } });
  });

  test('reads a query by its declared types, with defaults', async () => {
    const { body } = await server.call(
      'GET',
      '/things?status=a,b&publishedOnly=true&from=-5&page=2&label.team=x&label.env=',
    );
    const plain = await server.call('GET', '/things?status=');

    expect(body.data).toEqual({
      query: {
        status: ['a', 'b'],
        publishedOnly: true,
        from: -5,
        page: 2,
        pageSize: 20,
        labels: { team: 'x', env: '' },
      },
      pagination: { page: 2, pageSize: 20, total: 41, totalPages: 3 },
    });
    expect(plain.body.data).toMatchObject({ query: { page: 1, pageSize: 20 } });
  });

  test.each([
    ['page=1&page=2', 'page'],
    ['page=0', 'page'],
    ['page=1.5', 'page'],
    ['page=', 'page'],
    ['pageSize=201', 'pageSize'],
    ['publishedOnly=yes', 'publishedOnly'],
    ['status=a,c', 'status'],
    ['pagesize=3', 'pagesize'],
    ['from=1e3', 'from'],
    ['from=%00', 'from'],
    ['label.a=1&label.a=2', 'label.a'],
    ['__proto__=1', '__proto__'],
  ])('refuses the query %s', async (query, field) => {
    const { status, body } = await server.call('GET', `/things?${query}`);

    expect(status).toBe(400);
    expect(body.error?.details).toMatchObject([{ field }]);
  });

  test('refuses a query and a body where none is taken', async () => {
    const query = await server.call('POST', '/things/bare?dryRun=true');
    const body = await server.call('POST', '/things/bare', { dryRun: true });
    const empty = await server.call('POST', '/things/bare', {});

    expect(query.body.error?.details).toMatchObject([{ field: 'dryRun' }]);
    expect(body.body.error?.details).toMatchObject([{ field: 'dryRun' }]);
    expect(empty.status).toBe(200);
  });

  test('takes a POST without a body, with or without a type', async () => {
    const typed = await send('/api/v2/things/bare', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const bare = await send('/api/v2/things/bare', { method: 'POST' });

    expect([typed.status, bare.status]).toEqual([200, 200]);
  });

  test('lets a client that sends far too much see why it is refused', async () => {
    const length = 5_000_000;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const head = ['Host: 127.0.0.1', 'Content-Type: application/json', `Content-Length: ${length}`];
    socket.write(`POST /api/v2/things HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
    const [refusal] = (await once(socket, 'data')) as [Buffer];
    // It goes on sending, and the connection holds.
    socket.write('x'.repeat(length));
    socket.end('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');

    expect(refusal.toString()).toMatch(/^HTTP\/1.1 413 [^]*PAYLOAD_TOO_LARGE/);
    expect(await text(socket)).toContain('HTTP/1.1 200 OK');
  });

  test('answers in the envelope what is no HTTP at all', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    const [head, body] = (await text(socket)).split('\r\n\r\n');

    expect(head).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*X-Request-Id: /);
    expect(JSON.parse(body ?? '')).toMatchObject({
      code: 400,
      success: false,
      data: null,
      error: { code: 'INVALID_PARAMS' },
    });
  });

  test("gives each answer an id, the caller's own when it is a sane one", async () => {
    const given = await send('/api/v2/things/raw', { headers: { 'x-request-id': 'abc-1' } });
    const mad = await send('/api/v2/things/raw', { headers: { 'x-request-id': '<script>' } });

    expect(given.headers.get('x-request-id')).toBe('abc-1');
    expect(mad.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('knows who calls by X-User-Id, percent-encoded', async () => {
    const zoe = await server.call('POST', '/things', { name: 'a' }, { 'x-user-id': 'Zo%C3%AB%20%E5%BC%A0' });
    const refusals = await Promise.all(
      ['%zz', '%00', '', 'x'.repeat(129)].map((id) =>
        server.call('POST', '/things', { name: 'a' }, { 'x-user-id': id }),
      ),
    );

    expect(zoe.body.data).toMatchObject({ actor: 'Zoë 张' });
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(refusals[0]?.body.error?.details).toMatchObject([{ field: 'X-User-Id' }]);
  });

  test('answers health without a database in the way', async () => {
    const live = await send('/health/live');
    const ready = await send('/health/ready');

    expect([live.status, ready.status]).toEqual([200, 200]);
  });

  test('refuses foreign host names and the pages of other sites with FORBIDDEN, health excepted', async () => {
    const under = (host: string, path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        rawRequest(`${server.url}${path}`, { headers: { host } }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    const from = async (origin: string) => (await send('/api/v2/things/raw', { headers: { origin } })).status;

    expect(await under('evil.example.com', '/api/v2/things/raw')).toBe(403);
    expect(await under('evil.example.com', '/openapi.json')).toBe(403);
    expect(await under('evil.example.com', '/health/live')).toBe(200);
    expect(await under('localhost:1', '/api/v2/things/raw')).toBe(200);
    expect(await from('https://evil.example.com')).toBe(403);
    expect(await from('null')).toBe(403);
    expect(await from(server.url)).toBe(200);
  });

  test('has CORS headers for the origins that are allowed, and for no others', async () => {
    const headers = { origin: 'https://tools.example.com', 'access-control-request-method': 'POST' };
    const preflight = await send('/api/v2/things', { method: 'OPTIONS', headers });
    const plain = await send('/api/v2/things/raw');

    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('x-request-id')).toBeTruthy();
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://tools.example.com');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT, DELETE');
    expect(plain.headers.get('access-control-allow-origin')).toBeNull();
  });

  test("refuses a foreign page's preflight, and an OPTIONS that is none, in the envelope", async () => {
    const headers = { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' };
    const foreign = await send('/api/v2/things', { method: 'OPTIONS', headers });
    const none = await send('/api/v2/things', { method: 'OPTIONS' });

    expect(foreign.headers.get('access-control-allow-methods')).toBeNull();
    expect(await foreign.json()).toMatchObject({ code: 403, error: { code: 'FORBIDDEN' } });
    expect(await none.json()).toMatchObject({ code: 404, error: { code: 'NOT_FOUND' } });
  });

  test('describes the requests exactly in the OpenAPI document', async () => {
    const document: unknown = await (await send('/openapi.json')).json();
    const parameters = ['status', 'publishedOnly', 'from', 'label.<name>', 'page', 'pageSize'];

    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/api/v2/things': {
          post: { requestBody: { required: true, content: { 'application/json': { schema: commandSchema } } } },
          get: { parameters: parameters.map((name) => ({ name })) },
        },
      },
    });
  });

  test('serves its documentation without anything from elsewhere', async () => {
    const page = await (await send('/docs')).text();
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source as string);
    const statuses = await Promise.all(
      sources.map(async (source) => (await send(new URL(source, `${server.url}/docs`).pathname)).status),
    );

    expect(sources.length).toBeGreaterThan(2);
    expect(sources.filter((source) => /^(https?:)?\/\//.test(source))).toEqual([]);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('with an API token', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ API_TOKEN: 'geheim', CORS_ORIGINS: 'https://tools.example.com' }, ThingsModule);
  });
  afterAll(() => server.close());

  const status = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    (await fetch(`${server.url}${path}`, { method, headers })).status;

  test('wants it for the API, however the path is spelled, else UNAUTHORIZED', async () => {
    const token = { authorization: 'Bearer geheim' };

    const refused = await fetch(`${server.url}/api/v2/things/raw`);
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: 401, error: { code: 'UNAUTHORIZED' } }]);
    expect(await status('/api/v2/things/raw', { authorization: 'Bearer falsch' })).toBe(401);
    expect(await status('/%61pi/v2/things/raw')).toBe(401);
    expect(await status('/api/v2/nothing')).toBe(401);
    expect(await status('/api/v2/things/raw', token)).toBe(200);
    expect(await status('/api/v2/things/raw', { authorization: 'bearer  geheim' })).toBe(200);
    expect(await status('/api/v2/things/raw', { ...token, origin: 'https://elsewhere.example.com' })).toBe(200);
  });

  test('leaves open what holds no data, and the question of a browser', async () => {
    const preflight = { origin: 'https://tools.example.com', 'access-control-request-method': 'POST' };

    expect(await status('/health/ready')).toBe(200);
    expect(await status('/openapi.json')).toBe(200);
    expect(await status('/docs')).toBe(200);
    expect(await status('/api/v2/things', preflight, 'OPTIONS')).toBe(204);
    expect(await status('/api/v2/things', { ...preflight, origin: 'https://evil.example.com' }, 'OPTIONS')).toBe(401);
  });
});
