import type { ExecutionJournal } from '../driving/driver-ports.js';
import type { LogEntry } from '../ports.js';
import type { BatchEntry, CreationRow, SummaryRow } from './batch.js';
import { cutChunks } from './chunk.js';

/** Why an execution's queued events will never be written by this stream. */
export type StreamLoss = 'missing' | 'collision' | 'unstorable' | 'exists' | 'lease-lost';

/** Whose journal it is: asked for the row when a batch is sealed. */
export interface StreamOwner {
  /** True until a creation with an idempotency key is committed: it goes in a statement of its own. */
  readonly isKeyed: boolean;
  /** The row of a creation, or a change of it worth writing now; `partial`: events that the row may know of stay behind. */
  rowFor(partial: boolean): { creation?: CreationRow; change?: SummaryRow };
  /** Nothing queued was written nor will be. */
  lost(loss: StreamLoss, message: string): void;
}

/** What the queue does for its streams. */
export interface StreamQueue {
  enqueue(stream: JournalStream): void;
  added(characters: number): void;
  removed(characters: number): void;
  readonly isFull: boolean;
  whenRoom(callback: () => void): void;
}

/** What a batch has of one execution; `size` is its share of the queue in characters. */
export interface SealedEntry {
  stream: JournalStream;
  entry: BatchEntry;
  size: number;
}

/** What one execution has to say to the journal, gathered until its lane seals the next batch. */
export class JournalStream implements ExecutionJournal {
  private texts: string[] = [];
  private versions: number[] = [];
  private logs: LogEntry[] = [];
  /** Counts everything that was handed in; what is committed is known by its version. */
  private version = 0;
  private sealedVersion = 0;
  private committedVersion = 0;
  private waiters: { version: number; resolve: () => void }[] = [];
  private closed = false;
  private settleWaiters: (() => void)[] = [];

  constructor(
    readonly executionId: string,
    readonly lane: number,
    /** The seq of the last event that is committed already. */
    private lastSeq: number,
    private readonly owner: StreamOwner,
    private readonly queue: StreamQueue,
  ) {}

  get isKeyed(): boolean {
    return this.owner.isKeyed;
  }

  get isFull(): boolean {
    return this.queue.isFull;
  }

  whenRoom(callback: () => void): void {
    this.queue.whenRoom(callback);
  }

  append(text: string): void {
    if (this.closed) return;
    this.texts.push(text);
    this.handIn(text.length);
    this.versions.push(this.version);
  }

  log(entry: LogEntry): void {
    if (this.closed) return;
    this.logs.push(entry);
    this.handIn(logSize(entry));
  }

  touch(): void {
    if (!this.closed) this.handIn(0);
  }

  committed(): Promise<void> {
    const { version } = this;
    if (this.committedVersion >= version && !this.closed) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ version, resolve }));
  }

  /** True while it is not known whether the batch that was sealed last is committed. */
  get isUnderWay(): boolean {
    return this.committedVersion < this.sealedVersion;
  }

  /** Resolves when no batch with something of this stream is under way, also after it was closed. */
  settled(): Promise<void> {
    if (!this.isUnderWay) return Promise.resolve();
    return new Promise((resolve) => this.settleWaiters.push(resolve));
  }

  /** True while something waits for a batch. */
  get isPending(): boolean {
    return !this.closed && this.version > this.sealedVersion;
  }

  /** Takes what fits into `budget` characters out of the queue; the rest follows in a later batch. */
  seal(budget: number): SealedEntry {
    const { chunks, taken } =
      this.texts.length > 0 ? cutChunks(this.lastSeq + 1, this.texts, budget) : { chunks: [], taken: 0 };
    const partial = taken < this.texts.length;
    this.sealedVersion = partial ? (this.versions[taken - 1] ?? this.sealedVersion) : this.version;
    this.lastSeq += taken;
    const sealed = this.texts.splice(0, taken);
    this.versions.splice(0, taken);
    const { logs } = this;
    this.logs = [];
    return {
      stream: this,
      entry: { executionId: this.executionId, ...this.owner.rowFor(partial), chunks, logs },
      size: sizeOf(sealed, logs),
    };
  }

  /** The batch that was sealed last is committed. */
  confirm(): void {
    this.committedVersion = this.sealedVersion;
    const due = this.waiters.filter(({ version }) => version <= this.committedVersion);
    this.waiters = this.waiters.filter(({ version }) => version > this.committedVersion);
    for (const { resolve } of due) resolve();
    for (const resolve of this.settleWaiters.splice(0)) resolve();
  }

  /** Nothing more is taken in; whoever waits for a commit waits for ever, since none will come. */
  lose(loss: StreamLoss, message: string): void {
    this.committedVersion = this.sealedVersion;
    for (const resolve of this.settleWaiters.splice(0)) resolve();
    if (this.closed) return;
    this.close();
    this.owner.lost(loss, message);
  }

  close(): void {
    this.closed = true;
    this.queue.removed(sizeOf(this.texts, this.logs));
    this.texts = [];
    this.versions = [];
    this.logs = [];
    this.waiters = [];
  }

  private handIn(characters: number): void {
    this.version += 1;
    this.queue.added(characters);
    this.queue.enqueue(this);
  }
}

function sizeOf(texts: readonly string[], logs: readonly LogEntry[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0) + logs.reduce((sum, entry) => sum + logSize(entry), 0);
}

function logSize(entry: LogEntry): number {
  return entry.message.length + 100;
}
