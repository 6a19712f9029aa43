import type { FeedEvent, FeedFilter, FeedItem } from '../feed-event.js';
import type { FeedSink } from '../feed-sink.js';
import type { AllFeed, FeedSubscriptions } from '../feed-subscriptions.js';
import { textOf } from './event-text.js';

/** The rest comes with the next question. */
const MOST_EVENTS = 1000;
const MOST_BYTES = 4 * 1024 * 1024;
/** What was missed may be much to look through. */
const CATCH_UP_MS = 30_000;

/** What a poll answers; what follows `cursor` is for the next one. */
export interface PolledEvents {
  events: FeedEvent[];
  cursor: string;
  /** What was missed is gone: the feed goes on from `cursor`. */
  gap?: true;
}

/** One question what follows a cursor: gathers what was missed, or waits for what comes. */
export class EventPoll implements FeedSink {
  private readonly events: FeedEvent[] = [];
  private bytes = 0;
  private isFull = false;
  private isCaughtUp = false;
  private waitMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private answer: () => void = () => undefined;

  /**
   * @param after a cursor; absent: from now on
   * @param waitMs for the first event
   * @param giveUp answers what is there
   * @throws EngineError INVALID_PARAMS for what never was a cursor, SERVICE_UNAVAILABLE
   */
  async ask(
    feeds: FeedSubscriptions,
    filter: FeedFilter,
    { after, waitMs, giveUp }: { after: string | undefined; waitMs: number; giveUp: readonly AbortSignal[] },
  ): Promise<PolledEvents> {
    const feed = await feeds.openAll(filter, after, this, 'after');
    try {
      const { cursor, gap } = feed;
      if (gap) return { events: [], cursor, gap };
      this.waitMs = waitMs;
      await this.gather(feed, giveUp);
      return { events: this.events, cursor: this.cursorOf(feed) };
    } finally {
      feed.close();
    }
  }

  send(items: readonly FeedItem[]): void {
    for (const { event } of items) {
      if (this.isFull) break;
      this.events.push(event);
      this.bytes += textOf(event).bytes;
      this.isFull = this.events.length >= MOST_EVENTS || this.bytes >= MOST_BYTES;
    }
    if (this.isFull || this.isCaughtUp) this.answer();
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  caughtUp(): void {
    this.isCaughtUp = true;
    if (this.events.length > 0 || this.waitMs === 0) this.answer();
    else this.answerIn(this.waitMs);
  }

  /** What was gathered is right; the next question says more. */
  overflow(): void {
    this.isFull = true;
    this.answer();
  }

  private async gather(feed: AllFeed, giveUp: readonly AbortSignal[]): Promise<void> {
    if (giveUp.some(({ aborted }) => aborted)) return;
    await new Promise<void>((resolve) => {
      this.answer = resolve;
      for (const signal of giveUp) signal.addEventListener('abort', this.giveUp);
      this.answerIn(CATCH_UP_MS);
      feed.start();
    });
    clearTimeout(this.timer);
    for (const signal of giveUp) signal.removeEventListener('abort', this.giveUp);
  }

  private readonly giveUp = (): void => this.answer();

  private answerIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.giveUp, ms);
  }

  private cursorOf(feed: AllFeed): string {
    const last = this.events.at(-1);
    if (this.isFull || !this.isCaughtUp) return last?.cursor ?? feed.cursor;
    return feed.position();
  }
}
