import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket as NetSocket } from 'node:net';
import { JournalFollower } from '../src/monitoring/journal-follower.js';
import { MonitorGateway } from '../src/monitoring/wire/monitor.gateway.js';
import { FeedTestClient } from './support/feed-client.js';
import { largeEvents } from './support/large-events.js';
import { requestBytes, sendBytes } from './support/raw-request.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

let server: TestServer;
const clients: FeedTestClient[] = [];
const PAGE = 'docs/feed.md';
/** So many clients come and go, so many times. */
const CLIENTS = 20;
const ROUNDS = 5;

function connect(options: Parameters<typeof FeedTestClient.of>[1] = {}, to = server): FeedTestClient {
  const client = FeedTestClient.of(to.url, options);
  clients.push(client);
  return client;
}

function connectTo(namespaceUrl: string): FeedTestClient {
  const client = FeedTestClient.at(namespaceUrl);
  clients.push(client);
  return client;
}

const pure = (id: string) => ({ id, type: 'transform', config: { output: { id } } });

beforeAll(async () => {
  server = await startTestServer();
  const nodes = ['a', 'b', 'c'].map(pure);
  const edges = [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'c' },
  ];
  await server.call('POST', '/workflows', { id: 'chain', name: 'Chain', nodes, edges });
  const nap = { id: 'b', type: 'delay', config: { duration: 700 } };
  await server.call('POST', '/workflows', {
    id: 'napping',
    name: 'Napping',
    nodes: [pure('a'), nap, pure('c')],
    edges,
  });
  await server.call('POST', '/workflows', largeEvents);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => server.close());

async function run(workflowId: string, more: object = {}): Promise<string> {
  const { body } = await server.call<{ id: string }>('POST', '/executions?wait=20000', { workflowId, ...more });
  return body.data.id;
}

const messageOf = (client: FeedTestClient): Promise<{ message: string; data?: unknown }> =>
  new Promise((resolve) => client.socket.once('connect_error', resolve as (error: Error) => void));

const types = (client: FeedTestClient, executionId: string) =>
  client.journaled(executionId).map(({ seq, type }) => [seq, type]);

async function journal(executionId: string): Promise<[number, string][]> {
  const { body } = await server.call<{ events: { seq: number; type: string }[] }>(
    'GET',
    `/executions/${executionId}/events?limit=1000`,
  );
  return body.data.events.map(({ seq, type }) => [seq, type]);
}

const hasEnded = (executionId: string) => (client: FeedTestClient) =>
  client.events.some(({ executionId: id, type }) => id === executionId && type === 'execution:completed');

describe('A subscription to one execution', () => {
  test('begins with a snapshot, and every later event follows it once and in order', async () => {
    const runAt = Date.now() + 3_600_000;
    const { body } = await server.call<{ id: string }>('POST', '/executions', { workflowId: 'napping', runAt });
    const { id } = body.data;
    const client = connect();
    const { ok, snapshot } = await client.ask('subscribe', { executionId: id });
    expect(ok).toBe(true);
    expect(snapshot).toMatchObject({ id, workflowId: 'napping', progress: { executionId: id, totalNodes: 3 } });
    expect(((snapshot?.nodes ?? []) as object[])[0]).not.toHaveProperty('inputs');
    const seq = snapshot?.seq as number;
    await server.call('PUT', `/executions/${id}/status`, { status: 'running' });
    await client.until(hasEnded(id));
    const all = await journal(id);
    expect(types(client, id)).toEqual(all.slice(seq));
    expect(client.events.every(({ executionId, cursor }) => executionId === id && cursor.length > 0)).toBe(true);
  });

  test('goes on after the event that the client has seen, or says that it cannot', async () => {
    const id = await run('chain');
    const all = await journal(id);
    const client = connect();
    expect(await client.ask('subscribe', { executionId: id, afterSeq: 2 })).toEqual({ ok: true, seq: all.length });
    await client.until(({ events }) => events.length === all.length - 2);
    expect(types(client, id)).toEqual(all.slice(2));
    const above = await client.ask('subscribe', { executionId: id, afterSeq: 99_999_999_999 });
    expect(above).toMatchObject({ ok: true, reset: true, snapshot: { id, seq: all.length } });
  });

  test('ends with the ack of unsubscribe, and is replaced by a new one', async () => {
    const { body } = await server.call<{ id: string }>('POST', '/executions', { workflowId: 'napping' });
    const { id } = body.data;
    const [leaving, staying] = [connect(), connect()];
    await Promise.all([leaving, staying].map((client) => client.ask('subscribe', { executionId: id, batch: true })));
    await staying.ask('subscribe', { executionId: id, afterSeq: 0 });
    expect(await leaving.ask('unsubscribe', { executionId: id })).toEqual({ ok: true });
    const { length } = leaving.events;
    await staying.until(hasEnded(id));
    expect(types(staying, id)).toEqual(await journal(id));
    expect(leaving.events).toHaveLength(length);
    expect(await leaving.ask('unsubscribe', { executionId: 'never' })).toEqual({ ok: true });
  });
});

