import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { ExecutionStatus } from '../engine/state/transitions.js';
import { DELETED_NAMES } from './batch-names.js';
import { Database } from './database.js';
import { DeletionBatches, type DeletionBatch } from './deletion-batches.js';
import { COUNT_ENDS } from './execution-counters.js';
import { ExecutionFolds } from './execution-folds.js';
import { Prisma } from './generated/client.js';
import { InstanceIdentity } from './instance-identity.js';
import { storableText } from './storable-text.js';

/** Why an execution was not deleted. */
export interface DeletionRefusal {
  status: ExecutionStatus;
  activity: string | null;
  owner: string | null;
}

/** Which executions a cleanup takes. */
export interface CleanupFilter {
  /** Epoch ms; those that ended before or at it. */
  endedUntil: number;
  status?: 'completed' | 'failed' | 'cancelled';
  workflowId?: string;
}

/** Few enough to hold nobody up. */
const CLEANUP_BATCH = 200;
/** A row that changes between being seen and being locked is looked at again so often. */
const MAX_TRIES = 10;

const DELETABLE = Prisma.sql`e.ended_at IS NOT NULL AND e.activity IS NULL AND e.owner IS NULL`;

/**
 * What follows `locked`, the rows under lock. The statement sees the other tables as they were when it began, so a row that
 * has moved on since (its seq tells) is left alone: events that were written meanwhile would stay behind. What is deleted is
 * no longer counted, in the row of the instance that deletes it, and is named to those who follow the journal.
 */
const deleteLocked = (instanceId: string, { writer, no }: DeletionBatch) => Prisma.sql`doomed AS MATERIALIZED (
    SELECT l.id FROM locked l JOIN executions e ON e.id = l.id AND e.seq = l.seq WHERE l.deletable
  ), events AS (
    DELETE FROM execution_events WHERE execution_id = ANY(ARRAY(SELECT id FROM doomed))
  ), logs AS (
    DELETE FROM execution_logs WHERE execution_id = ANY(ARRAY(SELECT id FROM doomed))
  ), metrics AS (
    DELETE FROM execution_metrics WHERE execution_id = ANY(ARRAY(SELECT id FROM doomed))
  ), commands AS (
    DELETE FROM execution_commands WHERE execution_id = ANY(ARRAY(SELECT id FROM doomed)) AND key IS NOT NULL
  ), configs AS (
    DELETE FROM execution_configs WHERE execution_id = ANY(ARRAY(SELECT id FROM doomed))
  ), gone AS (
    DELETE FROM executions WHERE id = ANY(ARRAY(SELECT id FROM doomed))
    RETURNING id, seq, workflow_id, status, ended_at, duration
  ), batch AS (
    INSERT INTO journal_batches (writer, no, execution_ids, from_seqs, to_seqs)
    SELECT ${writer}::text, ${no}::int8, n.* FROM (${Prisma.raw(DELETED_NAMES)}) n
  ), ends AS (
    SELECT workflow_id, status, ended_at, duration, -1 AS times, ${instanceId}::text AS instance_id FROM gone
  ), ${Prisma.raw(COUNT_ENDS)}`;

/** Deletes executions with all that belongs to them. */
@Injectable()
export class ExecutionDeletionRepository {
  private readonly pool: Pool;

  constructor(
    database: Database,
    private readonly folds: ExecutionFolds,
    private readonly identity: InstanceIdentity,
    private readonly batches: DeletionBatches,
  ) {
    this.pool = database.pool;
  }

