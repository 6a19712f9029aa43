import type { JsonObject } from '../../engine/json.js';
import type { FeedSink } from '../feed-sink.js';
import type { FeedSubscriptions, OpenFeed } from '../feed-subscriptions.js';
import { filterOf } from './feed.query.js';
import { ALL, type SubscribeAllDto, type SubscribeOneDto } from './subscription.dto.js';

/** A feed that stands, and what the client is told of it before the first event. */
export interface OpenedSource {
  feed: OpenFeed;
  told: JsonObject;
}

/** What a client subscribed to. */
export interface SubscriptionSource {
  executionId: string;
  /** Several events at once. */
  isBatch: boolean;
  /** As the client asked; `told` is the ack. @throws EngineError */
  open(sink: FeedSink): Promise<OpenedSource>;
  /** From now, after events were left out; `told` is the event `snapshot`. @throws EngineError */
  openAnew(sink: FeedSink): Promise<OpenedSource>;
}

/** The source that a message asks for. */
export function sourceOf(feeds: FeedSubscriptions, message: SubscribeOneDto | SubscribeAllDto): SubscriptionSource {
  return isAll(message) ? allExecutions(feeds, message) : oneExecution(feeds, message);
}

function isAll(message: SubscribeOneDto | SubscribeAllDto): message is SubscribeAllDto {
  return message.executionId === ALL;
}

function oneExecution(feeds: FeedSubscriptions, message: SubscribeOneDto): SubscriptionSource {
  const { executionId, afterSeq, batch: isBatch } = message;
  return {
    executionId,
    isBatch,
    async open(sink) {
      const feed = await feeds.openExecution(executionId, afterSeq, sink);
      const { snapshot, seq, reset } = feed;
      const told = { ...(afterSeq !== undefined && { seq }), ...(snapshot && { snapshot }), ...(reset && { reset }) };
      return { feed, told: { ok: true, ...told } };
    },
    async openAnew(sink) {
      const feed = await feeds.openExecution(executionId, undefined, sink);
      return { feed, told: { executionId, snapshot: feed.snapshot ?? null } };
    },
  };
}

function allExecutions(feeds: FeedSubscriptions, message: SubscribeAllDto): SubscriptionSource {
  const { executionId, afterCursor, batch: isBatch } = message;
  const filter = filterOf(message);
  return {
    executionId,
    isBatch,
    async open(sink) {
      const feed = await feeds.openAll(filter, afterCursor, sink);
      const { cursor, counts, gap } = feed;
      return { feed, told: { ok: true, cursor, counts, ...(gap && { gap }) } };
    },
    async openAnew(sink) {
      const feed = await feeds.openAll(filter, undefined, sink);
      const { cursor, counts } = feed;
      return { feed, told: { executionId, cursor, counts, gap: true } };
    },
  };
}