describe('A subscription to all executions', () => {
  test('counts by status, sends what its filters let through, and goes on after a cursor', async () => {
    const everything = connect();
    const some = connect();
    const { ok, counts, cursor } = await everything.ask('subscribe', { executionId: '*', batch: true });
    expect([ok, typeof cursor]).toEqual([true, 'string']);
    const filter = { workflowId: 'chain', types: ['execution:completed'], status: ['completed'] };
    await some.ask('subscribe', { executionId: '*', ...filter });
    const ids = [await run('chain'), await run('napping'), await run('chain')];
    for (const id of ids) await everything.until(hasEnded(id));
    for (const id of ids) expect(types(everything, id)).toEqual(await journal(id));
    await some.until(({ events }) => events.length === 2);
    expect(some.events.map(({ executionId, type }) => [executionId, type])).toEqual(
      [ids[0], ids[2]].map((id) => [id, 'execution:completed']),
    );
    expect(some.events[0]?.data).toMatchObject({ row: { id: ids[0], status: 'completed' } });

    const late = connect();
    const ack = await late.ask('subscribe', { executionId: '*', afterCursor: cursor });
    expect(ack).toMatchObject({ ok: true, counts: { completed: (counts?.completed ?? 0) + 3 } });
    for (const id of ids) await late.until(hasEnded(id));
    for (const id of ids) expect(types(late, id)).toEqual(await journal(id));
    const rest = connect();
    const middle = everything.events[5];
    await rest.ask('subscribe', { executionId: '*', afterCursor: middle?.cursor });
    await rest.until(hasEnded(ids[2] as string));
    const names = (events: readonly { executionId: string; seq: number; type: string }[]) =>
      events
        .filter(({ type }) => type !== 'node:started')
        .map(({ executionId, seq, type }) => [executionId, seq, type]);
    expect(names(rest.events)).toEqual(names(everything.events.slice(6)));
  });

  test('has the progress of the executions that it names, and what happens in one that is subscribed to as well once', async () => {
    const { body } = await server.call<{ id: string }>('POST', '/executions', { workflowId: 'napping' });
    const { id } = body.data;
    const client = connect();
    await client.ask('subscribe', { executionId: id, afterSeq: 0 });
    await client.ask('subscribe', { executionId: '*', executionIds: [id] });
    const other = await run('chain');
    await client.until((one) => hasEnded(id)(one) && hasEnded(other)(one));
    expect(types(client, id)).toEqual(await journal(id));
    expect(types(client, other)).toEqual(await journal(other));
    await client.until(({ events }) => events.some(({ data }) => data.progress === 1));
    const progress = client.events.filter(({ type }) => type === 'progress:updated');
    expect(new Set(progress.map(({ executionId }) => executionId))).toEqual(new Set([id]));
    expect(new Set(progress.map((event) => JSON.stringify(event))).size).toBe(progress.length);
  });
});

