import type { FeedItem } from '../feed-event.js';
import { textOf } from './event-text.js';

const MOST_EVENTS = 1000;
const MOST_BYTES = 4 * 1024 * 1024;

/** How much waits for one client. */
export class QueueSize {
  private events = 0;
  private bytes = 0;

  /** More may not wait: who comes next finds the client too slow. */
  get isFull(): boolean {
    return this.events >= MOST_EVENTS || this.bytes >= MOST_BYTES;
  }

  /** It fills: what could wait for a better moment should go now. */
  get isHalfFull(): boolean {
    return this.events >= MOST_EVENTS / 2 || this.bytes >= MOST_BYTES / 2;
  }

  get isEmpty(): boolean {
    return this.events === 0;
  }

  add(items: readonly FeedItem[]): void {
    this.events += items.length;
    for (const { event } of items) this.bytes += textOf(event).bytes;
  }

  remove(items: readonly FeedItem[]): void {
    this.events -= items.length;
    for (const { event } of items) this.bytes -= textOf(event).bytes;
  }
}
