import { jest } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nodeContext, type TestNodeContext } from '../../test/support/node-context.js';
import {
  answerJson,
  startHttpService,
  type HttpService,
  type ReceivedRequest,
} from '../../test/support/http-service.js';
import { NodeError } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import type { NodeContext, NodeOutput } from '../engine/ports.js';
import { DrivenExecution } from '../engine/testing/driven-execution.js';
import { externalApiNode } from './external-api-node.js';
import { NodeRegistry } from './node-registry.js';

type Route = (response: ServerResponse, request: ReceivedRequest, raw: IncomingMessage) => void;

const routes = new Map<string, Route>();
let service: HttpService;
let other: HttpService;

beforeAll(async () => {
  const answer = (request: ReceivedRequest, response: ServerResponse, raw: IncomingMessage) => {
    const route = routes.get(request.path.split('?')[0] ?? '');
    if (route) route(response, request, raw);
    else answerJson(response, 200, { path: request.path, method: request.method });
  };
  service = await startHttpService(answer);
  other = await startHttpService(answer);
});

beforeEach(() => {
  routes.clear();
  service.requests.length = 0;
  other.requests.length = 0;
});

afterAll(async () => {
  await service.close();
  await other.close();
});

function context(config: JsonObject, given: Partial<NodeContext> = {}): TestNodeContext {
  return nodeContext({ url: `${service.url}/x`, ...config }, given);
}

async function call(config: JsonObject, given: Partial<NodeContext> = {}): Promise<JsonObject> {
  const result = (await externalApiNode.execute(context(config, given))) as NodeOutput;
  return result.outputs as JsonObject;
}

async function failure(config: JsonObject, given: Partial<NodeContext> = {}): Promise<NodeError> {
  try {
    await call(config, given);
  } catch (error) {
    if (error instanceof NodeError) return error;
    throw error;
  }
  throw new Error('The call did not fail');
}

const sent = (from = service): ReceivedRequest => {
  const request = from.requests.at(-1);
  if (!request) throw new Error('Nothing was received');
  return request;
};

