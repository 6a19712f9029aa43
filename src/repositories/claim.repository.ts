import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { Database } from './database.js';
import { InstanceIdentity } from './instance-identity.js';

/** Only who holds a living lease may claim; a claim that waited for a takeover sees that it is too late. */
const LEASE = `lease AS MATERIALIZED (SELECT 1 FROM instances WHERE id = $1 AND state = 'alive' FOR KEY SHARE)`;

const OWNER_GONE = `NOT EXISTS (SELECT 1 FROM instances i WHERE i.id = e.owner AND i.state = 'alive')`;

/** Taking executions into memory: an execution belongs to the instance that its row names as owner. */
@Injectable()
export class ClaimRepository {
  private readonly pool: Pool;

  constructor(
    database: Database,
    private readonly identity: InstanceIdentity,
  ) {
    this.pool = database.journalPool;
  }

  /** Claims up to `limit` executions whose owner is dead or gone; gives their ids. */
  orphans(limit: number): Promise<string[]> {
    return this.claim(
      'claim_orphans',
      `SELECT e.id FROM executions e WHERE e.owner IS NOT NULL AND e.owner <> $1 AND ${OWNER_GONE}
       ORDER BY e.priority DESC, e.created_at LIMIT $2 FOR UPDATE OF e SKIP LOCKED`,
      [limit],
    );
  }

  /** Claims up to `limit` executions that are due at `now` (epoch ms), by priority, then due time. */
  due(now: number, limit: number): Promise<string[]> {
    return this.claim(
      'claim_due',
      `SELECT e.id FROM executions e WHERE e.wake_at <= $3 AND e.owner IS NULL
       ORDER BY e.priority DESC, e.wake_at LIMIT $2 FOR UPDATE OF e SKIP LOCKED`,
      [limit, now],
    );
  }

  /** Claims one execution for a command, when nobody alive holds it. */
  async one(executionId: string): Promise<boolean> {
    const claimed = await this.claim(
      'claim_one',
      `SELECT e.id FROM executions e WHERE e.id = $2 AND (e.owner IS NULL OR e.owner = $1 OR ${OWNER_GONE}) FOR UPDATE OF e`,
      [executionId],
    );
    return claimed.length === 1;
  }

  /** The ids of all executions that this instance has claimed or created and not yet released. */
  async held(): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>('SELECT id FROM executions WHERE owner = $1', [
      this.identity.id,
    ]);
    return rows.map(({ id }) => id);
  }

  async exists(executionId: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('SELECT 1 FROM executions WHERE id = $1', [executionId]);
    return rowCount === 1;
  }

  private async claim(name: string, select: string, values: (string | number)[]): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name,
      text: `WITH ${LEASE}, free AS MATERIALIZED (${select})
             UPDATE executions e SET owner = $1, wake_at = NULL FROM free, lease WHERE e.id = free.id RETURNING e.id`,
      values: [this.identity.id, ...values],
    });
    return rows.map(({ id }) => id);
  }
}
