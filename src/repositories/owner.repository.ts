import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { OwnerFacts } from '../engine/progress/explanation.js';
import { Database } from './database.js';

/** Who has an execution in memory, and what that instance has let be heard of itself. */
@Injectable()
export class OwnerRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** By the execution's row; `now` (epoch ms) tells whether it is due. Undefined when there is no such execution. */
  async find(executionId: string, now: number): Promise<OwnerFacts | undefined> {
    const { rows } = await this.pool.query<OwnerFacts>({
      name: 'execution_owner',
      text: `SELECT e.status, e.owner AS instance, i.host, i.state, e.wake_at AS "wakeAt",
          floor(extract(epoch FROM i.heartbeat_at) * 1000)::int8 AS "heartbeatAt",
          floor(extract(epoch FROM clock_timestamp() - i.heartbeat_at) * 1000)::int8 AS "silentMs",
          CASE WHEN e.owner IS NULL AND e.wake_at <= $2 THEN (
            SELECT count(*) FROM (
              SELECT 1 FROM executions o WHERE o.owner IS NULL AND o.wake_at <= $2
                AND (o.priority > e.priority OR (o.priority = e.priority AND o.wake_at < e.wake_at)) LIMIT 10000
            ) AS before
          ) END AS ahead
        FROM executions e LEFT JOIN instances i ON i.id = e.owner WHERE e.id = $1`,
      values: [executionId, now],
    });
    return rows[0];
  }
}
