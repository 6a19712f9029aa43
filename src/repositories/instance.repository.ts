import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { Database } from './database.js';

/** Which process an instance is, so that others on its host can tell whether it still lives. */
export interface InstanceProcess {
  host: string;
  bootId: string;
  pid: number;
  pidStart: string;
}

export interface OtherInstance extends InstanceProcess {
  id: string;
}

/** The rows of those who write. A row that is not alive fences its instance off from the journal. */
@Injectable()
export class InstanceRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.journalPool;
  }

  async register(id: string, { host, bootId, pid, pidStart }: InstanceProcess): Promise<void> {
    await this.pool.query('INSERT INTO instances (id, host, boot_id, pid, pid_start) VALUES ($1, $2, $3, $4, $5)', [
      id,
      host,
      bootId,
      pid,
      pidStart,
    ]);
  }

  /** Renews the lease; gives the database's clock (epoch ms), or null when the instance is no longer alive. */
  async renew(id: string): Promise<number | null> {
    const { rows } = await this.pool.query<{ now: number }>({
      name: 'heartbeat',
      text: `UPDATE instances SET heartbeat_at = clock_timestamp() WHERE id = $1 AND state = 'alive'
             RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
      values: [id],
    });
    return rows[0]?.now ?? null;
  }

  /** The instance ends by itself: whoever comes next may claim at once what it left. */
  async retire(id: string): Promise<void> {
    await this.pool.query(`UPDATE instances SET state = 'dead' WHERE id = $1`, [id]);
  }

  async aliveBeside(id: string): Promise<OtherInstance[]> {
    const { rows } = await this.pool.query<OtherInstance>(
      `SELECT id, host, boot_id AS "bootId", pid, pid_start AS "pidStart" FROM instances WHERE state = 'alive' AND id <> $1`,
      [id],
    );
    return rows;
  }

  /**
   * Declares an instance dead: it waits for that one's batches in flight, and what comes after writes nothing. With
   * `silentForMs` only when its heartbeat, by the database's clock, is older. True when it was this call that did it.
   */
  async takeOver(id: string, silentForMs: number | null): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `WITH l AS MATERIALIZED (
         SELECT id FROM instances WHERE id = $1 AND state = 'alive'
           AND ($2::float8 IS NULL OR heartbeat_at < clock_timestamp() - $2 * interval '1 millisecond') FOR UPDATE
       ) UPDATE instances i SET state = 'dead' FROM l WHERE i.id = l.id`,
      [id, silentForMs],
    );
    return rowCount === 1;
  }

  /** A dead row stays until no execution names it; its batch rows go with it. */
  async forgetDead(): Promise<void> {
    const { rows } = await this.pool.query<{ id: string }>(
      `DELETE FROM instances i WHERE state = 'dead' AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.owner = i.id)
       RETURNING id`,
    );
    // A writer is a lane of an instance: its name is the instance's id, a slash and the lane.
    for (const { id } of rows) {
      await this.pool.query('DELETE FROM journal_batches WHERE writer >= $1 AND writer < $2', [`${id}/`, `${id}0`]);
    }
  }
}
