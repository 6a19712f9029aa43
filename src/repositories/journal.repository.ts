import { Injectable } from '@nestjs/common';
import { DatabaseError } from 'pg';
import type { Batch, BatchResult, BatchWriter } from '../engine/journal/batch.js';
import { batchStatement, type BatchStatement } from './batch-statement.js';
import { Database } from './database.js';

interface Answer {
  lease: number;
  batch: number;
  changed?: number;
  created?: string[];
}

const DELETED_AT_ONCE = 10_000;

/** From one writer to the next through the primary key. A writer is a lane of an instance: id, slash, lane. */
const GONE_WRITERS = `WITH RECURSIVE writers AS (
    (SELECT writer FROM journal_batches ORDER BY writer LIMIT 1)
    UNION ALL
    SELECT (SELECT b.writer FROM journal_batches b WHERE b.writer > w.writer ORDER BY b.writer LIMIT 1)
    FROM writers w WHERE w.writer IS NOT NULL
  ) SELECT w.writer FROM writers w
  WHERE NOT EXISTS (SELECT 1 FROM instances i WHERE i.id = split_part(w.writer, '/', 1))
    AND (SELECT b.created_at FROM journal_batches b WHERE b.writer = w.writer ORDER BY b.no DESC LIMIT 1)
      < clock_timestamp() - $1 * interval '1 millisecond'`;

/** SQLSTATE classes that blame the data: data exception, integrity constraint, program limit exceeded. */
const REFUSED = /^(22|23|54)/;

/** Writes the journal's batches, each in one statement (engine/journal/batch.ts says what the results mean). */
@Injectable()
export class JournalRepository implements BatchWriter {
  constructor(private readonly database: Database) {}

  async write(batch: Batch): Promise<BatchResult> {
    const result = await this.send(batch, batchStatement(batch));
    this.database.noteBatch(result.kind !== 'unknown');
    return result;
  }

  /** Deletes a writer's batch rows below a number; the journal itself is not touched. */
  async forgetBatches(writer: string, below: number): Promise<void> {
    await this.database.journalPool.query('DELETE FROM journal_batches WHERE writer = $1 AND no < $2', [writer, below]);
  }

  /**
   * Deletes the batch rows of writers whose instance is gone and which wrote nothing for `keepMs`: until then the instance
   * itself may still ask what became of a batch whose answer was lost, and followers may come back for what they missed.
   */
  async forgetGoneWriters(keepMs: number): Promise<void> {
    const { rows } = await this.database.pool.query<{ writer: string }>(GONE_WRITERS, [keepMs]);
    for (const { writer } of rows) {
      let deleted: number | null;
      do {
        ({ rowCount: deleted } = await this.database.pool.query(
          `DELETE FROM journal_batches WHERE writer = $1
             AND no = ANY (ARRAY(SELECT no FROM journal_batches WHERE writer = $1 ORDER BY no LIMIT $2))`,
          [writer, DELETED_AT_ONCE],
        ));
      } while (deleted === DELETED_AT_ONCE);
    }
  }

  private async send(batch: Batch, statement: BatchStatement): Promise<BatchResult> {
    try {
      const { name, text, values } = statement;
      const { rows } = await this.database.journalPool.query<Answer>({ name, text, values });
      return await this.resultOf(batch, statement, rows[0] ?? { lease: 0, batch: 0 });
    } catch (error) {
      return failure(error);
    }
  }

  private async resultOf(batch: Batch, statement: BatchStatement, answer: Answer): Promise<BatchResult> {
    if (answer.batch === 0) {
      // An answer that was lost may have been a commit: the batch's own row knows, also when the lease is gone since.
      if (answer.lease === 0 && !(await this.isWritten(batch))) return { kind: 'lease-lost' };
      return { kind: 'committed', missing: [], existing: await this.notOurs(statement.keyed) };
    }
    const created = new Set(answer.created ?? statement.keyed);
    const existing = statement.keyed.filter((id) => !created.has(id));
    const complete = answer.changed === undefined || answer.changed === statement.changed.length;
    return { kind: 'committed', missing: complete ? [] : await this.notOwned(statement.changed, batch), existing };
  }

  private async isWritten({ writer, no }: Batch): Promise<boolean> {
    const { rowCount } = await this.database.journalPool.query(
      'SELECT 1 FROM journal_batches WHERE writer = $1 AND no = $2',
      [writer, no],
    );
    return rowCount === 1;
  }

  private async notOurs(ids: string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.database.journalPool.query<{ id: string }>(
      'SELECT id FROM executions WHERE id = ANY($1)',
      [ids],
    );
    const there = new Set(rows.map(({ id }) => id));
    return ids.filter((id) => !there.has(id));
  }

  /** Which of the changed rows are gone; one that was released in the same batch has no owner any more. */
  private async notOwned(ids: string[], { instanceId }: Batch): Promise<string[]> {
    const { rows } = await this.database.journalPool.query<{ id: string }>(
      'SELECT id FROM executions WHERE id = ANY($1) AND (owner = $2 OR owner IS NULL)',
      [ids, instanceId],
    );
    const there = new Set(rows.map(({ id }) => id));
    return ids.filter((id) => !there.has(id));
  }
}

function failure(error: unknown): BatchResult {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof DatabaseError) || error.code === undefined) return { kind: 'unknown', message };
  if (error.code === '23505' && error.constraint === 'execution_events_pkey') return { kind: 'collision' };
  return REFUSED.test(error.code) ? { kind: 'refused', message } : { kind: 'unknown', message };
}
