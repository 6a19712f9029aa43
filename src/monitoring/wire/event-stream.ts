import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FeedFilter, FeedItem } from '../feed-event.js';
import type { FeedSink } from '../feed-sink.js';
import type { AllFeed, FeedSubscriptions } from '../feed-subscriptions.js';
import { textOf } from './event-text.js';
import { QueueSize } from './queue-size.js';

/** Proxies cut connections off on which nothing comes for a minute. */
const HEARTBEAT_MS = 15_000;
/** After which a browser connects again when the connection broke. */
const RECONNECT_MS = 1000;
const RETRY_MS = 1000;
/** A burst of events fits in, so that it makes no client slow. */
const BUFFER_BYTES = 1024 * 1024;

/**
 * The feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). What the client does not
 * read in time waits here, bounded, and is given up for a gap when it becomes too much.
 */
export class EventStream extends Readable implements FeedSink {
  private state: 'open' | 'lost' | 'opening' | 'ended' = 'opening';
  private feed: AllFeed | undefined;
  private items: FeedItem[] = [];
  private readonly queued = new QueueSize();
  /** The client takes more. */
  private isWanted = true;
  private readonly drainWaiters = new Set<() => void>();
  private readonly heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);

  /** @param onEnd called once, when the client is gone */
  constructor(
    private readonly feeds: FeedSubscriptions,
    private readonly wanted: FeedFilter,
    private readonly onEnd: () => void,
  ) {
    super({ highWaterMark: BUFFER_BYTES });
  }

  /**
   * @param after a cursor: what follows it comes first
   * @param field what the cursor is called where it came from
   * @throws EngineError INVALID_PARAMS for what never was a cursor, SERVICE_UNAVAILABLE; the stream is destroyed then
   */
  async open(after: string | undefined, field: string): Promise<void> {
    try {
      const feed = await this.feeds.openAll(this.wanted, after, this, field);
      // The id before any event: who loses the connection before one came loses nothing.
      this.begin(feed, `retry: ${RECONNECT_MS}\n${feed.gap ? gapOf(feed) : `id: ${feed.cursor}\n\n`}`);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  /** The end of the response: the server stops. */
  end(): void {
    if (this.state === 'ended') return;
    this.leave();
    this.push(null);
  }

  override _read(): void {
    this.isWanted = true;
    this.relay();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.leave();
    this.onEnd();
    done(error);
  }

  send(items: readonly FeedItem[]): void {
    if (this.state !== 'open') return;
    if (this.queued.isFull) return this.overflow();
    this.items.push(...items);
    this.queued.add(items);
    this.relay();
  }

  async drained(): Promise<void> {
    if (this.items.length > 0) await new Promise<void>((resolve) => this.drainWaiters.add(resolve));
  }

  /** What waits is given up, and what would follow: a gap is told when the client reads again. */
  overflow(): void {
    if (this.state !== 'open') return;
    this.state = 'lost';
    this.giveUp();
    this.relay();
  }

  private begin(feed: AllFeed, told: string): void {
    if (this.state === 'ended') return feed.close();
    this.state = 'open';
    this.feed = feed;
    this.write(told);
    feed.start();
  }

  private relay(): void {
    if (!this.isWanted) return;
    if (this.state === 'lost') void this.openAnew();
    if (this.items.length === 0) return;
    const { items } = this;
    this.items = [];
    this.queued.remove(items);
    this.write(items.map(({ event }) => `id: ${event.cursor}\ndata: ${textOf(event).text}\n\n`).join(''));
    this.letGo();
  }

  private async openAnew(): Promise<void> {
    this.state = 'opening';
    while (this.state === 'opening') {
      try {
        const feed = await this.feeds.openAll(this.wanted, undefined, this);
        this.begin(feed, gapOf(feed));
      } catch {
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private write(text: string): void {
    this.isWanted = this.push(text);
  }

  /** The id goes with it: where nothing passes the filter for long, the last one would become too old. */
  private beat(): void {
    if (this.state === 'open' && this.feed && this.isWanted) this.write(`: \nid: ${this.feed.position()}\n\n`);
  }

  private leave(): void {
    this.state = 'ended';
    clearInterval(this.heartbeat);
    this.giveUp();
  }

  private giveUp(): void {
    this.feed?.close();
    this.queued.remove(this.items);
    this.items = [];
    this.letGo();
  }

  private letGo(): void {
    for (const resolve of this.drainWaiters) resolve();
    this.drainWaiters.clear();
  }
}

function gapOf({ cursor, counts }: AllFeed): string {
  return `event: gap\nid: ${cursor}\ndata: ${JSON.stringify({ cursor, counts, gap: true })}\n\n`;
}
