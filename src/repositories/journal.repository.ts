import { Injectable } from '@nestjs/common';
import { DatabaseError, type Pool } from 'pg';
import type { Batch, BatchResult, BatchWriter } from '../engine/journal/batch.js';
import { batchStatement, type BatchStatement } from './batch-statement.js';
import { Database } from './database.js';

interface Answer {
  lease: number;
  batch: number;
  changed?: number;
  created?: string[];
}

/** SQLSTATE classes that blame the data: data exception, integrity constraint, program limit exceeded. */
const REFUSED = /^(22|23|54)/;

/** Writes the journal's batches, each in one statement (engine/journal/batch.ts says what the results mean). */
@Injectable()
export class JournalRepository implements BatchWriter {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.journalPool;
  }

  async write(batch: Batch): Promise<BatchResult> {
    const statement = batchStatement(batch);
    try {
      const { name, text, values } = statement;
      const { rows } = await this.pool.query<Answer>({ name, text, values });
      return await this.resultOf(batch, statement, rows[0] ?? { lease: 0, batch: 0 });
    } catch (error) {
      return failure(error);
    }
  }

  /** Deletes a writer's batch rows below a number; the journal itself is not touched. */
  async forgetBatches(writer: string, below: number): Promise<void> {
    await this.pool.query('DELETE FROM journal_batches WHERE writer = $1 AND no < $2', [writer, below]);
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
    const { rowCount } = await this.pool.query('SELECT 1 FROM journal_batches WHERE writer = $1 AND no = $2', [
      writer,
      no,
    ]);
    return rowCount === 1;
  }

  private async notOurs(ids: string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.pool.query<{ id: string }>('SELECT id FROM executions WHERE id = ANY($1)', [ids]);
    const there = new Set(rows.map(({ id }) => id));
    return ids.filter((id) => !there.has(id));
  }

  /** Which of the changed rows are gone; one that was released in the same batch has no owner any more. */
  private async notOwned(ids: string[], { instanceId }: Batch): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
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
