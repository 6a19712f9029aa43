import type { FeedEvent } from '../../src/monitoring/feed-event.js';
import { journaledOf } from '../support/feed-client.js';
import { type ResumingFeed, resumingSocket, resumingStream } from '../support/resuming-feed.js';
import { until } from '../support/until.js';
import { call, eventsOf, InstanceCluster, run } from './instance-cluster.js';

const CHAINS = 4;
const LENGTH = 50;
const SMALL = 24;

let cluster: InstanceCluster;
const feeds: ResumingFeed[] = [];

beforeAll(async () => {
  cluster = await InstanceCluster.make({ HEARTBEAT_MS: '200', LEASE_MS: '2400', LOG_LEVEL: 'warn' });
});
afterAll(async () => {
  for (const feed of feeds) feed.close();
  await cluster.close();
});

/** Chains of short delays and pure nodes by turns. */
function document(id: string, chains: number, length: number): object {
  const nodes = [];
  const edges = [];
  for (let chain = 0; chain < chains; chain += 1) {
    for (let place = 0; place < length; place += 1) {
      const own = { id: `n${chain}-${place}` };
      nodes.push(
        place % 2 === 0
          ? { ...own, type: 'transform', config: { output: { place } } }
          : { ...own, type: 'delay', config: { duration: 60 } },
      );
      if (place > 0) edges.push({ source: `n${chain}-${place - 1}`, target: own.id });
    }
  }
  return { id, name: id, nodes, edges };
}

const named = (events: readonly { seq: number; type: string }[]) => events.map(({ seq, type }) => `${seq} ${type}`);
const endOf = (events: readonly FeedEvent[], id: string) =>
  events.some(({ executionId, type }) => executionId === id && type === 'execution:completed');

test('whatever breaks, every client ends with exactly what the journals say', async () => {
  const servers = await Promise.all([cluster.start(), cluster.start()]);
  const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
  let isFirstThere = true;
  const onFirst = () => (isFirstThere ? first.url : second.url);
  const onSecond = () => second.url;
  await call(first, 'POST', '/workflows', document('big', CHAINS, LENGTH));
  await call(first, 'POST', '/workflows', document('small', 1, 6));
  const ofAll = [
    resumingSocket(onFirst, '*', true),
    resumingSocket(onSecond, '*', false),
    resumingStream(onFirst),
    resumingStream(onSecond),
  ];
  await until(() => ofAll.every(({ isReady }) => isReady));
  const { id: big } = await call<{ id: string }>(first, 'POST', '/executions', {
    workflowId: 'big',
    runAt: Date.now() + 500,
  });

  const ofBig = [resumingSocket(onFirst, big, false), resumingSocket(onSecond, big, true)];
  feeds.push(...ofBig, ...ofAll);
  const [before] = ofBig as [ResumingFeed];
  const small: string[] = [];
  for (const events of [30, 80, 140]) {
    await until(() => before.events.length >= events);
    for (const feed of feeds) feed.cut();
    for (let count = 0; count < SMALL / 3; count += 1)
      small.push(await run(servers[count % 2] as typeof first, 'small'));
  }
  const during = resumingSocket(onFirst, big, false);
  feeds.push(during);
  isFirstThere = false;
  await first.kill();

  await until(() => [...ofBig, ...ofAll, during].every(({ events }) => endOf(events, big)));
  for (const feed of ofAll) await until(() => small.every((id) => endOf(feed.events, id)));
  const after = resumingSocket(onSecond, big, true);
  feeds.push(after);
  await until(() => endOf(after.events, big));

  const journal = named(await eventsOf(second, big));
  expect(journal.length).toBeGreaterThan(CHAINS * LENGTH);
  for (const { events } of [...ofBig, ...ofAll, during, after])
    expect(named(journaledOf(events, big))).toEqual(journal);
  for (const id of small) {
    const own = named(await eventsOf(second, id));
    for (const { events } of ofAll) expect(named(journaledOf(events, id))).toEqual(own);
  }
});
