import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'socket.io';
import { EngineError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import type { FeedItem } from '../feed-event.js';
import { ClientSubscription, type Subscriber } from './client-subscription.js';
import type { MonitorBroadcaster } from './monitor-broadcaster.js';
import { QueueSize } from './queue-size.js';
import { ALL } from './subscription.dto.js';
import type { SubscriptionSource } from './subscription-source.js';

/** Requests of one client that may wait for their ack. */
const MOST_REQUESTS = 10_000;
/** Before what could not be opened anew is tried again. */
const RETRY_MS = 1000;

/**
 * One connected client with its subscriptions, one an execution. What it does not read in time waits here, bounded, and is
 * given up for a snapshot when it becomes too much.
 */
export class FeedClient implements Subscriber {
  /** Over all of its subscriptions. */
  readonly queued = new QueueSize();
  private readonly subscriptions = new Map<string, ClientSubscription>();
  private readonly withItems = new Set<ClientSubscription>();
  /** What is asked of one execution happens in the order in which it was asked. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly sentAlone = new WeakSet<FeedItem>();
  private readonly sentInBatches = new WeakSet<FeedItem>();
  private readonly drainWaiters = new Set<() => void>();
  /** Packets that wait in Engine.IO. */
  private buffered = 0;
  private requests = 0;
  private isRecovering = false;
  private isGone = false;

  constructor(
    readonly socket: Socket,
    private readonly broadcaster: MonitorBroadcaster,
  ) {
    socket.conn.on('packetCreate', this.onPacket);
    socket.conn.on('drain', this.onDrain);
  }

  get isWritable(): boolean {
    return this.buffered === 0;
  }

  /**
   * As much waits as may, and it was seen that the client takes no more. A burst alone, which nobody could relay yet, does
   * not make it slow.
   */
  get isTooSlow(): boolean {
    return this.queued.isFull && [...this.withItems].some(({ isHeld }) => isHeld);
  }

  /** Somebody waits for the queue to empty, or it fills. */
  get isHurried(): boolean {
    return this.drainWaiters.size > 0 || this.queued.isHalfFull;
  }

  /**
   * A subscription; it takes the place of an older one to the same executions, which ends at once.
   * @param tell gets the ack, before any event
   * @throws EngineError what the feed says, RATE_LIMIT_EXCEEDED
   */
  subscribe(source: SubscriptionSource, tell: (ack: JsonObject) => void): Promise<void> {
    return this.request(source.executionId, async () => {
      this.end(source.executionId);
      const subscription = new ClientSubscription(this, source);
      this.subscriptions.set(source.executionId, subscription);
      try {
        tell(await subscription.open());
      } catch (error) {
        this.end(source.executionId);
        throw error;
      }
      subscription.start();
    });
  }

  /** Nothing of that execution comes after the ack. */
  unsubscribe(executionId: string, tell: (ack: JsonObject) => void): Promise<void> {
    return this.request(executionId, () => {
      this.end(executionId);
      tell({ ok: true });
    });
  }

  /** The connection is closed. */
  leave(): void {
    this.isGone = true;
    this.socket.conn.off('packetCreate', this.onPacket);
    this.socket.conn.off('drain', this.onDrain);
    for (const executionId of this.subscriptions.keys()) this.end(executionId);
    this.letGo();
  }

  /**
   * Of these events those that it was not sent yet: who subscribes to all executions and to one of them gets what happens
   * there once.
   */
  unsent(items: FeedItem[], isBatch: boolean): FeedItem[] {
    if (this.subscriptions.size < 2 || !this.subscriptions.has(ALL)) return items;
    const sent = isBatch ? this.sentInBatches : this.sentAlone;
    const unsent = items.filter((item) => !sent.has(item));
    for (const item of unsent) sent.add(item);
    return unsent;
  }

  enqueued(subscription: ClientSubscription, items: readonly FeedItem[]): void {
    this.queued.add(items);
    this.withItems.add(subscription);
    this.broadcaster.enqueue(subscription);
  }

  dequeued(subscription: ClientSubscription, items: readonly FeedItem[]): void {
    this.queued.remove(items);
    this.withItems.delete(subscription);
  }

  /** Resolves when nothing waits any more, or the client is gone. */
  async drained(): Promise<void> {
    if (this.isGone || (this.queued.isEmpty && this.isWritable)) return;
    await new Promise<void>((resolve) => {
      this.drainWaiters.add(resolve);
      for (const subscription of this.withItems) this.broadcaster.enqueue(subscription);
    });
  }

  /** What waits is given up, and what would follow: a snapshot comes when the client reads again. */
  overflow(subscription: ClientSubscription): void {
    subscription.lose();
    for (const other of this.withItems) other.lose();
    void this.recover();
  }

  private readonly onPacket = (): void => {
    this.buffered += 1;
  };

  /** Engine.IO tells so whenever it has handed everything to the transport, which takes more when it is rid of that. */
  private readonly onDrain = (): void => {
    this.buffered = 0;
    for (const subscription of this.withItems) if (subscription.isHeld) this.broadcaster.enqueue(subscription);
    if (this.queued.isEmpty) this.letGo();
  };

  private letGo(): void {
    for (const resolve of this.drainWaiters) resolve();
    this.drainWaiters.clear();
  }

  /** One after the other, each when the client has read what it was sent before. */
  private async recover(): Promise<void> {
    if (this.isRecovering) return;
    this.isRecovering = true;
    for (;;) {
      await this.drained();
      const lost = [...this.subscriptions.values()].find(({ isLost }) => isLost);
      if (!lost) break;
      await this.inTurn(lost.executionId, () => this.openAnew(lost));
      if (lost.isLost) await delay(RETRY_MS, undefined, { ref: false });
    }
    this.isRecovering = false;
  }

  private async openAnew(subscription: ClientSubscription): Promise<void> {
    if (!subscription.isLost) return;
    const { executionId } = subscription;
    try {
      this.socket.emit('snapshot', await subscription.openAnew());
      subscription.start();
    } catch (error) {
      subscription.lose();
      if (!(error instanceof EngineError) || error.code !== 'NOT_FOUND') return;
      this.end(executionId);
      this.socket.emit('snapshot', { executionId, snapshot: null });
    }
  }

  private end(executionId: string): void {
    this.subscriptions.get(executionId)?.close();
    this.subscriptions.delete(executionId);
  }

  private async request(executionId: string, work: () => Promise<void> | void): Promise<void> {
    if (this.requests >= MOST_REQUESTS) {
      throw new EngineError('RATE_LIMIT_EXCEEDED', `${MOST_REQUESTS} requests of this client wait for their answer`);
    }
    this.requests += 1;
    try {
      await this.inTurn(executionId, work);
    } finally {
      this.requests -= 1;
    }
  }

  private async inTurn(executionId: string, work: () => Promise<void> | void): Promise<void> {
    const before = this.turns.get(executionId);
    const turn = Promise.resolve(before).then(() => (this.isGone ? undefined : work()));
    const over = turn.catch(() => undefined);
    this.turns.set(executionId, over);
    try {
      await turn;
    } finally {
      if (this.turns.get(executionId) === over) this.turns.delete(executionId);
    }
  }
}
