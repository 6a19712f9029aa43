import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import type { JsonObject } from '../engine/json.js';
import { EventRepository } from '../repositories/event.repository.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { ExecutionStatisticsRepository } from '../repositories/execution-statistics.repository.js';
import { catchUp } from './catch-up.js';
import { ClientFeed } from './client-feed.js';
import { readFeedCursor, writeFeedCursor, type FeedPosition } from './feed-cursor.js';
import type { FeedFilter, FeedItem } from './feed-event.js';
import type { FeedSink } from './feed-sink.js';
import { FollowedExecutions } from './followed-executions.js';
import { JournalFollower } from './journal-follower.js';
import { JournalPositions } from './journal-positions.js';
import { replay } from './replay.js';

/** A subscription that stands: its events are kept until `start`, and sent from then on. */
export interface OpenFeed {
  /** Once; may call `send` at once. */
  start(): void;
  /** Nothing is sent any more. */
  close(): void;
}

export interface ExecutionFeed extends OpenFeed {
  /** The execution record with light nodes, `progress` and `seq`; absent: the events since `afterSeq` follow. */
  snapshot?: JsonObject;
  /** The newest event that the snapshot, or what is replayed, knows. */
  seq: number;
  /** The events since `afterSeq` cannot be replayed: there is a snapshot in their place. */
  reset?: true;
}

export interface AllFeed extends OpenFeed {
  /** What follows it is what is sent. */
  cursor: string;
  /** Executions by status (of the workflow, where the filter names one). */
  counts: Record<string, number>;
  /** What was missed is gone: the feed goes on from now. */
  gap?: true;
  /** What follows it was not sent yet; what the filter left out counts as sent. While what was missed is sent: `cursor`. */
  position(): string;
}

/** More events are not replayed: a snapshot says the same in less. */
const MOST_REPLAYED = 5000;
/** So much earlier than its deletion what follows a cursor counts as gone. */
const RETENTION_MARGIN_MS = 60_000;
/** Who has missed more batches is not brought up to date. */
const MOST_BATCHES = 100_000;

