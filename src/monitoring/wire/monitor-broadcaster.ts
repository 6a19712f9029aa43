import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Socket } from 'socket.io';
import type { FeedItem } from '../feed-event.js';
import type { ClientSubscription } from './client-subscription.js';
import { EncodedJson } from './encoded-packets.js';
import { textOf } from './event-text.js';

const BATCH_MS = 50;

/** Clients that get the same events in the same form. */
interface Audience {
  items: FeedItem[];
  isBatch: boolean;
  clients: [Socket, ...Socket[]];
}

/**
 * Relays what waits in subscriptions: `event` by `event` as soon as it comes, or `events` every 50 ms. The same events for
 * many clients are encoded and framed once.
 */
@Injectable()
export class MonitorBroadcaster implements OnModuleDestroy {
  private readonly soon = new Set<ClientSubscription>();
  private readonly batched = new Set<ClientSubscription>();
  private immediate: NodeJS.Immediate | undefined;
  private timer: NodeJS.Timeout | undefined;

  onModuleDestroy(): void {
    clearImmediate(this.immediate);
    clearTimeout(this.timer);
  }

  /** The subscription has events that wait. */
  enqueue(subscription: ClientSubscription): void {
    const { client, isBatch, isHeld } = subscription;
    // What is held goes on when the client has read what it was sent before.
    if (isHeld && !client.isWritable) return;
    if (isBatch && !client.isHurried && !isHeld) {
      this.batched.add(subscription);
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        relay(this.batched);
      }, BATCH_MS);
    } else {
      this.soon.add(subscription);
      this.immediate ??= setImmediate(() => {
        this.immediate = undefined;
        relay(this.soon);
      });
    }
  }
}

function relay(enqueued: Set<ClientSubscription>): void {
  const subscriptions = [...enqueued].filter(({ isEmpty }) => !isEmpty);
  enqueued.clear();
  // Asked of all before anything is sent: what a client gets of one subscription does not hold up its others.
  for (const subscription of subscriptions) subscription.isHeld = !subscription.client.isWritable;
  for (const audience of audiencesOf(subscriptions.filter(({ isHeld }) => !isHeld))) emit(audience);
}

function audiencesOf(subscriptions: readonly ClientSubscription[]): Audience[] {
  const byFirst = new Map<FeedItem, Audience[]>();
  for (const subscription of subscriptions) {
    const { isBatch, client } = subscription;
    const items = client.unsent(subscription.takeItems(), isBatch);
    const [first] = items;
    if (!first) continue;
    const begunAlike = byFirst.get(first) ?? [];
    byFirst.set(first, begunAlike);
    const same = begunAlike.find((audience) => audience.isBatch === isBatch && areSame(audience.items, items));
    if (same) same.clients.push(client.socket);
    else begunAlike.push({ items, isBatch, clients: [client.socket] });
  }
  return [...byFirst.values()].flat();
}

function areSame(some: readonly FeedItem[], others: readonly FeedItem[]): boolean {
  return some.length === others.length && some.every((item, index) => item === others[index]);
}

function emit({ items, isBatch, clients }: Audience): void {
  const [{ nsp: namespace }] = clients;
  // Each client is the only one in the room that has its id.
  const audience = namespace.to(clients.map(({ id }) => id));
  const texts = items.map(({ event }) => textOf(event).text);
  if (isBatch) audience.emit('events', new EncodedJson(`[${texts.join(',')}]`));
  else for (const text of texts) audience.emit('event', new EncodedJson(text));
}
