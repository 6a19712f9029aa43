import type { Scheduler } from '../ports.js';
import type { Batch, BatchEntry, BatchResult, BatchWriter } from './batch.js';
import { JournalStream, type SealedEntry, type StreamOwner } from './journal-stream.js';

/** A batch carries about this many characters, so that one giant does not hold all others up. */
const BATCH_CHARACTERS = 1_000_000;
const RESEND_FIRST_MS = 50;
const RESEND_LONGEST_MS = 1000;

export interface GroupCommitOptions {
  instanceId: string;
  /** Batches that may be under way at once; an execution stays on its lane. */
  lanes: number;
  /** Above this many queued characters nothing new is to be started. */
  queueLimit: number;
}

export interface GroupCommitHooks {
  /** The instance's row is gone: everything that it drove belongs to others now. */
  leaseLost(): void;
  /** A batch is committed, and who waited for it has been told. */
  committed?(): void;
  /** A batch has to be sent again; the database may be away. */
  troubled(message: string): void;
}

interface Lane {
  queue: Set<JournalStream>;
  no: number;
  busy: boolean;
}

/**
 * Gathers what all executions of an instance hand in while one batch commits, and writes it as the next. The first
 * event of an idle lane goes out by `defer`, not by a timer: the microtasks of a pure chain land in the same batch.
 */
export class GroupCommit {
  private readonly lanes: Lane[];
  private queued = 0;
  private stopped = false;
  private roomWaiters: (() => void)[] = [];
  private idleWaiters: (() => void)[] = [];

  constructor(
    private readonly options: GroupCommitOptions,
    private readonly writer: BatchWriter,
    private readonly scheduler: Scheduler,
    private readonly hooks: GroupCommitHooks,
  ) {
    this.lanes = Array.from({ length: options.lanes }, () => ({ queue: new Set<JournalStream>(), no: 0, busy: false }));
  }

  /** Also when it was stopped: then there will be no room. */
  get isFull(): boolean {
    return this.stopped || this.queued > this.options.queueLimit;
  }

  /** Characters that wait for their batch or are under way. */
  get queuedCharacters(): number {
    return this.queued;
  }

  /** A stream for an execution whose journal ends at `lastSeq` (0: it is about to be created). */
  open(executionId: string, lastSeq: number, owner: StreamOwner): JournalStream {
    return new JournalStream(executionId, laneOf(executionId, this.lanes.length), lastSeq, owner, this);
  }

  /** Called back once when the queue has room. */
  whenRoom(callback: () => void): void {
    if (this.isFull) this.roomWaiters.push(callback);
    else this.scheduler.defer(callback);
  }

  added(characters: number): void {
    this.queued += characters;
  }

  /** What was written, or will never be, leaves room for others. */
  removed(characters: number): void {
    this.queued = Math.max(0, this.queued - characters);
    if (this.isFull) return;
    for (const callback of this.roomWaiters.splice(0)) callback();
  }

  enqueue(stream: JournalStream): void {
    const lane = this.lanes[stream.lane];
    if (!lane || this.stopped) return;
    lane.queue.add(stream);
    if (lane.busy) return;
    lane.busy = true;
    this.scheduler.defer(() => void this.work(lane, stream.lane));
  }

  /** Each lane's writer, and the number of the batch that it wrote last. */
  written(): { writer: string; no: number }[] {
    return this.lanes.map(({ no }, lane) => ({ writer: this.writerOf(lane), no }));
  }

