import type { Socket } from 'socket.io';
import type { FeedItem } from '../feed-event.js';
import type { FeedSink } from '../feed-sink.js';
import type { OpenFeed } from '../feed-subscriptions.js';
import type { OpenedSource, SubscriptionSource } from './subscription-source.js';

/** Whose subscription it is. */
export interface Subscriber {
  readonly socket: Socket;
  /** What it was sent has left this process, or is just leaving. */
  readonly isWritable: boolean;
  /** Its events should not wait for others to come. */
  readonly isHurried: boolean;
  /** As much waits as may, and it takes no more. */
  readonly isTooSlow: boolean;
  /** Of these events those that it was not sent yet. */
  unsent(items: FeedItem[], isBatch: boolean): FeedItem[];
  /** The subscription has events that wait. */
  enqueued(subscription: ClientSubscription, items: readonly FeedItem[]): void;
  /** They do not wait any more. */
  dequeued(subscription: ClientSubscription, items: readonly FeedItem[]): void;
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
  /** What waits is given up. */
  overflow(subscription: ClientSubscription): void;
}

/** One subscription of one client: its feed, and the events that wait to be relayed. */
export class ClientSubscription implements FeedSink {
  /** Its events wait until the client has read what it was sent before. */
  isHeld = false;
  private feed: OpenFeed | undefined;
  private items: FeedItem[] = [];
  private state: 'open' | 'lost' | 'closed' = 'open';

  constructor(
    readonly client: Subscriber,
    private readonly source: SubscriptionSource,
  ) {}

  get executionId(): string {
    return this.source.executionId;
  }

  get isBatch(): boolean {
    return this.source.isBatch;
  }

  /** Events were left out: it waits to be opened anew. */
  get isLost(): boolean {
    return this.state === 'lost';
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  /** As the client asked. @returns the ack @throws EngineError */
  async open(): Promise<OpenedSource['told']> {
    return this.take(await this.source.open(this));
  }

  /** From now on, after events were left out. @returns the event `snapshot` @throws EngineError */
  async openAnew(): Promise<OpenedSource['told']> {
    this.state = 'open';
    return this.take(await this.source.openAnew(this));
  }

  /** Once the client has been told what comes before the first event. */
  start(): void {
    if (this.state === 'open') this.feed?.start();
  }

  send(items: readonly FeedItem[]): void {
    if (this.state !== 'open' || items.length === 0) return;
    if (this.client.isTooSlow) return this.client.overflow(this);
    this.items.push(...items);
    this.client.enqueued(this, items);
  }

  drained(): Promise<void> {
    return this.client.drained();
  }

  overflow(): void {
    if (this.state === 'open') this.client.overflow(this);
  }

  /** The events that wait; they are the caller's from now on. */
  takeItems(): FeedItem[] {
    const taken = this.items;
    this.items = [];
    this.client.dequeued(this, taken);
    return taken;
  }

  /** Leaves out what waits and what would come. */
  lose(): void {
    this.end('lost');
  }

  close(): void {
    this.end('closed');
  }

  private take({ feed, told }: OpenedSource): OpenedSource['told'] {
    this.feed = feed;
    // The client is gone meanwhile, or too much came.
    if (this.state !== 'open') feed.close();
    return told;
  }

  private end(state: 'lost' | 'closed'): void {
    this.state = state;
    this.feed?.close();
    this.feed = undefined;
    if (!this.isEmpty) this.takeItems();
  }
}
