import type { FeedItem } from './feed-event.js';

/** What waits for one client is at most so much. */
const MOST_ITEMS = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Events that wait until they may be sent. */
export class FeedBuffer {
  private items: FeedItem[] = [];
  private characters = 0;
  private overflown = false;

  /** True once more came than it holds: it holds nothing then. */
  get isOverflown(): boolean {
    return this.overflown;
  }

  add(items: readonly FeedItem[]): void {
    if (this.overflown) return;
    for (const item of items) {
      this.items.push(item);
      this.characters += JSON.stringify(item.event.data).length;
    }
    if (this.items.length > MOST_ITEMS || this.characters > MOST_CHARACTERS) this.spill();
  }

  /** What it holds, and what comes, does not follow what was sent before. */
  spill(): void {
    this.overflown = true;
    this.items = [];
  }

  /** What was in it; it is empty and may be filled anew. */
  take(): FeedItem[] {
    const { items } = this;
    this.items = [];
    this.characters = 0;
    this.overflown = false;
    return items;
  }
}
