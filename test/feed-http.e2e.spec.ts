import { readFeedCursor, writeFeedCursor } from '../src/monitoring/feed-cursor.js';
import type { FeedEvent } from '../src/monitoring/feed-event.js';
import { EventStreams } from '../src/monitoring/wire/event-streams.js';
import { journaledOf } from './support/feed-client.js';
import { requestBytes, sendBytes } from './support/raw-request.js';
import { SseTestClient } from './support/sse-client.js';
import { largeEvents } from './support/large-events.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

interface Polled {
  events: FeedEvent[];
  cursor: string;
  gap?: true;
}

let server: TestServer;
const streams: SseTestClient[] = [];

beforeAll(async () => {
  server = await startTestServer();
  const nodes = ['a', 'b', 'c'].map((id) => ({ id, type: 'transform', config: { output: { id } } }));
  await server.call('POST', '/workflows', { id: 'three', name: 'Three', nodes, edges: [] });
  await server.call('POST', '/workflows', largeEvents);
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(() => server.close());

async function follow(query = '', headers: Record<string, string> = {}, to = server): Promise<SseTestClient> {
  const stream = await SseTestClient.open(`${to.url}/api/v2/events/stream${query}`, headers);
  streams.push(stream);
  return stream;
}

async function run(workflowId = 'three'): Promise<string> {
  const { body } = await server.call<{ id: string }>('POST', '/executions?wait=20000', { workflowId });
  return body.data.id;
}

async function poll(query = ''): Promise<Polled> {
  const { status, body } = await server.call<Polled>('GET', `/events${query}`);
  expect([status, body.error]).toEqual([200, undefined]);
  return body.data;
}

async function journal(executionId: string): Promise<unknown[]> {
  const { body } = await server.call<{ events: Json[] }>('GET', `/executions/${executionId}/events?limit=1000`);
  return body.data.events.map(({ seq, type }) => [seq, type]);
}

type Json = Record<string, unknown>;

const named = (events: readonly FeedEvent[], executionId: string) =>
  journaledOf(events, executionId).map(({ seq, type }) => [seq, type]);

/** The cursor as it would be had it been made as long ago as the feed goes back. */
function aged(cursor: string): string {
  const position = readFeedCursor(cursor, 'cursor');
  return writeFeedCursor({ ...position, time: position.time - 3_600_000 });
}

const hasEnded = (executionId: string) => (events: readonly FeedEvent[]) =>
  events.some(({ executionId: id, type }) => id === executionId && type === 'execution:completed');

describe('Server-sent events', () => {
  test('are the journal, and go on after the last id, whatever came meanwhile', async () => {
    const first = await follow();
    expect(first.response.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/) as string,
    });
    const before = first.lastEventId;
    const one = await run();
    await first.until(({ events }) => hasEnded(one)(events));
    expect(named(first.events, one)).toEqual(await journal(one));
    expect(first.ids).toEqual(first.events.map(({ cursor }) => cursor));

    first.close();
    const two = await run();
    const again = await follow('', { 'last-event-id': first.lastEventId });
    await again.until(({ events }) => hasEnded(two)(events));
    expect(named([...first.events, ...again.events], two)).toEqual(await journal(two));
    expect(named(again.events, one)).toEqual([]);
    // Nothing had come when it broke.
    const anew = await follow(`?after=${before}`);
    await anew.until(({ events }) => hasEnded(two)(events));
    expect([named(anew.events, one), named(anew.events, two)]).toEqual([await journal(one), await journal(two)]);
  });

  test('let through what the filters say', async () => {
    const stream = await follow('?workflowId=three&types=execution:created,execution:completed&status=completed');
    await run('large');
    const id = await run();
    await stream.until(({ events }) => events.length > 0);
    expect(stream.events.map(({ executionId, type }) => [executionId, type])).toEqual([[id, 'execution:completed']]);
  });

  test('a client that does not read is told of a gap, and goes on from there', async () => {
    const slow = await follow();
    const quick = await follow();
    slow.pause();
    for (let round = 0; round < 12; round += 1) {
      const id = await run('large');
      await quick.until(({ events }) => hasEnded(id)(events));
    }
    slow.resume();
    await slow.until(({ gaps }) => gaps.length > 0);
    const last = await run();
    await slow.until(({ events }) => hasEnded(last)(events));
    expect(slow.gaps).toEqual([
      { gap: true, cursor: expect.any(String) as string, counts: expect.any(Object) as object },
    ]);
    expect(slow.events.length).toBeLessThan(quick.events.length);
    expect(named(slow.events, last)).toEqual(await journal(last));
    expect(quick.gaps).toEqual([]);
  });

  test('a cursor that is too old is a gap at once', async () => {
    const stream = await follow('', { 'last-event-id': aged((await poll()).cursor) });
    await stream.until(({ gaps }) => gaps.length === 1);
    const id = await run();
    await stream.until(({ events }) => hasEnded(id)(events));
    expect(named(stream.events, id)).toEqual(await journal(id));
  });

  test('leave nothing behind when the client goes, and HEAD opens none', async () => {
    const open = server.app.get(EventStreams);
    await until(() => open.size === 0);
    const coming = await Promise.all(Array.from({ length: 10 }, () => follow()));
    expect(open.size).toBe(10);
    for (const stream of coming) stream.close();
    const head = await sendBytes(server.url, requestBytes({ method: 'HEAD', path: '/api/v2/events/stream' }));
    expect(head.status).toBe(200);
    await until(() => open.size === 0);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('retrace_feed_clients 0');
  });
});