describe('What is not right', () => {
  test.each<[unknown, string, string]>([
    [{ executionId: 'nobody' }, 'NOT_FOUND', 'Execution not found'],
    [{ executionId: '*', typs: ['x'] }, 'INVALID_PARAMS', 'did you mean "types"?'],
    [{ executionId: '*', types: ['execution:ended'] }, 'INVALID_PARAMS', 'types'],
    [{ executionId: '*', afterCursor: 'never was one' }, 'INVALID_PARAMS', 'afterCursor'],
    [{ executionId: '*', executionIds: Array.from({ length: 101 }, () => 'x') }, 'INVALID_PARAMS', 'executionIds'],
    [{ executionId: '*', workflowId: 'a\0' }, 'INVALID_PARAMS', 'workflowId must not contain'],
    [{ executionId: 'a\0' }, 'INVALID_PARAMS', 'executionId must not contain'],
    [{ executionId: 'x', afterSeq: -1 }, 'INVALID_PARAMS', 'afterSeq'],
    [{ executionId: 'x', batch: 'yes' }, 'INVALID_PARAMS', 'batch'],
    [{ executionId: 7 }, 'INVALID_PARAMS', 'executionId'],
    [{ executionId: Buffer.from('x') }, 'INVALID_PARAMS', 'executionId'],
    [{}, 'INVALID_PARAMS', 'executionId'],
    [null, 'INVALID_PARAMS', 'must be one object'],
    [[{ executionId: '*' }], 'INVALID_PARAMS', 'must be one object'],
  ])('is refused in words (%#)', async (message, code, words) => {
    const client = connect();
    const ack = await client.ask('subscribe', message);
    expect(ack).toEqual({ ok: false, error: { code, message: expect.stringContaining(words) as string } });
    expect(await client.ask('unsubscribe', 'x')).toMatchObject({ ok: false, error: { code: 'INVALID_PARAMS' } });
  });

  test('a message without a wish for an answer, and one that is too large, do no harm', async () => {
    const client = connect();
    client.socket.emit('subscribe', { executionId: '*' });
    client.socket.emit('subscribe');
    client.socket.emit('nonsense', 1);
    await until(async () => {
      await run('chain');
      return client.events.length > 0;
    });
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
    client.socket.emit('subscribe', { executionId: 'x'.repeat(200_000) });
    await gone;
    expect((await server.call('GET', '/executions')).status).toBe(200);
  });

  test('a page of another site, and another name of this machine, are refused', async () => {
    const foreign = { extraHeaders: { origin: 'https://evil.example.com' } };
    for (const transports of [['websocket'], ['polling']]) {
      expect((await messageOf(connect({ ...foreign, transports }))).message).toMatch(/error|poll/);
    }
    const path = '/socket.io/?EIO=4&transport=polling';
    const answer = await sendBytes(
      server.url,
      requestBytes({ method: 'GET', path, headers: { Host: 'evil.example' } }),
    );
    expect(answer.status).toBe(403);
    expect((await messageOf(connectTo(`${server.url}/other`))).message).toBe('Invalid namespace');
    expect((await messageOf(connectTo(server.url))).message).toContain('/monitor');
  });
});

