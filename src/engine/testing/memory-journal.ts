import type { Batch, BatchEntry, BatchResult, BatchWriter, CreationRow, SummaryRow } from '../journal/batch.js';
import type { JournalEvent } from '../journal/events.js';
import type { LogEntry } from '../ports.js';

/** What the journal holds of one execution. */
export interface StoredExecution {
  creation?: CreationRow;
  row?: SummaryRow;
  events: JournalEvent[];
  chunks: BatchEntry['chunks'];
  logs: LogEntry[];
}

/** What becomes of a batch instead of a plain commit; `lost-after`: it is written, but nobody hears of it. */
export type ScriptedAnswer = BatchResult | 'lost-before' | 'lost-after' | Promise<BatchResult>;

/**
 * A journal in memory that keeps what was committed and holds to the contract of the real one: a batch counts once,
 * a chunk that does not follow the last one collides, and nothing is written without the lease.
 */
export class MemoryJournal implements BatchWriter {
  readonly executions = new Map<string, StoredExecution>();
  /** Every batch that was sent, as text, and whether it was answered as committed. */
  readonly sent: { text: string; batch: Batch; committed: boolean }[] = [];
  /** Asked before each batch; undefined: it is committed. */
  script: ((batch: Batch) => ScriptedAnswer | undefined) | undefined;
  /** Instances that have lost their lease. */
  readonly dead = new Set<string>();
  /** Ids of executions whose rows are gone. */
  readonly deleted = new Set<string>();
  /** Execution ids by the idempotency key that created them. */
  readonly keys = new Map<string, string>();
  private readonly written = new Set<string>();

  async write(batch: Batch): Promise<BatchResult> {
    const record = { text: JSON.stringify(batch), batch, committed: false };
    this.sent.push(record);
    const scripted = this.script?.(batch);
    if (scripted === 'lost-before') return { kind: 'unknown', message: 'connection lost' };
    if (scripted === 'lost-after') {
      this.commit(batch);
      return { kind: 'unknown', message: 'connection lost' };
    }
    const answer = scripted === undefined ? undefined : await scripted;
    const refuses = answer !== undefined && answer.kind !== 'committed' && !this.written.has(nameOf(batch));
    const result = refuses ? answer : this.commit(batch);
    record.committed = result.kind === 'committed';
    return result;
  }

  /** The committed events of an execution. */
  events(executionId: string): JournalEvent[] {
    return this.executions.get(executionId)?.events ?? [];
  }

  private commit(batch: Batch): BatchResult {
    if (this.written.has(nameOf(batch))) return { kind: 'committed', missing: [], existing: [] };
    if (this.dead.has(batch.instanceId)) return { kind: 'lease-lost' };
    const existing = batch.entries.filter((entry) => this.isTaken(entry)).map(({ executionId }) => executionId);
    const missing = batch.entries
      .filter(({ executionId, change }) => change && this.deleted.has(executionId))
      .map(({ executionId }) => executionId);
    const entries = batch.entries.filter(({ executionId }) => !existing.includes(executionId));
    if (entries.some((entry) => !this.follows(entry))) return { kind: 'collision' };
    this.written.add(nameOf(batch));
    for (const entry of entries) this.store(entry);
    return { kind: 'committed', missing, existing };
  }

  private isTaken({ executionId, creation }: BatchEntry): boolean {
    const owner = creation?.idempotency && this.keys.get(creation.idempotency.key);
    return owner !== undefined && owner !== executionId;
  }

  private follows({ executionId, chunks }: BatchEntry): boolean {
    let next = this.events(executionId).length + 1;
    for (const { firstSeq, lastSeq, text } of chunks) {
      const count = (JSON.parse(text) as unknown[]).length;
      if (firstSeq !== next || lastSeq !== firstSeq + count - 1) return false;
      next = lastSeq + 1;
    }
    return true;
  }

  private store({ executionId, creation, change, chunks, logs }: BatchEntry): void {
    const stored = this.executions.get(executionId) ?? { events: [], chunks: [], logs: [] };
    this.executions.set(executionId, stored);
    if (creation) {
      stored.creation = creation;
      stored.row = creation;
      if (creation.idempotency) this.keys.set(creation.idempotency.key, executionId);
    }
    if (change) stored.row = change;
    stored.chunks.push(...chunks);
    for (const { text } of chunks) stored.events.push(...(JSON.parse(text) as JournalEvent[]));
    stored.logs.push(...logs);
  }
}

function nameOf({ writer, no }: Batch): string {
  return `${writer} ${no}`;
}