  /**
   * Deletes one execution in one statement, which locks its row and checks that it has ended, has no activity and no owner.
   * @returns `deleted`, `missing`, or what stands in the way
   */
  async delete(id: string): Promise<'deleted' | 'missing' | DeletionRefusal> {
    const query = (batch: DeletionBatch) => Prisma.sql`WITH locked AS MATERIALIZED (
        SELECT id, seq, status, activity, owner, (${DELETABLE}) AS deletable FROM executions e WHERE id = ${id} FOR UPDATE
      ), ${deleteLocked(this.identity.id, batch)}
      SELECT status, activity, owner, deletable, EXISTS (SELECT 1 FROM gone) AS gone FROM locked`;
    for (let tries = 1; ; tries += 1) {
      const found = await this.run<DeletionRefusal & { deletable: boolean; gone: boolean }>(query, (row) => row.gone);
      if (!found) return 'missing';
      if (found.gone) {
        await this.forget([id]);
        return 'deleted';
      }
      if (!found.deletable || tries === MAX_TRIES) {
        return { status: found.status, activity: found.activity, owner: found.owner };
      }
    }
  }

  /** How many executions a cleanup would take now. */
  async countDeletable(filter: CleanupFilter): Promise<number> {
    const query = Prisma.sql`SELECT count(*) AS total FROM executions e WHERE ${cleanupCondition(filter)}`;
    const { rows } = await this.pool.query<{ total: number }>(query.text, query.values);
    return rows[0]?.total ?? 0;
  }

  /**
   * Deletes in batches, each in a statement of its own, what ended first before the rest; gives how many. What is locked is
   * left for next time.
   * @param onDeleted awaited after each batch with the ids that it took
   * @param stop ends it between two batches
   */
  async cleanup(
    filter: CleanupFilter,
    onDeleted?: (executionIds: readonly string[]) => Promise<void>,
    stop?: AbortSignal,
  ): Promise<number> {
    const condition = cleanupCondition(filter);
    let deleted = 0;
    for (let after = { endedAt: -1, id: '' }; !stop?.aborted; ) {
      const query = (batch: DeletionBatch) => Prisma.sql`WITH locked AS MATERIALIZED (
          SELECT id, seq, ended_at, true AS deletable FROM executions e
          WHERE (e.ended_at, e.id) > (${after.endedAt}::bigint, ${after.id}::text) AND ${condition}
          ORDER BY e.ended_at, e.id LIMIT ${CLEANUP_BATCH}::int FOR UPDATE SKIP LOCKED
        ), ${deleteLocked(this.identity.id, batch)}
        SELECT ended_at AS "endedAt", id, (SELECT coalesce(array_agg(id), ARRAY[]::text[]) FROM gone) AS gone
        FROM locked ORDER BY ended_at DESC, id DESC LIMIT 1`;
      const last = await this.run<{ endedAt: number; id: string; gone: string[] }>(
        query,
        ({ gone }) => gone.length > 0,
      );
      if (!last) return deleted;
      deleted += last.gone.length;
      await this.forget(last.gone);
      await onDeleted?.(last.gone);
      after = last;
      await nextTurn();
    }
    return deleted;
  }

  /** The first row of a deletion in its turn. */
  private run<T extends object>(
    query: (batch: DeletionBatch) => Prisma.Sql,
    hasDeleted: (row: T) => boolean,
  ): Promise<T | undefined> {
    const send = async (batch: DeletionBatch) => {
      const { text, values } = query(batch);
      return (await this.pool.query<T>(text, values)).rows[0];
    };
    return this.batches.write(send, (row) => row !== undefined && hasDeleted(row));
  }

  /**
   * Metrics are written beside the journal, so no seq tells of those that came while the deletion waited for their lock; by
   * now they are there to be seen, and no more can come.
   */
  private async forget(executionIds: readonly string[]): Promise<void> {
    for (const id of executionIds) this.folds.forget(id);
    await this.pool.query('DELETE FROM execution_metrics WHERE execution_id = ANY($1::text[])', [executionIds]);
  }
}

function cleanupCondition({ endedUntil, status, workflowId }: CleanupFilter): Prisma.Sql {
  const all = [DELETABLE, Prisma.sql`e.ended_at <= ${endedUntil}::bigint`];
  if (status !== undefined) all.push(Prisma.sql`e.status = ${status}`);
  if (workflowId !== undefined) all.push(Prisma.sql`e.workflow_id = ${storableText(workflowId)}`);
  return Prisma.join(all, ' AND ');
}