  /** Resolves when nothing is queued or under way. */
  idle(): Promise<void> {
    if (!this.lanes.some(({ busy }) => busy)) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  /** Writes nothing more; what is queued is lost to this instance. */
  stop(): void {
    this.stopped = true;
    for (const lane of this.lanes) {
      for (const stream of lane.queue) stream.lose('lease-lost', 'The instance has lost its lease');
      lane.queue.clear();
    }
    this.removed(this.queued);
  }

  private async work(lane: Lane, number: number): Promise<void> {
    while (lane.queue.size > 0 && !this.stopped) {
      await this.commit(lane, number, this.sealBatch(lane));
      // What the commit's callbacks set going lands in the next batch together.
      await new Promise<void>((resolve) => this.scheduler.defer(resolve));
    }
    lane.busy = false;
    if (this.lanes.some(({ busy }) => busy)) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private sealBatch(lane: Lane): SealedEntry[] {
    const sealed: SealedEntry[] = [];
    let left = BATCH_CHARACTERS;
    let keyed: boolean | undefined;
    for (const stream of lane.queue) {
      if (left <= 0) break;
      if (!stream.isPending) {
        lane.queue.delete(stream);
        continue;
      }
      // Creations with an idempotency key go in a statement of their own.
      keyed ??= stream.isKeyed;
      if (stream.isKeyed !== keyed) continue;
      const taken = stream.seal(left);
      left -= taken.size;
      lane.queue.delete(stream);
      if (stream.isPending) lane.queue.add(stream);
      sealed.push(taken);
      // A stream that was put back comes round again in this loop: the next batch is soon enough for it.
      if (stream.isPending) break;
    }
    return sealed;
  }

  /** Writes sealed entries; when the database refuses them, by halves until the bad one stands alone. */
  private async commit(lane: Lane, number: number, all: SealedEntry[]): Promise<void> {
    const open = [all];
    for (let part = open.pop(); part; part = open.pop()) {
      if (part.length === 0) continue;
      if (this.stopped) {
        this.loseLease(part);
        continue;
      }
      if (part.every(({ entry }) => isEmpty(entry))) {
        this.confirm(part, { kind: 'committed', missing: [], existing: [] });
        continue;
      }
      lane.no += 1;
      const { instanceId } = this.options;
      const batch = {
        writer: this.writerOf(number),
        no: lane.no,
        instanceId,
        entries: part.map(({ entry }) => entry),
      };
      const result = await this.send(batch);
      if (result.kind === 'lease-lost') this.loseLease(part);
      else if (result.kind === 'committed') {
        this.confirm(part, result);
        this.hooks.committed?.();
      } else if (part.length > 1) open.push(part.slice(part.length >> 1), part.slice(0, part.length >> 1));
      else this.refuse(part[0] as SealedEntry, result);
    }
  }

  /** Until it is known whether the batch was written, the same batch is sent again, and nothing else of the lane. */
  private async send(batch: Batch): Promise<Exclude<BatchResult, { kind: 'unknown' }>> {
    let pause = RESEND_FIRST_MS;
    for (;;) {
      const result = await this.write(batch);
      if (result.kind !== 'unknown') return result;
      if (this.stopped) return { kind: 'lease-lost' };
      this.hooks.troubled(result.message);
      await new Promise<void>((resolve) => this.scheduler.setTimer(pause, resolve));
      pause = Math.min(RESEND_LONGEST_MS, pause * 2);
    }
  }

  /** What cannot even be sent is refused like what the database refuses: halves find whose it is. */
  private async write(batch: Batch): Promise<BatchResult> {
    try {
      return await this.writer.write(batch);
    } catch (error) {
      return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
    }
  }

  private confirm(part: SealedEntry[], { missing, existing }: Extract<BatchResult, { kind: 'committed' }>): void {
    const gone = new Set(missing);
    const taken = new Set(existing);
    for (const { stream, size } of part) {
      this.removed(size);
      if (gone.has(stream.executionId)) stream.lose('missing', 'The execution is no longer there');
      else if (taken.has(stream.executionId)) stream.lose('exists', 'The idempotency key was used before');
      else stream.confirm();
    }
  }

  private refuse({ stream, size }: SealedEntry, result: { kind: 'refused' | 'collision'; message?: string }): void {
    this.removed(size);
    if (result.kind === 'refused') stream.lose('unstorable', result.message ?? 'The database refused it');
    else stream.lose('collision', 'Another instance goes on with it');
  }

  private writerOf(lane: number): string {
    return `${this.options.instanceId}/${lane}`;
  }

  private loseLease(part: SealedEntry[]): void {
    for (const { stream } of part) stream.lose('lease-lost', 'The instance has lost its lease');
    if (this.stopped) return;
    this.stop();
    this.hooks.leaseLost();
  }
}

/** A stream that was touched for a row that is as it was. */
function isEmpty({ creation, change, chunks, logs }: BatchEntry): boolean {
  return !creation && !change && chunks.length === 0 && logs.length === 0;
}

/** FNV-1a over the id: an execution stays on its lane. */
function laneOf(executionId: string, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = 0x811c9dc5;
  for (let at = 0; at < executionId.length; at += 1) hash = Math.imul(hash ^ executionId.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % lanes;
}
