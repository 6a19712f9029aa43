import { CollectingSink } from '../../test/support/collecting-sink.js';
import { ClientFeed } from './client-feed.js';
import type { FeedItem } from './feed-event.js';
import { feedEvent } from './feed-item.js';

function item(seq: number, text = ''): FeedItem {
  const told = { type: 'node:completed' as const, executionId: 'e', seq, timestamp: 1, data: { text } };
  return {
    event: feedEvent(told, { time: 1, vector: new Map() }),
    workflowId: 'w',
    status: 'running',
    journaled: true,
  };
}

function feedOf(passes: (given: FeedItem) => boolean = () => true): { sink: CollectingSink; feed: ClientFeed } {
  const sink = new CollectingSink();
  return { sink, feed: new ClientFeed(undefined, sink, passes) };
}

const seqsOf = (sink: CollectingSink) => sink.items.map(({ event }) => event.seq);

it('what comes before the start is kept and comes first', () => {
  const { sink, feed } = feedOf(({ event }) => event.seq !== 2);
  feed.receive([item(1), item(2)]);
  expect(sink.items).toEqual([]);
  feed.narrow(({ event }) => event.seq > 1);
  feed.receive([item(3)]);
  expect(feed.release()).toBe(true);
  feed.receive([item(4)]);
  expect(seqsOf(sink)).toEqual([3, 4]);
  feed.close();
  feed.receive([item(5)]);
  expect(seqsOf(sink)).toEqual([3, 4]);
});

it.each([
  ['1,000 events', (feed: ClientFeed) => feed.receive(Array.from({ length: 1001 }, (_, seq) => item(seq)))],
  [
    '4 MiB',
    (feed: ClientFeed) => feed.receive(Array.from({ length: 5 }, (_, seq) => item(seq, 'x'.repeat(1024 ** 2)))),
  ],
  ['what has a gap', (feed: ClientFeed) => feed.lost()],
])('more than %s is not kept: nothing is sent until it is held anew', (_, fill) => {
  const { sink, feed } = feedOf();
  fill(feed);
  feed.receive([item(1)]);
  expect(feed.release()).toBe(false);
  expect(sink.items).toEqual([]);
  feed.hold();
  feed.receive([item(7)]);
  expect(feed.release()).toBe(true);
  expect(seqsOf(sink)).toEqual([7]);
});

it('a feed that loses something while it runs says so once, and nothing after it', () => {
  const { sink, feed } = feedOf();
  feed.release();
  feed.lost();
  feed.lost();
  feed.receive([item(1)]);
  expect([sink.overflows, sink.items]).toEqual([1, []]);
});

it('the cursor of an event is made when it is read, and goes with it as text', () => {
  const { event } = item(1);
  const text = JSON.stringify(event);
  expect(JSON.parse(text)).toEqual({ ...event });
  expect(event.cursor).toBe(event.cursor);
});
