import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { EngineError } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import { BatchRepository } from '../repositories/batch.repository.js';
import { Database } from '../repositories/database.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { Audiences, type Audience } from './audiences.js';
import type { FeedEventType } from './feed-event.js';
import type { FeedPosition } from './feed-cursor.js';
import { unjournaledItem } from './feed-item.js';
import type { FeedSource } from './feed-source.js';
import { FollowedExecutions } from './followed-executions.js';
import { JournalReader, TooFarBehind, type ReaderScope } from './journal-reader.js';
import { ProgressRelay } from './progress-relay.js';
import { PureStarts, type ToldExecution } from './pure-starts.js';

/** Between the beginnings of two rounds, at least. */
const ROUND_EVERY_MS = 15;
/** How often it is looked for what other instances commit. */
const POLL_MS = 100;
/** Where only this process writes: so that the position does not age. */
const REFRESH_MS = 5000;
const RETRY_MS = 500;
const FOLDS_BYTES = 64 * 1024 * 1024;

/** What belongs to one stretch of following. */
interface Following {
  reader: JournalReader;
  progress: ProgressRelay;
  pureStarts: PureStarts;
}

/** Who waits to be told from the end of the next round on. */
interface Joining {
  resolve: (position: FeedPosition) => void;
  reject: (error: unknown) => void;
}

/**
 * Follows the journal while somebody listens: round after round it reads what was committed since, by this instance and by
 * others, and tells the audiences. A commit of this instance begins the next round at once.
 */
@Injectable()
export class JournalFollower {
  private source: FeedSource | undefined;
  private readonly audiences: Audiences;
  private current: Following | undefined;
  private loop: Promise<void> | undefined;
  private isReading = false;
  private joining = new Map<Audience, Joining>();
  private isDirty = false;
  private wake: () => void = () => undefined;
  private closed = false;

  constructor(
    private readonly batches: BatchRepository,
    private readonly database: Database,
    private readonly folds: ExecutionFolds,
    private readonly identity: InstanceIdentity,
    private readonly log: Log,
  ) {
    this.audiences = new Audiences((err) => this.log.error({ err }, 'a listener of the feed failed'));
  }

  begin(source: FeedSource): void {
    this.source = source;
  }

  async end(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.loop;
  }

  /** True between {@link begin} and {@link end}. */
  get isOpen(): boolean {
    return this.source !== undefined && !this.closed;
  }

  /** @throws EngineError SERVICE_UNAVAILABLE before {@link begin} and after {@link end} */
  get executions(): FeedSource {
    if (!this.source || this.closed) throw notOpen();
    return this.source;
  }

  /** Where the feed stands; undefined while nobody listens. */
  get position(): FeedPosition | undefined {
    return this.current?.reader.position;
  }

  /**
   * Joins: what the audience is told follows the position that this gives.
   * @param fresh after all that was committed before the call
   * @throws EngineError SERVICE_UNAVAILABLE while the server starts or stops; what the database throws
   */
  async join(audience: Audience, fresh = false): Promise<FeedPosition> {
    if (!this.source || this.closed) throw notOpen();
    const { position } = this;
    if (position && !this.isReading && !fresh) {
      this.audiences.add(audience);
      return position;
    }
    return new Promise((resolve, reject) => {
      this.joining.set(audience, { resolve, reject });
      this.loop ??= this.follow();
      this.committed();
    });
  }

  /** Nothing more is told. */
  leave(audience: Audience): void {
    this.joining.delete(audience);
    this.audiences.remove(audience);
    if (this.audiences.isEmpty) this.wake();
  }

  /** Something was committed here. */
  committed(): void {
    if (!this.loop) return;
    this.isDirty = true;
    this.wake();
  }

  /** Tells something that is not journaled, of an execution that somebody listens to. */
  async tell(executionId: string, what: { type: FeedEventType; timestamp: number; data: JsonObject }): Promise<void> {
    if (!this.current || !this.audiences.wants(executionId)) return;
    const told = await this.told(executionId);
    if (told) this.send(executionId, told, what);
  }

  private send(
    executionId: string,
    { state }: Pick<ToldExecution, 'state'>,
    what: { type: FeedEventType; timestamp: number; data: JsonObject },
  ): void {
    const { position } = this;
    if (!position) return;
    const { seq, workflowId, status } = state;
    this.audiences.tell([unjournaledItem({ executionId, seq, workflowId, status }, what, position)]);
  }

