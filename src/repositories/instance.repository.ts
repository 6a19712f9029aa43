import { Injectable } from '@nestjs/common';
import { Database } from './database.js';

/** Which process an instance is, so that others on its host can tell whether it still lives. */
export interface InstanceProcess {
  host: string;
  /** Of the host, with the namespace in which the pid counts; empty where the system tells neither. */
  bootId: string;
  pid: number;
  /** Empty where the system does not tell it. */
  pidStart: string;
}

export interface OtherInstance extends InstanceProcess {
  id: string;
  /** Since its last heartbeat, by the database's clock, in ms. */
  silentMs: number;
}

/** An instance as it is shown. */
export interface InstanceView {
  id: string;
  host: string;
  pid: number;
  state: 'alive' | 'dead';
  /** Epoch ms, by the database's clock. */
  startedAt: number;
  /** Epoch ms, by the database's clock. */
  heartbeatAt: number;
  /** How many executions bear its name. */
  executions: number;
}

/** Declares an instance dead; FOR UPDATE waits for its batches in flight, which a plain UPDATE would not. */
const TAKE_OVER = `WITH l AS MATERIALIZED (
    SELECT id FROM instances WHERE id = $1 AND state = 'alive'
      AND ($2::float8 IS NULL OR heartbeat_at < clock_timestamp() - $2 * interval '1 millisecond') FOR UPDATE
  ) UPDATE instances i SET state = 'dead' FROM l WHERE i.id = l.id`;

/**
 * The rows of those who write. A row that is not alive fences its instance off from the journal. An instance looks after
 * its own row on a connection of its own, and after others' on those that nothing of its own waits for.
 */
@Injectable()
export class InstanceRepository {
  constructor(private readonly database: Database) {}

  /** Once more under the same id does nothing: the answer to the first time may have been lost. */
  async register(id: string, { host, bootId, pid, pidStart }: InstanceProcess): Promise<void> {
    await this.database.leasePool.query(
      `INSERT INTO instances (id, host, boot_id, pid, pid_start) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
      [id, host, bootId, pid, pidStart],
    );
  }

  /** Renews the lease; gives the database's clock (epoch ms), or null when the instance is no longer alive. */
  async renew(id: string): Promise<number | null> {
    const { rows } = await this.database.leasePool.query<{ now: number }>({
      name: 'heartbeat',
      text: `UPDATE instances SET heartbeat_at = clock_timestamp() WHERE id = $1 AND state = 'alive'
             RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
      values: [id],
    });
    return rows[0]?.now ?? null;
  }

  /** The instance ends by itself, after its batches in flight: whoever comes next may claim at once what it left. */
  async retire(id: string): Promise<void> {
    await this.database.leasePool.query(TAKE_OVER, [id, null]);
  }

  async aliveBeside(id: string): Promise<OtherInstance[]> {
    const { rows } = await this.database.pool.query<OtherInstance>(
      `SELECT id, host, boot_id AS "bootId", pid, pid_start AS "pidStart",
         (extract(epoch FROM clock_timestamp() - heartbeat_at) * 1000)::float8 AS "silentMs"
       FROM instances WHERE state = 'alive' AND id <> $1`,
      [id],
    );
    return rows;
  }

  /**
   * Declares an instance dead: it waits for that one's batches in flight, and what comes after writes nothing. With
   * `silentForMs` only when its heartbeat, by the database's clock, is older. True when it was this call that did it.
   */
  async takeOver(id: string, silentForMs: number | null): Promise<boolean> {
    const { rowCount } = await this.database.pool.query(TAKE_OVER, [id, silentForMs]);
    return rowCount === 1;
  }

  /**
   * Ends the sessions that an instance's journal has in the database; gives how many. Those of other database roles are
   * neither seen nor ended without the rights for it.
   */
  async endSessions(id: string): Promise<number> {
    const { rows } = await this.database.pool.query<{ ended: number }>(
      `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
       WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`,
      [id],
    );
    return rows[0]?.ended ?? 0;
  }

  /** A dead row stays until no execution names it. */
  async forgetDead(): Promise<void> {
    await this.database.pool.query(
      `DELETE FROM instances i WHERE state = 'dead' AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.owner = i.id)`,
    );
  }

  /** All instances that there are, in order of their starts. */
  async list(): Promise<InstanceView[]> {
    const { rows } = await this.database.pool.query<InstanceView>(
      `SELECT id, host, pid, state, floor(extract(epoch FROM started_at) * 1000)::int8 AS "startedAt",
         floor(extract(epoch FROM heartbeat_at) * 1000)::int8 AS "heartbeatAt",
         (SELECT count(*) FROM executions e WHERE e.owner = i.id) AS executions
       FROM instances i ORDER BY started_at, id`,
    );
    return rows;
  }
}
