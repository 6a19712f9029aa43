import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import { Log } from '../config/logger.js';
import type { JsonObject } from '../engine/json.js';
import type { MetricRow } from '../repositories/metric.repository.js';
import type { Audience } from './audiences.js';
import { writeFeedCursor } from './feed-cursor.js';
import type { FeedItem } from './feed-event.js';
import type { FeedSource } from './feed-source.js';
import { JournalFollower } from './journal-follower.js';
import { JournalPositions } from './journal-positions.js';

/** What listens in this process. */
export type FeedListener = (item: FeedItem) => void;

const RETRY_MS = 1000;

/** What the monitor emits; the other two are every emitter's own. */
interface MonitorEvents {
  event: [item: FeedItem];
  newListener: [name: string | symbol];
  removeListener: [name: string | symbol];
}

/**
 * Tells what was committed of executions, whichever instance drives them, and what goes on in those that run here. One
 * event, `event`, has everything; it is typed by the `type` of what it tells. Following the journal begins with the first
 * listener and ends with the last one.
 */
@Injectable()
export class ExecutionMonitor extends EventEmitter<MonitorEvents> {
  private readonly all: Audience = {
    wantsProgress: () => true,
    receive: (items) => {
      for (const item of items) this.emit('event', item);
    },
    lost: () => undefined,
  };

  private readonly wanted = new Set<Audience>();

  constructor(
    private readonly follower: JournalFollower,
    private readonly positions: JournalPositions,
    private readonly log: Log,
  ) {
    super();
    this.setMaxListeners(0);
    const isAlone = (name: string | symbol) => name === 'event' && this.listenerCount('event') === 0;
    this.on('newListener', (name) => {
      if (isAlone(name)) this.join(this.all);
    });
    this.on('removeListener', (name) => {
      if (isAlone(name)) this.leave(this.all);
    });
  }

  /** What executions offer to the feed. */
  begin(source: FeedSource): void {
    this.follower.begin(source);
  }

  /** Nothing is told any more. */
  end(): Promise<void> {
    return this.follower.end();
  }

  /**
   * Tells of one execution, or of all ('*'). A listener that throws is logged and slows nobody.
   * @returns what ends it
   */
  subscribe(executionId: string, listener: FeedListener): () => void {
    const guarded = (item: FeedItem) => {
      try {
        listener(item);
      } catch (err) {
        this.log.error({ err }, 'a listener of the monitor failed');
      }
    };
    if (executionId !== '*') return this.subscribeOne(executionId, guarded);
    this.on('event', guarded);
    return () => void this.off('event', guarded);
  }

  /** The cursor of everything that was committed before the call. */
  async position(): Promise<string> {
    return writeFeedCursor(await this.positions.now());
  }

  /** Something was committed by this instance. */
  committed(): void {
    this.follower.committed();
  }

  /** Samples were taken of executions that run here. */
  sampled(rows: readonly MetricRow[]): void {
    for (const { executionId, sample } of rows) {
      const data = { ...sample } as unknown as JsonObject;
      const { timestamp } = sample;
      this.follower.tell(executionId, { type: 'performance:updated', timestamp, data }).catch((err: unknown) => {
        this.log.warn({ err, executionId }, 'a sample could not be told');
      });
    }
  }

  /** While the database is away it is tried again. */
  private join(audience: Audience): void {
    this.wanted.add(audience);
    this.follower.join(audience).catch((err: unknown) => {
      this.log.warn({ err }, 'the monitor has nothing to tell');
      const again = () => this.wanted.has(audience) && this.join(audience);
      if (this.follower.isOpen) setTimeout(again, RETRY_MS).unref();
    });
  }

  private leave(audience: Audience): void {
    this.wanted.delete(audience);
    this.follower.leave(audience);
  }

  private subscribeOne(executionId: string, listener: FeedListener): () => void {
    const audience: Audience = {
      executionId,
      wantsProgress: () => true,
      receive: (items) => {
        for (const item of items) listener(item);
      },
      lost: () => undefined,
    };
    this.join(audience);
    return () => this.leave(audience);
  }
}
