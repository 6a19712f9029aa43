import type { ServerResponse } from 'node:http';
import type { PresentedEvent } from '../src/engine/journal/present-event.js';
import { ExecutionMonitor } from '../src/monitoring/execution-monitor.js';
import type { FeedFilter, FeedItem } from '../src/monitoring/feed-event.js';
import { readFeedCursor, writeFeedCursor } from '../src/monitoring/feed-cursor.js';
import { FeedSubscriptions } from '../src/monitoring/feed-subscriptions.js';
import { JournalFollower } from '../src/monitoring/journal-follower.js';
import { CollectingSink } from './support/collecting-sink.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestInstances, type TestInstances, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

let instances: TestInstances;
let service: HttpService;
let held: ServerResponse[] = [];

beforeAll(async () => {
  service = await startHttpService(({ path }, response) => {
    if (path.startsWith('/held')) held.push(response);
    else answerJson(response, 200, {});
  });
  instances = await startTestInstances(2, { SHUTDOWN_GRACE_MS: '100', METRICS_INTERVAL_MS: '100' });
  const call = (id: string, path: string) => ({
    id,
    type: 'external-api',
    config: { method: 'GET', url: `${service.url}${path}` },
  });
  await create('chain', [call('a', '/a'), call('b', '/b'), { id: 'c', type: 'log', config: { message: 'done' } }]);
  await create('held', [call('a', '/held'), { id: 'b', type: 'output', config: {} }]);
  const code = 'let sum = 0; for (let i = 0; i < 8e6; i += 1) sum += i; return { sum };';
  await create('busy', [
    { id: 'quick', type: 'transform', config: { output: { one: 1 } } },
    { id: 'slow', type: 'script', config: { code, timeout: 60_000 } },
  ]);
});

afterAll(async () => {
  await instances.close();
  await service.close();
});

beforeEach(() => {
  held = [];
});

const at = (index: number) => instances.servers[index] as TestServer;
const feeds = (index: number) => at(index).app.get(FeedSubscriptions);
const monitor = (index: number) => at(index).app.get(ExecutionMonitor);

async function create(id: string, nodes: { id: string; type: string; config: object }[]): Promise<void> {
  const edges = nodes.slice(1).map((node, index) => ({ source: nodes[index]?.id, target: node.id }));
  const { status, body } = await at(0).call('POST', '/workflows', { id, name: id, nodes, edges });
  expect([status, body.error]).toEqual([201, undefined]);
}

async function run(index: number, workflowId: string): Promise<string> {
  const { body } = await at(index).call<{ id: string }>('POST', '/executions', { workflowId });
  return body.data.id;
}

async function journalOf(id: string): Promise<PresentedEvent[]> {
  const { body } = await at(0).call<{ events: PresentedEvent[] }>('GET', `/executions/${id}/events?limit=1000`);
  return body.data.events;
}

async function ended(id: string): Promise<void> {
  await until(async () => (await journalOf(id)).at(-1)?.type === 'execution:completed');
}

async function openAll(index: number, filter: FeedFilter = {}, after?: string) {
  const sink = new CollectingSink();
  const feed = await feeds(index).openAll(filter, after, sink);
  feed.start();
  return { sink, feed };
}

it('a client of either instance is told exactly the journal of what both drive, as it is listed', async () => {
  const clients = await Promise.all([openAll(0), openAll(1)]);
  const ids = await Promise.all([run(0, 'chain'), run(1, 'chain'), run(1, 'chain')]);
  for (const { sink, feed } of clients) {
    await until(() => sink.ofType('execution:completed').length === ids.length);
    await until(() => sink.ofType('log:added').length >= ids.length);
    for (const id of ids) {
      const told = sink.journaled.filter(({ executionId }) => executionId === id);
      const listed = await journalOf(id);
      expect(told.map(({ seq, type, timestamp, data }) => ({ seq, type, timestamp, data }))).toEqual(
        listed.map(({ seq, type, timestamp, data }) => ({ seq, type, timestamp, data })),
      );
      expect(sink.ofType('log:added').filter(({ executionId }) => executionId === id)).not.toEqual([]);
    }
    expect(sink.ofType('progress:updated')).toEqual([]);
    feed.close();
  }
  const logs = clients.map(({ sink }) => sink.ofType('log:added').map(({ data }) => data['id']));
  expect(new Set(logs[0])).toEqual(new Set(logs[1]));
  expect(new Set(logs[0]).size).toBe(logs[0]?.length);
});

