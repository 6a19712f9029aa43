import type { FeedItem } from './feed-event.js';

/** Where a subscription's events go: a client's connection. */
export interface FeedSink {
  /** In order; never before `start` was called. It must not throw, and bounds what it queues itself. */
  send(items: readonly FeedItem[]): void;
  /** Resolves when it can take more: awaited between portions of what was missed, never for what happens now. */
  drained(): Promise<void>;
  /**
   * At most once, and not before `start`: more came meanwhile than is kept (1,000 events or 4 MiB), or what was missed is
   * gone. Nothing follows: close it and start anew.
   */
  overflow(): void;
  /** Once after `start`: what was missed has been sent, and what follows happens now. */
  caughtUp?(): void;
}
