import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { Database } from './database.js';
import { ADD_TO_COUNTERS, ALL_WORKFLOWS, counterGroups } from './execution-counters.js';
import { takeGone } from './gone-instances.js';

const INSERT_SUMS = `INSERT INTO execution_counters AS c
    (workflow_id, hour, status, instance_id, count, duration_sum, histogram)
  SELECT workflow_id, hour, status, '', sum(count), sum(duration_sum), sum_histograms(histogram)`;

/**
 * Adds to the rows of '' what the counters lack (or have too much) against the rows of the executions. It sees both at one
 * moment, and whoever ends an execution writes both at once, so nobody has to wait for it.
 */
const REPAIR = `WITH ended AS (
    SELECT workflow_id, ended_at / 3600000 AS hour, status, duration FROM executions WHERE ended_at IS NOT NULL
  ), wrong AS MATERIALIZED (
    SELECT workflow_id, hour, status FROM (
      SELECT workflow_id, hour, status, sum(count) AS count, sum(duration_sum) AS duration_sum
      FROM execution_counters GROUP BY 1, 2, 3) kept
    FULL JOIN (
      SELECT coalesce(workflow_id, '${ALL_WORKFLOWS}') AS workflow_id, hour, status, count(*) AS count,
        sum(duration) AS duration_sum
      FROM ended ${counterGroups()}) there USING (workflow_id, hour, status)
    WHERE (coalesce(kept.count, 0), coalesce(kept.duration_sum, 0))
      <> (coalesce(there.count, 0), coalesce(there.duration_sum, 0))
  ), missing AS (
    SELECT w.workflow_id, w.hour, w.status, count(*) AS count, sum(e.duration) AS duration_sum,
      duration_histogram(e.duration, 1) AS histogram
    FROM wrong w JOIN ended e USING (workflow_id, hour, status) GROUP BY 1, 2, 3
    UNION ALL
    SELECT w.workflow_id, w.hour, w.status, count(*), sum(e.duration), duration_histogram(e.duration, 1)
    FROM wrong w JOIN ended e USING (hour, status) WHERE w.workflow_id = '${ALL_WORKFLOWS}' GROUP BY 1, 2, 3
    UNION ALL
    SELECT workflow_id, hour, status, -count, -duration_sum,
      ARRAY(SELECT -times FROM unnest(histogram) WITH ORDINALITY h(times, step) ORDER BY step)
    FROM execution_counters JOIN wrong USING (workflow_id, hour, status)
  )
  ${INSERT_SUMS} FROM missing GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 ${ADD_TO_COUNTERS}`;

/** Seconds for a million executions; nobody waits for it. */
const REPAIR_MS = 15 * 60_000;

/** Keeps the counters of ended executions few and right. */
@Injectable()
export class ExecutionCounterRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** Puts the rows of instances that are gone into one. */
  async foldGone(): Promise<void> {
    await this.pool.query(
      `${takeGone('execution_counters')}
       ${INSERT_SUMS} FROM gone GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 ${ADD_TO_COUNTERS}`,
    );
  }

  /**
   * Drops counters that say nothing any more, since what they counted is deleted: else they would grow with the age of the
   * server, not with what it keeps. What is counted in one just then stays.
   */
  async dropEmpty(): Promise<void> {
    await this.pool.query(
      `WITH turn AS MATERIALIZED (
         SELECT pg_try_advisory_xact_lock(hashtext('execution_counters empty')) AS mine
       ), empty AS MATERIALIZED (
         SELECT workflow_id, hour, status FROM execution_counters GROUP BY 1, 2, 3 HAVING sum(count) = 0
       ), gone AS (
         DELETE FROM execution_counters c USING empty e WHERE (SELECT mine FROM turn)
           AND c.workflow_id = e.workflow_id AND c.hour = e.hour AND c.status = e.status
         RETURNING c.*
       )
       ${INSERT_SUMS} FROM gone GROUP BY 1, 2, 3 HAVING sum(count) <> 0 ORDER BY 1, 2, 3 ${ADD_TO_COUNTERS}`,
    );
  }

  /**
   * Compares the counters with the executions, in an index alone, and puts right what disagrees. Gives how many counters
   * that were; 0 too when another instance is at it. What `stop` breaks off has changed nothing.
   */
  async repair(stop?: AbortSignal): Promise<number> {
    stop?.throwIfAborted();
    const client = await this.pool.connect();
    const breakOff = () => client.release(true);
    stop?.addEventListener('abort', breakOff, { once: true });
    try {
      const repaired = await repairIn(client);
      if (!stop?.aborted) client.release();
      return repaired;
    } catch (error) {
      if (!stop?.aborted) client.release(true);
      throw error;
    } finally {
      stop?.removeEventListener('abort', breakOff);
    }
  }
}

async function repairIn(client: PoolClient): Promise<number> {
  // The statement must begin, and so see the table, after the lock is held: else two would repair the same.
  await client.query('BEGIN');
  const { rows } = await client.query<{ mine: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtext('execution_counters repair')) AS mine`,
  );
  // What disagrees is expected to be nothing, and would be looked up one by one when it is everything.
  await client.query(`SET LOCAL enable_nestloop = off; SET LOCAL statement_timeout = ${REPAIR_MS}`);
  const repair: QueryConfig & { query_timeout: number } = { text: REPAIR, query_timeout: REPAIR_MS };
  const { rowCount } = rows[0]?.mine ? await client.query(repair) : { rowCount: 0 };
  await client.query('COMMIT');
  return rowCount ?? 0;
}