it('a batch that is larger than what is read at once is told like any other', async () => {
  await create('large', [{ id: 'a', type: 'transform', config: { output: { text: 'ü'.repeat(700_000) } } }]);
  const { sink, feed } = await openAll(0);
  const id = await run(0, 'large');
  await ended(id);
  await until(() => sink.ofType('execution:completed').length === 1);
  expect(sink.seqs().get(id)).toEqual((await journalOf(id)).map(({ seq }) => seq));
  feed.close();
});

it('what was missed since any event comes after it, once, wherever the client comes back', async () => {
  const { sink, feed } = await openAll(0);
  const ids = await Promise.all([run(0, 'chain'), run(1, 'chain')]);
  await until(() => sink.ofType('execution:completed').length === ids.length);
  feed.close();
  const isKept = ({ journaled, event }: FeedItem) => journaled || event.type === 'log:added';
  const text = ({ event }: FeedItem) =>
    `${event.executionId} ${event.seq} ${event.type} ${event.type === 'log:added' ? JSON.stringify(event.data['id']) : ''}`;
  const whole = sink.items.filter(isKept);
  // What comes in another order elsewhere is told in that order from the same place on.
  for (const [index, { event }] of whole.entries()) {
    const before = whole.slice(0, index + 1).map(text);
    const again = await openAll(index % 2, {}, event.cursor);
    await until(() => before.length + again.sink.items.filter(isKept).length >= whole.length);
    again.feed.close();
    expect([...before, ...again.sink.items.map(text)].sort()).toEqual(whole.map(text).sort());
    for (const seqs of again.sink.seqs().values()) expect(seqs).toEqual(seqs.map((_, place) => (seqs[0] ?? 0) + place));
  }
});

it('a subscription to one execution begins with its record and goes on without a gap', async () => {
  const id = await run(1, 'held');
  await until(() => held.length > 0);
  const sink = new CollectingSink();
  const feed = await feeds(0).openExecution(id, undefined, sink);
  feed.start();
  const { snapshot, seq } = feed;
  expect(snapshot).toMatchObject({ id, status: 'running', seq, progress: { totalNodes: 2, progress: 0 } });
  for (const node of (snapshot?.['nodes'] ?? []) as object[]) expect(node).not.toHaveProperty('outputs');
  for (const response of held) answerJson(response, 200, {});
  await ended(id);
  await until(() => sink.ofType('progress:updated').some(({ data }) => data['progress'] === 1));
  const all = (await journalOf(id)).map((event) => event.seq);
  expect(sink.journaled.map((event) => event.seq)).toEqual(all.filter((number) => number > seq));
  feed.close();

  for (const after of [0, 2, all.length]) {
    const replayed = new CollectingSink();
    const again = await feeds(0).openExecution(id, after, replayed);
    again.start();
    expect(again).toMatchObject({ seq: all.length });
    expect(again.snapshot).toBeUndefined();
    await until(() => replayed.items.length === all.length - after);
    expect(replayed.journaled.map((event) => event.seq)).toEqual(all.slice(after));
    again.close();
  }
  const beyond = await feeds(0).openExecution(id, all.length + 1, new CollectingSink());
  expect(beyond).toMatchObject({ reset: true, snapshot: { id, status: 'completed' }, seq: all.length });
  beyond.close();
});

it('pure nodes that take their time are told of, measured executions are, and quick nodes are not', async () => {
  const { sink, feed } = await openAll(0);
  const id = await run(0, 'busy');
  await until(() => sink.ofType('execution:completed').length === 1);
  const started = sink.ofType('node:started');
  expect(started).toMatchObject([
    { executionId: id, data: { nodeId: 'slow', nodeType: 'script', run: 1, attempt: 1 } },
  ]);
  const places = sink.items.map(({ event }) => `${event.type} ${JSON.stringify(event.data['nodeId'])}`);
  expect(places.indexOf('node:started "slow"')).toBeGreaterThan(places.indexOf('node:completed "quick"'));
  expect(sink.ofType('performance:updated')[0]).toMatchObject({
    executionId: id,
    data: { memory: expect.anything() as object, throughput: expect.any(Number) as number },
  });
  feed.close();
});

it('a deletion is told on every instance, last of all, and to who comes back', async () => {
  const { sink, feed } = await openAll(1);
  const id = await run(0, 'chain');
  await until(() => sink.ofType('execution:completed').length > 0);
  await until(async () => (await at(0).call('DELETE', `/executions/${id}`)).status === 200);
  await until(() => sink.ofType('execution:deleted').length > 0);
  feed.close();
  const [deleted] = sink.ofType('execution:deleted');
  const { seq } = sink.journaled.at(-1) ?? {};
  expect(deleted).toMatchObject({ executionId: id, seq, data: { workflowId: 'chain', status: 'completed' } });

  const again = await openAll(0, {}, sink.items[0]?.event.cursor);
  await until(() => again.sink.items.length > 0);
  expect(again.sink.items.map(({ event }) => event.type)).toEqual(['execution:deleted']);
  again.feed.close();
});

