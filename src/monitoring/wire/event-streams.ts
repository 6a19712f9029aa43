import { Injectable } from '@nestjs/common';
import { ServerState } from '../../config/server-state.js';
import type { FeedFilter } from '../feed-event.js';
import { FeedSubscriptions } from '../feed-subscriptions.js';
import { PrometheusMetrics } from '../prometheus-metrics.js';
import { EventStream } from './event-stream.js';

/** The streams of server-sent events that are open. */
@Injectable()
export class EventStreams {
  private readonly streams = new Set<EventStream>();

  constructor(
    private readonly feeds: FeedSubscriptions,
    private readonly metrics: PrometheusMetrics,
    private readonly state: ServerState,
  ) {
    // The end of the server waits for the answers that are under way.
    state.stopping.addEventListener('abort', () => this.endAll(), { once: true });
  }

  /**
   * @param after a cursor: what follows it comes first
   * @param field what the cursor is called where it came from
   * @throws EngineError INVALID_PARAMS for what never was a cursor, SERVICE_UNAVAILABLE
   */
  async open(filter: FeedFilter, after: string | undefined, field: string): Promise<EventStream> {
    const stream = new EventStream(this.feeds, filter, () => {
      this.streams.delete(stream);
      this.metrics.feedClients.dec();
    });
    this.streams.add(stream);
    this.metrics.feedClients.inc();
    await stream.open(after, field);
    if (this.state.stopping.aborted) stream.end();
    return stream;
  }

  /** How many are open. */
  get size(): number {
    return this.streams.size;
  }

  private endAll(): void {
    for (const stream of this.streams) stream.end();
  }
}