/** A server that speaks no HTTP of its own accord. */
async function rawServer(
  onData: (socket: import('node:net').Socket) => void,
): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => onData(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

describe('the request of an external-api node', () => {
  it('sends method, url, query, headers and a body as JSON, with the idempotency key', async () => {
    await call({
      method: 'post',
      url: `${service.url}/orders?a=1`,
      query: { b: 'x y', list: [1, true], gone: null },
      headers: { 'X-Trace': 7, Accept: 'application/json' },
      body: { total: 5 },
    });
    expect(sent()).toMatchObject({ method: 'POST', path: '/orders?a=1&b=x+y&list=1&list=true', body: '{"total":5}' });
    expect(sent().headers).toMatchObject({
      'x-trace': '7',
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': 'rt_key',
    });
  });

  it('leaves a key and a content type of its own as they are, and a text body as it is', async () => {
    await call({ method: 'PUT', headers: { 'idempotency-key': 'mine', 'Content-Type': 'text/csv' }, body: 'a;b' });
    expect(sent().headers).toMatchObject({ 'idempotency-key': 'mine', 'content-type': 'text/csv' });
    expect(sent().body).toBe('a;b');
  });

  it('is a GET when no method is given, also by the alias http-request', async () => {
    await call({});
    expect(sent().method).toBe('GET');
    expect(new NodeRegistry().get('http-request')).toBe(externalApiNode);
  });

  it('turns credentials in the URL into Basic authentication', async () => {
    await call({ url: service.url.replace('http://', 'http://me:p%40ss@') });
    expect(sent().headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  it.each<[string, JsonObject]>([
    ['a URL of another kind', { url: 'file:///etc/passwd' }],
    ['no URL', { url: 'nowhere' }],
    ['a body of a GET', { body: 1 }],
    ['a header name that is none', { headers: { 'a b': 'c' } }],
    ['a header value over two lines', { headers: { a: 'b\r\nc: d' } }],
    ['a header of the connection', { headers: { 'Content-Length': '5' } }],
  ])('with %s is refused before anything is sent', async (_name, config) => {
    expect(await failure(config)).toMatchObject({ code: 'INVALID_CONFIG', effect: 'none' });
    expect(service.requests).toEqual([]);
  });
});

describe('the outputs of an external-api node', () => {
  it('are status, headers and body of the answer: JSON as its value, anything else as text', async () => {
    expect(await call({})).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { path: '/x', method: 'GET' },
    });
    routes.set('/text', (response) =>
      response.writeHead(201, { 'content-type': 'text/plain; charset=iso-8859-1' }).end(Buffer.from([0xe4])),
    );
    expect(await call({ url: `${service.url}/text` })).toMatchObject({ status: 201, body: 'ä' });
    routes.set('/broken', (response) =>
      response.writeHead(200, { 'content-type': 'application/problem+json' }).end('{"a":'),
    );
    expect((await call({ url: `${service.url}/broken` })).body).toBe('{"a":');
    routes.set('/none', (response) => response.writeHead(204).end());
    expect(await call({ url: `${service.url}/none` })).toMatchObject({ status: 204, body: '' });
    expect(await call({ method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('do not show cookies and other credentials', async () => {
    routes.set('/x', (response) => {
      response.setHeader('set-cookie', ['session=secret', 'b=c']);
      answerJson(response, 200, {}, { 'x-auth-token': 'secret', 'x-other': 'seen' });
    });
    const { headers } = await call({});
    expect(headers).toMatchObject({ 'set-cookie': '***', 'x-auth-token': '***', 'x-other': 'seen' });
    expect(JSON.stringify(headers)).not.toContain('secret');
  });

  it('are those of a success by the statuses of expect, else 200 to 299', async () => {
    routes.set('/x', (response) => answerJson(response, 404, { gone: true }));
    expect(await call({ expect: [200, 404] })).toMatchObject({ status: 404, body: { gone: true } });
    routes.set('/x', (response) => answerJson(response, 200, {}));
    expect((await failure({ expect: [201] })).code).toBe('HTTP_200');
  });

  it('above 10 MiB are refused with OUTPUT_TOO_LARGE, and not read on', async () => {
    let written = 0;
    routes.set('/x', (response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'a');
      response.writeHead(200, { 'content-type': 'text/plain' });
      const write = () => {
        while (written < 200 && !response.destroyed) {
          written += 1;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    });
    const error = await failure({});
    expect(error).toMatchObject({ code: 'OUTPUT_TOO_LARGE', status: 200 });
    expect(error.effect).toBeUndefined();
    expect(written).toBeLessThan(100);
  });

  it('may be exactly 10 MiB', async () => {
    routes.set('/x', (response) => response.end('a'.repeat(10 * 1024 * 1024)));
    expect(((await call({})).body as string).length).toBe(10 * 1024 * 1024);
  });
});

describe('a refusal by the service of an external-api node', () => {
  it('has HTTP_<status> as code, its body as details, and surely no effect', async () => {
    routes.set('/x', (response) => answerJson(response, 422, { error: 'no stock' }));
    expect(await failure({ method: 'POST', body: {} })).toMatchObject({
      code: 'HTTP_422',
      status: 422,
      effect: 'none',
      details: { status: 422, body: { error: 'no stock' } },
      message: `POST ${service.url}/x was answered with 422 Unprocessable Entity`,
    });
  });

  it.each([
    [500, 'none'],
    [503, 'none'],
    [502, undefined],
    [504, undefined],
  ])('with %d says of its effect: %s', async (status, effect) => {
    routes.set('/x', (response) => answerJson(response, status, {}));
    expect(await failure({ method: 'POST' })).toMatchObject({ code: `HTTP_${status}`, status, effect });
  });

  it('keeps a part of a long body', async () => {
    routes.set('/x', (response) => answerJson(response, 400, { text: 'a'.repeat(1_000_000) }));
    const { details } = await failure({});
    expect(details?.body).toHaveLength(16 * 1024 + 1);
  });

  it('passes on how long to wait', async () => {
    routes.set('/x', (response) => answerJson(response, 429, {}, { 'retry-after': '7' }));
    expect(await failure({})).toMatchObject({ code: 'HTTP_429', status: 429, retryAfterMs: 7000 });
    const date = new Date('2030-01-01T00:00:00Z');
    const later = new Date(date.getTime() + 90_000);
    routes.set('/x', (response) =>
      answerJson(response, 503, {}, { date: date.toUTCString(), 'retry-after': later.toUTCString() }),
    );
    expect((await failure({})).retryAfterMs).toBe(90_000);
    routes.set('/x', (response) => answerJson(response, 503, {}, { 'retry-after': '999999999' }));
    expect((await failure({})).retryAfterMs).toBe(24 * 3_600_000);
    routes.set('/x', (response) => answerJson(response, 503, {}, { 'retry-after': 'soon' }));
    expect((await failure({})).retryAfterMs).toBeUndefined();
  });

  it('is told by its status when its body breaks off', async () => {
    routes.set('/x', (response) => {
      response.writeHead(503, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await failure({})).toMatchObject({ code: 'HTTP_503', effect: 'none' });
  });
});

describe('a redirect of an external-api node', () => {
  const redirect =
    (status: number, location: string): Route =>
    (response) =>
      response.writeHead(status, { location }).end('moved');

  it('is followed with the same method and body after 307 and 308', async () => {
    for (const status of [307, 308]) {
      routes.set('/x', redirect(status, '/y?a=1'));
      expect((await call({ method: 'POST', body: { a: 1 } })).body).toEqual({ path: '/y?a=1', method: 'POST' });
      expect(sent()).toMatchObject({ method: 'POST', path: '/y?a=1', body: '{"a":1}' });
      expect(sent().headers['idempotency-key']).toBe('rt_key');
    }
  });

  it('turns a POST into a GET after 301, 302 and 303', async () => {
    for (const status of [301, 302, 303]) {
      routes.set('/x', redirect(status, '/y'));
      await call({ method: 'POST', body: { a: 1 } });
      expect(sent()).toMatchObject({ method: 'GET', path: '/y', body: '' });
      expect(sent().headers['content-type']).toBeUndefined();
    }
    routes.set('/x', redirect(302, '/y'));
    await call({ method: 'PUT', body: 'a' });
    expect(sent()).toMatchObject({ method: 'PUT', body: 'a' });
  });

  it('does not take credentials to another host', async () => {
    const headers = { Authorization: 'Bearer a', Cookie: 'b=c', 'X-Api-Key': 'k', 'X-Other': 'o' };
    routes.set('/x', redirect(307, `${other.url}/z`));
    await call({ method: 'POST', headers, body: {} });
    expect(sent(other).headers).toMatchObject({ 'x-other': 'o', 'idempotency-key': 'rt_key' });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(sent(other).headers[name]).toBeUndefined();
    routes.set('/x', redirect(307, '/z'));
    await call({ method: 'POST', headers, body: {} });
    expect(sent().headers).toMatchObject({ authorization: 'Bearer a', cookie: 'b=c', 'x-api-key': 'k' });
  });

  it('is followed five times and no more, then HTTP_302', async () => {
    for (let step = 0; step < 10; step++) routes.set(`/${step}`, redirect(302, `/${step + 1}`));
    expect(await call({ url: `${service.url}/5` })).toMatchObject({ body: { path: '/10' } });
    expect(await failure({ url: `${service.url}/4` })).toMatchObject({ code: 'HTTP_302', effect: 'none' });
  });

  it('is the answer when its status is expected, or it leads out of HTTP', async () => {
    routes.set('/x', redirect(302, '/y'));
    expect(await call({ expect: [302] })).toMatchObject({ status: 302, headers: { location: '/y' } });
    routes.set('/x', redirect(302, 'file:///etc/passwd'));
    expect((await failure({})).code).toBe('HTTP_302');
  });
});

describe('an external-api node without an answer', () => {
  it('fails with NETWORK_ERROR, surely without an effect when no connection was made', async () => {
    const { url, server } = await rawServer(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect(await failure({ method: 'POST', url })).toMatchObject({
      code: 'NETWORK_ERROR',
      effect: 'none',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(await failure({ url: 'http://name.invalid/' })).toMatchObject({ code: 'NETWORK_ERROR', effect: 'none' });
    expect(await failure({ url: 'http://127.0.0.1:1/' })).toMatchObject({ code: 'NETWORK_ERROR', effect: 'none' });
    expect(await failure({ url: service.url.replace('http://127.0.0.1', 'https://127.0.0.1') })).toMatchObject({
      code: 'NETWORK_ERROR',
      effect: 'none',
    });
  });

  it('fails with NETWORK_ERROR and an unknown effect when the connection was cut afterwards', async () => {
    const { url, server } = await rawServer((socket) => socket.destroy());
    const error = await failure({ method: 'POST', url, body: {} });
    expect(error.code).toBe('NETWORK_ERROR');
    expect(error.effect).toBeUndefined();
    await new Promise((resolve) => server.close(resolve));
  });

  it('fails with NETWORK_ERROR and an unknown effect when the answer breaks off', async () => {
    routes.set('/x', (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const error = await failure({ method: 'POST' });
    expect(error.code).toBe('NETWORK_ERROR');
    expect(error.effect).toBeUndefined();
  });

  it('fails with TIMEOUT at its timeout, whether headers or the rest are late', async () => {
    routes.set('/x', () => undefined);
    const silent = await failure({ method: 'POST', timeout: 50 });
    expect(silent).toMatchObject({ code: 'TIMEOUT' });
    expect(silent.effect).toBeUndefined();
    routes.set('/x', (response) => {
      response.writeHead(200);
      response.write('half');
    });
    expect((await failure({ timeout: 50 })).code).toBe('TIMEOUT');
  });

  it('has no timeout of its own where its config has none: that of its attempt holds', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'hrtime', 'Date'] });
    try {
      routes.set('/x', (response) => {
        jest.advanceTimersByTime(3_600_000);
        answerJson(response, 200, {});
      });
      expect(await call({})).toMatchObject({ status: 200 });
    } finally {
      jest.useRealTimers();
    }
  });

  it('gives the reason when its attempt is aborted', async () => {
    const reason = new NodeError('CANCELLED', 'The execution is being cancelled');
    const own = context({ method: 'POST' });
    routes.set('/x', () => own.abort(reason));
    await expect(externalApiNode.execute(own)).rejects.toBe(reason);
    await expect(externalApiNode.execute(own)).rejects.toBe(reason);
  });
});

describe('what is counted of external-api nodes', () => {
  it('is each request and the bytes of the bodies', async () => {
    routes.set('/x', (response) => response.writeHead(307, { location: '/y' }).end());
    routes.set('/y', (response) => response.end('äöü'));
    const own = context({ method: 'POST', body: 'grüße' });
    await externalApiNode.execute(own);
    expect(own.use).toEqual({ requestCount: 2, bytesSent: 2 * Buffer.byteLength('grüße'), bytesReceived: 6 });
  });
});

describe('the compensation of an external-api node', () => {
  const undo = (config: JsonObject, rollback: JsonObject) =>
    externalApiNode.rollback?.({
      ...context(config, { idempotencyKey: 'rt_key_undo' }),
      outputs: { body: { id: 7 } },
      rollback,
    });

  it('sends its own request, of rollback.method and rollback.url, with its own key', async () => {
    await undo({ method: 'POST' }, { method: 'delete', url: `${service.url}/orders/7` });
    expect(sent()).toMatchObject({ method: 'DELETE', path: '/orders/7' });
    expect(sent().headers['idempotency-key']).toBe('rt_key_undo');
  });

  it.each<[string, JsonObject, Partial<ReceivedRequest>]>([
    ['headers', { headers: { 'X-Why': 'undo' } }, { headers: expect.objectContaining({ 'x-why': 'undo' }) as never }],
    ['query', { query: { why: 'undo' } }, { path: '/orders/7?why=undo' }],
    ['body', { body: { why: 'undo' } }, { body: '{"why":"undo"}' }],
  ])('sends rollback.%s', async (_, more, expected) => {
    await undo({ method: 'POST' }, { method: 'POST', url: `${service.url}/orders/7`, ...more });
    expect(sent()).toMatchObject(expected);
  });

  it('obeys rollback.timeout and rollback.expect', async () => {
    const url = `${service.url}/orders/7`;
    routes.set('/orders/7', (response) => answerJson(response, 404, {}));
    await undo({ method: 'POST' }, { method: 'DELETE', url, expect: [200, 404] });
    routes.set('/orders/7', () => undefined);
    await expect(undo({ method: 'POST' }, { method: 'DELETE', url, timeout: 50 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });

  it('fails as a call does', async () => {
    routes.set('/orders/7', (response) => answerJson(response, 409, {}));
    await expect(undo({ method: 'POST' }, { method: 'DELETE', url: `${service.url}/orders/7` })).rejects.toMatchObject({
      code: 'HTTP_409',
    });
  });

  it('of a request that changed nothing is nothing', async () => {
    await undo({ method: 'GET' }, {});
    await undo({}, {});
    expect(service.requests).toEqual([]);
    await expect(undo({ method: 'POST' }, {})).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('an external-api node in an execution', () => {
  const drive = (answer: () => Promise<Response>, more: JsonObject = {}) =>
    DrivenExecution.run(
      { nodes: [{ id: 'a', type: 'external-api', config: { method: 'POST', url: 'http://shop/' }, ...more }] },
      { types: [externalApiNode], createFetch: () => answer },
    );
  const pauses = (execution: DrivenExecution) => execution.eventsOf('node:retrying').map(({ delay }) => delay);
  const status = (code: number) => async () => new Response('', { status: code });

  it.each([
    ['HTTP_503', status(503), [1000, 2000]],
    ['HTTP_429', status(429), [1000, 2000]],
    ['NETWORK_ERROR', async () => Promise.reject(new TypeError('fetch failed')), [1000, 2000]],
    ['HTTP_500', status(500), []],
    ['HTTP_404', status(404), []],
  ])('after %s is tried three times or once', async (code, answer, expected) => {
    const execution = await drive(answer);
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code }, attempt: expected.length + 1 });
    expect(pauses(execution)).toEqual(expected);
  });

  it('has a timeout of 30 s, or that of the node, and is tried again after TIMEOUT', async () => {
    const never = () => new Promise<Response>(() => {});
    const byDefault = await drive(never);
    expect(byDefault.node('a')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' }, outcome: 'unknown' });
    expect(byDefault.elapsed).toBe(3 * 30_000 + 3000);
    expect((await drive(never, { timeout: 50_000 })).elapsed).toBe(3 * 50_000 + 3000);
  });
});
