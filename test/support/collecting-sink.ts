import type { FeedEvent, FeedItem } from '../../src/monitoring/feed-event.js';
import type { FeedSink } from '../../src/monitoring/feed-sink.js';

/** A client of the feed that keeps what it is sent. */
export class CollectingSink implements FeedSink {
  readonly items: FeedItem[] = [];
  overflows = 0;

  send(items: readonly FeedItem[]): void {
    this.items.push(...items);
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  overflow(): void {
    this.overflows += 1;
  }

  /** What has a number of its own in the journal. */
  get journaled(): FeedEvent[] {
    return this.items.filter(({ journaled }) => journaled).map(({ event }) => event);
  }

  ofType(type: string): FeedEvent[] {
    return this.items.map(({ event }) => event).filter((event) => event.type === type);
  }

  /** The numbers that came of each execution, in the order in which they came. */
  seqs(): Map<string, number[]> {
    const seqs = new Map<string, number[]>();
    for (const { executionId, seq } of this.journaled) seqs.set(executionId, [...(seqs.get(executionId) ?? []), seq]);
    return seqs;
  }
}