it('filters let through what they name', async () => {
  const id = await run(0, 'held');
  await until(() => held.length > 0);
  const types = await openAll(0, { types: ['execution:completed'], workflowId: 'held' });
  const status = await openAll(0, { status: ['completed'] });
  const progress = await openAll(0, { types: [], executionIds: [id] });
  await ended(await run(1, 'chain'));
  for (const response of held) answerJson(response, 200, {});
  await until(() => types.sink.items.length > 0 && progress.sink.items.at(-1)?.event.data['progress'] === 1);
  expect(types.sink.items.map(({ event }) => event.executionId)).toEqual([id]);
  expect(types.feed.counts).toMatchObject({ running: 1 });
  await until(() => status.sink.ofType('execution:completed').length === 2);
  expect(new Set(status.sink.items.map((item) => item.status))).toEqual(new Set(['completed']));
  expect(new Set(progress.sink.items.map(({ event }) => event.type))).toEqual(new Set(['progress:updated']));
  for (const { feed } of [types, status, progress]) feed.close();
});

it('what another instance takes over is told in order, by whom it began and by whom it ended', async () => {
  const leaving = await instances.add();
  const clients = await Promise.all([openAll(0), openAll(1)]);
  const { body } = await leaving.call<{ id: string }>('POST', '/executions', { workflowId: 'held' });
  await until(() => held.length > 0);
  // Nobody knows what came of the call: it is made again elsewhere.
  await leaving.close();
  await until(() => held.length > 1);
  const ids = await Promise.all([run(0, 'chain'), run(1, 'chain')]);
  for (const { sink } of clients) {
    await until(() => sink.ofType('execution:completed').length === ids.length);
    for (const id of [body.data.id, ...ids]) {
      await until(async () => sink.seqs().get(id)?.length === (await journalOf(id)).length);
      expect(sink.seqs().get(id)).toEqual((await journalOf(id)).map(({ seq }) => seq));
    }
  }
  for (const { feed } of clients) feed.close();
});

it('who listens in the process is told as well, and one that fails disturbs nobody', async () => {
  const told: FeedItem[] = [];
  const end = [
    monitor(0).subscribe('*', () => {
      throw new Error('broken');
    }),
    monitor(0).subscribe('*', (item) => told.push(item)),
  ];
  // The monitor begins with its first listener: what is committed after that is told.
  await until(async () => {
    const id = await run(1, 'chain');
    await ended(id);
    return told.some(({ event }) => event.executionId === id);
  });
  for (const stop of end) stop();
  expect(monitor(0).listenerCount('event')).toBe(0);
});

it('says that what is older than the retention is gone, and goes on from now', async () => {
  const { time, vector } = readFeedCursor(await monitor(0).position(), 'cursor');
  const madeAgo = (ms: number) => writeFeedCursor({ time: time - ms, vector: new Map(vector) });
  const kept = await openAll(0, {}, madeAgo(58 * 60_000));
  const gone = await openAll(0, {}, madeAgo(59 * 60_000 + 1));
  expect(kept.feed).not.toHaveProperty('gap');
  expect(gone.feed).toMatchObject({ gap: true, counts: { completed: expect.any(Number) as number } });
  const id = await run(1, 'chain');
  for (const { sink, feed } of [kept, gone]) {
    await until(() => sink.ofType('execution:completed').length === 1);
    expect(sink.seqs().get(id)?.[0]).toBe(1);
    feed.close();
  }
});

it('who comes and goes leaves nothing behind, and the last one ends the following', async () => {
  const follower = at(0).app.get(JournalFollower);
  await until(() => follower.position === undefined);
  const id = await run(0, 'chain');
  await ended(id);
  for (let times = 0; times < 200; times += 1) {
    const all = await openAll(0);
    const one = await feeds(0).openExecution(id, times % 2 === 0 ? 1 : undefined, all.sink);
    one.start();
    all.feed.close();
    one.close();
  }
  await until(() => follower.position === undefined);
});

it('refuses what never was a cursor, and an execution that is not there', async () => {
  for (const text of ['', 'x', 'Zm9v', 'not base64 !']) {
    await expect(openAll(0, {}, text)).rejects.toMatchObject({ code: 'INVALID_PARAMS' });
  }
  await expect(feeds(0).openExecution('exec_none', undefined, new CollectingSink())).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});