describe('The long poll', () => {
  test('answers what was missed at once, and what comes when it comes', async () => {
    const { events, cursor } = await poll();
    expect(events).toEqual([]);
    const waiting = poll(`?after=${cursor}&wait=30`);
    const id = await run();
    let found = await waiting;
    expect(found.events.length).toBeGreaterThan(0);
    const all = [...found.events];
    while (!hasEnded(id)(all)) {
      found = await poll(`?after=${found.cursor}&wait=30`);
      all.push(...found.events);
    }
    expect(named(all, id)).toEqual(await journal(id));
    const missed = await poll(`?after=${cursor}`);
    expect(named(missed.events, id)).toEqual(await journal(id));
    expect(await poll(`?after=${missed.cursor}&wait=0.05`)).toEqual({
      events: [],
      cursor: expect.any(String) as string,
    });
    expect((await poll(`?after=${cursor}&types=execution:failed`)).events).toEqual([]);
  });

  test('gives a part of what is much, exactly up to its cursor', async () => {
    let { cursor } = await poll();
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) ids.push(await run('large'));
    const all: FeedEvent[] = [];
    const sizes: number[] = [];
    while (!hasEnded(ids.at(-1) as string)(all)) {
      const found = await poll(`?after=${cursor}`);
      all.push(...found.events);
      sizes.push(found.events.length);
      ({ cursor } = found);
    }
    expect(sizes.length).toBeGreaterThan(1);
    for (const id of ids) expect(named(all, id)).toEqual(await journal(id));
  });

  test('tells a gap, and refuses what never was a cursor', async () => {
    const found = await poll(`?after=${aged((await poll()).cursor)}&wait=30`);
    expect(found).toEqual({ events: [], cursor: expect.any(String) as string, gap: true });
    for (const [path, headers] of [
      ['/events?after=nonsense', {}],
      ['/events?wait=31', {}],
      ['/events?types=execution:ended', {}],
      ['/events?afterCursor=x', {}],
      ['/events/stream?after=nonsense', {}],
      ['/events/stream', { 'last-event-id': 'nonsense' }],
      ['/events/stream?executionId=x', {}],
    ] as const) {
      const { status, body } = await server.call('GET', path, undefined, headers);
      expect([path, status, body.error?.code]).toEqual([path, 400, 'INVALID_PARAMS']);
    }
  });
});

test('What follows the X-Cursor of an answer is what it does not know yet', async () => {
  const id = await run();
  for (const path of [
    '/executions',
    '/workflows',
    ...['', '/logs', '/events', '/metrics', '/nodes', '/nodes/a', '/progress', '/explain'].map(
      (part) => `/executions/${id}${part}`,
    ),
  ]) {
    const { status, headers } = await server.call('GET', path);
    const cursor = headers.get('x-cursor');
    expect([path, status, typeof cursor]).toEqual([path, 200, 'string']);
    expect((await poll(`?after=${cursor}`)).events).toEqual([]);
  }
  const { headers } = await server.call('GET', '/executions');
  const next = await run();
  const { events } = await poll(`?after=${headers.get('x-cursor')}`);
  expect(named(events, next)).toEqual(await journal(next));
});

test('A server that stops ends its streams and its polls', async () => {
  const stopping = await startTestServer({ SHUTDOWN_GRACE_MS: '60000' });
  const stream = await follow('', {}, stopping);
  const polled = stopping.call<Polled>('GET', '/events?wait=30');
  await until(async () => (await (await fetch(`${stopping.url}/metrics`)).text()).includes('retrace_feed_clients 1'));
  await stopping.close();
  await stream.ended;
  expect((await polled).body.data).toEqual({ events: [], cursor: expect.any(String) as string });
});
