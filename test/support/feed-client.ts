import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { FeedEvent } from '../../src/monitoring/feed-event.js';

/** What a `subscribe` or `unsubscribe` was answered. */
export interface FeedAck {
  ok: boolean;
  snapshot?: Record<string, unknown>;
  seq?: number;
  reset?: boolean;
  cursor?: string;
  counts?: Record<string, number>;
  gap?: boolean;
  error?: { code: string; message: string };
}

type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** A client of the feed, as a program of somebody else would use it, with all that it was sent. */
export class FeedTestClient {
  readonly events: FeedEvent[] = [];
  readonly snapshots: Record<string, unknown>[] = [];
  private readonly changes = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('event', (event: FeedEvent) => this.take([event]));
    socket.on('events', (events: FeedEvent[]) => this.take(events));
    socket.on('snapshot', (snapshot: Record<string, unknown>) => {
      this.snapshots.push(snapshot);
      this.changed();
    });
  }

  /** Of a server under this URL; it connects over WebSocket at once, unless the options say otherwise. */
  static of(url: string, options: ClientOptions = {}): FeedTestClient {
    return FeedTestClient.at(`${url}/monitor`, options);
  }

  /** Of any namespace. */
  static at(namespaceUrl: string, options: ClientOptions = {}): FeedTestClient {
    return new FeedTestClient(io(namespaceUrl, { transports: ['websocket'], forceNew: true, ...options }));
  }

  ask(message: 'subscribe' | 'unsubscribe', content: unknown): Promise<FeedAck> {
    return this.socket.emitWithAck(message, content) as Promise<FeedAck>;
  }

  /** Resolves when what was received is as wished. */
  async until(isThere: (client: this) => boolean): Promise<void> {
    while (!isThere(this)) await new Promise<void>((resolve) => this.changes.add(resolve));
  }

  /** Of one execution, without what is not journaled. */
  journaled(executionId: string): FeedEvent[] {
    return journaledOf(this.events, executionId);
  }

  close(): void {
    this.socket.close();
  }

  private take(events: readonly FeedEvent[]): void {
    this.events.push(...events);
    this.changed();
  }

  private changed(): void {
    for (const resolve of this.changes) resolve();
    this.changes.clear();
  }
}

const UNJOURNALED = new Set(['progress:updated', 'performance:updated', 'log:added', 'execution:deleted']);

/** The events of one execution that have a number of their own; starts of pure nodes stand at another one's. */
export function journaledOf(events: readonly FeedEvent[], executionId: string): FeedEvent[] {
  return events.filter(
    ({ executionId: id, type, data }) =>
      id === executionId && !UNJOURNALED.has(type) && !(type === 'node:started' && data.key === undefined),
  );
}