/** Subscriptions that lose nothing, whatever wire they are on. */
@Injectable()
export class FeedSubscriptions {
  constructor(
    private readonly follower: JournalFollower,
    private readonly positions: JournalPositions,
    private readonly journal: EventRepository,
    private readonly folds: ExecutionFolds,
    private readonly statistics: ExecutionStatisticsRepository,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /**
   * One execution. Joins first and reads the snapshot then, so that every later event follows it.
   * @param afterSeq replays the journaled events behind it; more than 5,000, or above the newest: a snapshot with `reset`
   * @throws EngineError NOT_FOUND; SERVICE_UNAVAILABLE while the server starts or stops
   */
  async openExecution(executionId: string, afterSeq: number | undefined, sink: FeedSink): Promise<ExecutionFeed> {
    const feed = new ClientFeed(executionId, sink, () => true);
    const position = await this.follower.join(feed);
    try {
      const newest = afterSeq === undefined ? undefined : await this.newestToReplay(executionId, afterSeq);
      if (newest !== undefined && afterSeq !== undefined) {
        feed.narrow((item) => isNewsAfter(newest, item));
        const start = () => void this.replayThenRelease(feed, executionId, { after: afterSeq, upTo: newest }, position);
        return { seq: newest, start, close: () => this.close(feed) };
      }
      const snapshot = await this.follower.executions.snapshot(executionId);
      feed.narrow((item) => isNewsAfter(snapshot.seq, item));
      return {
        snapshot,
        seq: snapshot.seq,
        ...(afterSeq !== undefined && { reset: true }),
        start: () => this.release(feed),
        close: () => this.close(feed),
      };
    } catch (error) {
      this.close(feed);
      throw error;
    }
  }

  /**
   * All executions, or what the filter lets through.
   * @param afterCursor what was missed since then comes first
   * @param field the name that the cursor has where it came from
   * @throws EngineError INVALID_PARAMS for what never was a cursor; SERVICE_UNAVAILABLE while the server starts or stops
   */
  async openAll(
    filter: FeedFilter,
    afterCursor: string | undefined,
    sink: FeedSink,
    field = 'afterCursor',
  ): Promise<AllFeed> {
    const after = afterCursor === undefined ? undefined : readFeedCursor(afterCursor, field);
    const progressOf = new Set(filter.executionIds);
    const feed = new ClientFeed(undefined, sink, passesOf(filter, progressOf), progressOf);
    const close = () => this.close(feed);
    const now = after && (await this.positions.now());
    const gap = after && now && this.isGone(after, now);
    try {
      if (after && afterCursor !== undefined && !gap) {
        const madeAt = performance.now() - (now ? now.time - after.time : 0);
        const isGone = () => performance.now() - madeAt > this.keptMs;
        const start = () => void catchUp(feed, after, this.follower, isGone, this.log);
        const position = () => this.positionOf(feed, afterCursor);
        return { cursor: afterCursor, counts: await this.counts(filter), position, start, close };
      }
      const cursor = writeFeedCursor(await this.follower.join(feed));
      return {
        cursor,
        position: () => this.positionOf(feed, cursor),
        counts: await this.counts(filter),
        ...(gap && { gap: true }),
        start: () => this.release(feed),
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** For how long what follows a cursor is surely there, in ms. */
  private get keptMs(): number {
    return this.config.feedRetentionMs - RETENTION_MARGIN_MS;
  }

  /** The newest event, when all those behind `afterSeq` can be replayed. */
  private async newestToReplay(executionId: string, afterSeq: number): Promise<number | undefined> {
    const seq = (await this.folds.load(executionId))?.seq;
    return seq !== undefined && seq >= afterSeq && seq - afterSeq <= MOST_REPLAYED ? seq : undefined;
  }

  private async replayThenRelease(
    feed: ClientFeed,
    executionId: string,
    range: { after: number; upTo: number },
    position: FeedPosition,
  ): Promise<void> {
    try {
      const executions = new FollowedExecutions(this.folds, this.follower.executions, Infinity);
      for await (const items of replay(executionId, range, position, { journal: this.journal, executions })) {
        if (feed.closed) return;
        feed.sendBefore(items);
        await feed.drained();
      }
      if (!feed.closed) this.release(feed);
    } catch (error) {
      this.log.debug({ err: error, executionId }, 'events could not be replayed: the client starts anew');
      this.follower.leave(feed);
      feed.overflow();
    }
  }

  private release(feed: ClientFeed): void {
    if (feed.release()) return;
    this.follower.leave(feed);
    feed.overflow();
  }

  private close(feed: ClientFeed): void {
    feed.close();
    this.follower.leave(feed);
  }

  private positionOf(feed: ClientFeed, cursor: string): string {
    const { position } = this.follower;
    return feed.isLive && position ? writeFeedCursor(position) : cursor;
  }

  private counts({ workflowId }: FeedFilter): Promise<Record<string, number>> {
    return this.statistics.countByStatus({ workflowId });
  }

  private isGone(after: FeedPosition, now: FeedPosition): boolean {
    if (now.time - after.time > this.keptMs) return true;
    let behind = 0;
    for (const [writer, no] of now.vector) behind += Math.max(0, no - (after.vector.get(writer) ?? 0));
    return behind > MOST_BATCHES;
  }
}

/** What a client that knows an execution up to `seq` has not heard. */
function isNewsAfter(seq: number, { event, journaled }: FeedItem): boolean {
  if (journaled || event.type === 'progress:updated') return event.seq > seq;
  return event.type === 'node:started' ? event.seq >= seq : true;
}

function passesOf(
  { workflowId, types, status }: FeedFilter,
  progressOf: ReadonlySet<string>,
): (item: FeedItem) => boolean {
  const wantedTypes = types && new Set<string>(types);
  const wantedStatus = status && new Set<string>(status);
  return (item) => {
    if (item.event.type === 'progress:updated') return progressOf.has(item.event.executionId);
    if (workflowId !== undefined && item.workflowId !== workflowId) return false;
    if (wantedTypes && !wantedTypes.has(item.event.type)) return false;
    return !wantedStatus || wantedStatus.has(item.status);
  };
}