  private async follow(): Promise<void> {
    while (!this.closed && !(this.audiences.isEmpty && this.joining.size === 0)) {
      const began = performance.now();
      try {
        await this.round();
      } catch (error) {
        this.log.debug({ err: error }, 'the journal could not be followed; trying again');
        // Who has been told already waits; who wants to join is not kept waiting for a database that may be away for long.
        this.refuse(error);
        if (!this.audiences.isEmpty) await this.rest(RETRY_MS);
        continue;
      }
      if (!this.isDirty) await this.rest(this.database.exclusive ? REFRESH_MS : POLL_MS);
      const early = ROUND_EVERY_MS - (performance.now() - began);
      if (early > 0 && !this.closed) await delay(early);
    }
    this.current?.progress.end();
    this.current?.pureStarts.end();
    this.current = undefined;
    this.loop = undefined;
    this.refuse(notOpen());
  }

  private refuse(error: unknown): void {
    for (const { reject } of this.joining.values()) reject(error);
    this.joining.clear();
  }

  private async round(): Promise<void> {
    this.isDirty = false;
    this.isReading = true;
    const joining = [...this.joining];
    try {
      const { now, vector } = await this.batches.newest();
      if (this.current) await this.readTo(this.current, { time: now, vector });
      else this.current = this.start({ time: now, vector });
    } finally {
      this.isReading = false;
    }
    for (const [audience, { resolve }] of joining) {
      // It may have left meanwhile.
      if (!this.joining.delete(audience)) continue;
      this.audiences.add(audience);
      resolve(this.current.reader.position);
    }
  }

  private async readTo({ reader, progress }: Following, target: FeedPosition): Promise<void> {
    try {
      await reader.readTo(target.vector, target.time, (items, touched) => {
        this.audiences.tell(items);
        for (const executionId of touched) {
          const followed = reader.executions.get(executionId);
          if (followed && this.audiences.wantsProgress(executionId)) progress.touched(followed);
        }
      });
    } catch (error) {
      if (!(error instanceof TooFarBehind)) throw error;
      this.log.warn('more was committed than can be told: the clients of the feed start anew');
      reader.skipTo(target);
      this.audiences.lost();
    }
  }

  private start(position: FeedPosition): Following {
    const source = this.executions;
    const fault = (what: string) => (err: unknown) => this.log.warn({ err }, `${what} could not be told`);
    const progress = new ProgressRelay(
      source,
      ({ executionId, state }, data) => {
        if (state) this.send(executionId, { state }, { type: 'progress:updated', timestamp: source.now(), data });
      },
      fault('the progress of an execution'),
    );
    const host = {
      wants: (executionId: string) => this.audiences.wants(executionId),
      told: (executionId: string) => this.told(executionId),
      started: (executionId: string, told: ToldExecution, timestamp: number, data: JsonObject) =>
        this.send(executionId, told, { type: 'node:started', timestamp, data }),
    };
    const pureStarts = new PureStarts(source, () => this.identity.id, host, fault('a node that runs'));
    return { reader: this.readerAt(position, this.audiences, FOLDS_BYTES), progress, pureStarts };
  }

  /** A reader of somebody's own. */
  readerAt(position: FeedPosition, scope: ReaderScope, foldsBytes: number): JournalReader {
    const executions = new FollowedExecutions(this.folds, this.executions, foldsBytes);
    return new JournalReader(this.batches, executions, scope, position, (executionId, err) =>
      this.log.error({ executionId, err }, 'an event cannot be told'),
    );
  }

  /** As it was told so far; what was not told of yet stands as it is committed, and is not changed. */
  private async told(executionId: string): Promise<ToldExecution | undefined> {
    const { plan, state } = this.current?.reader.executions.get(executionId) ?? {};
    if (plan && state) return { plan, state };
    const committed = await this.folds.load(executionId);
    if (!committed) return undefined;
    return { state: committed, plan: await this.executions.plan(committed.workflowId, committed.revision) };
  }

  private rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function notOpen(): EngineError {
  return new EngineError('SERVICE_UNAVAILABLE', 'The feed is not open');
}