test('With a token the feed wants it', async () => {
  const page = 'https://tools.example.com';
  const guarded = await startTestServer({ API_TOKEN: 'geheim', CORS_ORIGINS: page });
  try {
    for (const options of [{}, { auth: { token: 'falsch' } }, { auth: { token: 7 } }]) {
      const { message, data } = await messageOf(connect(options, guarded));
      expect([message, data]).toEqual([
        expect.stringContaining('API_TOKEN'),
        expect.objectContaining({ code: 'UNAUTHORIZED' }),
      ]);
    }
    const ways = [{ auth: { token: 'geheim' } }, { extraHeaders: { authorization: 'Bearer geheim' } }];
    for (const options of ways) {
      expect(await connect(options, guarded).ask('subscribe', { executionId: '*' })).toMatchObject({ ok: true });
    }
    const polled = await fetch(`${guarded.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: page } });
    expect([polled.status, polled.headers.get('access-control-allow-origin')]).toEqual([200, page]);
  } finally {
    await guarded.close();
  }
});

test('Over polling alone the feed is the same', async () => {
  const client = connect({ transports: ['polling'] });
  await client.ask('subscribe', { executionId: '*', types: ['execution:completed'], batch: true });
  const id = await run('chain');
  await client.until(hasEnded(id));
  expect(client.events).toHaveLength(1);
});

test('A request that would rather speak another protocol is answered as it is', async () => {
  const upgrade = { Connection: 'Upgrade, HTTP2-Settings, close', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABk' };
  const got = await sendBytes(server.url, requestBytes({ method: 'GET', path: '/health/live', headers: upgrade }));
  expect(got.status).toBe(200);
  const body = JSON.stringify({ workflowId: 'chain' });
  const headers = { ...upgrade, 'Content-Type': 'application/json' };
  const request = requestBytes({ method: 'POST', path: '/api/v2/executions', headers, body });
  const posted = await sendBytes(server.url, request);
  expect(posted.status).toBe(201);
});

test('A client that does not read is given a snapshot in place of an endless queue', async () => {
  const { body } = await server.call<{ id: string }>('POST', '/executions', { workflowId: 'napping' });
  const { id } = body.data;
  const slow = connect();
  const quick = connect();
  for (const client of [slow, quick]) await client.ask('subscribe', { executionId: '*', batch: true });
  await slow.ask('subscribe', { executionId: id });
  const connection = (slow.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket;
  connection.pause();
  for (let round = 0; round < 12; round += 1) await quick.until(hasEnded(await run('large')));
  const lost = quick.events.length - slow.events.length;
  connection.resume();
  await slow.until(({ snapshots }) => snapshots.length > 0);
  const last = await run('chain');
  await slow.until(hasEnded(last));

  expect(lost).toBeGreaterThan(1000);
  expect(slow.events.length).toBeLessThan(quick.events.length);
  expect(slow.snapshots.find(({ executionId }) => executionId === '*')).toEqual({
    executionId: '*',
    cursor: expect.any(String) as string,
    counts: expect.any(Object) as object,
    gap: true,
  });
  expect(types(slow, last)).toEqual(await journal(last));
  expect(quick.snapshots).toEqual([]);
});

test('Who comes, subscribes, unsubscribes and goes leaves nothing behind', async () => {
  const id = await run('chain');
  const follower = server.app.get(JournalFollower);
  const { sockets, adapter } = server.app.get(MonitorGateway).namespace;
  for (const client of clients.splice(0)) client.close();
  await until(() => sockets.size === 0 && follower.position === undefined);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  for (let round = 0; round < ROUNDS; round += 1) {
    const coming = Array.from({ length: CLIENTS }, () => connect());
    await Promise.all(
      coming.map(async (client, index) => {
        const executionId = index % 2 === 0 ? '*' : id;
        for (let time = 0; time < 2; time += 1) {
          await client.ask('subscribe', { executionId, batch: index % 3 === 0 });
          await client.ask('unsubscribe', { executionId });
        }
        if (index % 4 > 0) client.socket.emit('subscribe', { executionId });
        if (index % 5 > 0) await client.ask('subscribe', { executionId: id });
        client.close();
      }),
    );
  }
  await until(() => sockets.size === 0 && follower.position === undefined);
  expect([adapter.rooms.size, adapter.sids.size]).toEqual([0, 0]);
  // One for each client or subscription would be more; idle connections to the database have some too.
  expect(timers() - before).toBeLessThan(ROUNDS * CLIENTS);
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('retrace_feed_clients 0');
});

test('A server that stops closes its clients, which come again by themselves', async () => {
  const stopping = await startTestServer({ SHUTDOWN_GRACE_MS: '20000' });
  const client = connect({}, stopping);
  await client.ask('subscribe', { executionId: '*' });
  const stuck = connect({}, stopping);
  await stuck.ask('subscribe', { executionId: '*' });
  (stuck.socket.io.engine.transport as unknown as { ws: { _socket: NetSocket } }).ws._socket.pause();
  const reason = new Promise((resolve) => client.socket.once('disconnect', resolve));
  const began = performance.now();
  await stopping.close();
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(await reason).toBe('transport close');
  expect(client.socket.active).toBe(true);
});

test(`The client of ${PAGE} prints each event once, in ten lines`, async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  expect(code.trimEnd().split('\n')).toHaveLength(10);
  const script = code.replace('http://127.0.0.1:3000', server.url);
  const client = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  const hasPrinted = async (text: string) => {
    while (!printed.includes(text)) printed += String((await once(client.stdout, 'data'))[0]);
  };
  try {
    await hasPrinted('now');
    const id = await run('chain');
    await hasPrinted('execution:completed');
    for (const [seq, type] of await journal(id)) {
      expect(printed.split('\n').filter((line) => line === `${id} ${seq} ${type}`)).toHaveLength(1);
    }
  } finally {
    client.kill();
    await once(client, 'exit');
  }
});
