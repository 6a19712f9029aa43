import type { Audience } from './audiences.js';
import { FeedBuffer } from './feed-buffer.js';
import type { FeedItem } from './feed-event.js';
import type { FeedSink } from './feed-sink.js';

/** What one client is told: kept until it may be sent, then sent as it comes. */
export class ClientFeed implements Audience {
  private readonly buffer = new FeedBuffer();
  private isHeld = true;
  private isClosed = false;

  /** @param executionId absent: of all executions */
  constructor(
    readonly executionId: string | undefined,
    private readonly sink: FeedSink,
    private passes: (item: FeedItem) => boolean,
    private readonly progressOf: ReadonlySet<string> = new Set(),
  ) {}

  get closed(): boolean {
    return this.isClosed;
  }

  /** What happens is sent as it happens. */
  get isLive(): boolean {
    return !this.isHeld && !this.isClosed;
  }

  wantsProgress(executionId: string): boolean {
    return this.progressOf.has(executionId);
  }

  receive(items: readonly FeedItem[]): void {
    if (this.isClosed) return;
    if (!this.isHeld) return this.send(items);
    this.buffer.add(items.filter(this.passes));
  }

  lost(): void {
    if (this.isHeld) this.buffer.spill();
    else this.overflow();
  }

  /** From now on this has to be true too. */
  narrow(passes: (item: FeedItem) => boolean): void {
    const before = this.passes;
    this.passes = (item) => before(item) && passes(item);
  }

  /** Sends what the filter lets through. */
  send(items: readonly FeedItem[]): void {
    const passing = items.filter(this.passes);
    if (passing.length > 0 && !this.isClosed) this.sink.send(passing);
  }

  /** Sends what comes before all that is kept, whatever the filter says of it. */
  sendBefore(items: readonly FeedItem[]): void {
    if (items.length > 0 && !this.isClosed) this.sink.send(items);
  }

  /** Keeps what comes from now on; what was kept before is dropped. */
  hold(): void {
    this.buffer.take();
    this.isHeld = true;
  }

  /** Sends what was kept, and then whatever comes; false when more came than could be kept: nothing is sent then. */
  release(): boolean {
    if (this.buffer.isOverflown) return false;
    const kept = this.buffer.take();
    this.isHeld = false;
    this.send(kept);
    this.sink.caughtUp?.();
    return true;
  }

  /** The client has to start anew. */
  overflow(): void {
    if (this.isClosed) return;
    this.close();
    this.sink.overflow();
  }

  close(): void {
    this.isClosed = true;
    this.buffer.take();
  }

  /** Resolves when the client can take more. */
  drained(): Promise<void> {
    return this.sink.drained();
  }
}
