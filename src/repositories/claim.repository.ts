import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import { InstanceIdentity } from './instance-identity.js';

/** An execution that this instance has just taken. */
export interface Claim {
  id: string;
  /** The id of this instance under which it was taken. */
  claimer: string;
  /** How often in a row, this time included, it was claimed after a death without one of its nodes ending since. */
  claims: number;
  /** The instance that is dead or gone, from which it was taken; null when nobody had it. */
  from: string | null;
  /** The revision that its row names; the journal may know of another one. */
  revision: number;
}

/** What a row says of the revision that is run. */
export interface RunRevision {
  revision: number;
  version: string;
  totalNodes: number;
}

/** Only who holds a living lease may claim; a claim that waited for a takeover sees that it is too late. */
const LEASE = `lease AS MATERIALIZED (SELECT 1 FROM instances WHERE id = $1 AND state = 'alive' FOR KEY SHARE)`;

/**
 * Owners that are dead or gone: from one owner to the next through the index, since the executions of the living ones are
 * many. A row that somebody has claimed meanwhile no longer names the owner that was found here, and is left alone.
 */
const GONE = `owners AS (
    (SELECT e.owner FROM executions e WHERE e.owner IS NOT NULL ORDER BY e.owner LIMIT 1)
    UNION ALL
    SELECT (SELECT e.owner FROM executions e WHERE e.owner > o.owner ORDER BY e.owner LIMIT 1)
    FROM owners o WHERE o.owner IS NOT NULL
  ), gone AS MATERIALIZED (
    SELECT o.owner FROM owners o WHERE o.owner <> $1
      AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.id = o.owner AND i.state = 'alive')
  )`;

/** Taking executions into memory: an execution belongs to the instance that its row names as owner. */
@Injectable()
export class ClaimRepository {
  constructor(
    private readonly database: Database,
    private readonly identity: InstanceIdentity,
  ) {}

  /** Claims up to `limit` executions whose owner is dead or gone, and which no death has hit before since a node ended. */
  orphans(limit: number): Promise<Claim[]> {
    return this.claim(
      'claim_orphans',
      `SELECT e.id, e.owner FROM gone JOIN executions e ON e.owner = gone.owner WHERE e.claims = 0
       ORDER BY e.priority DESC, e.created_at LIMIT $2 FOR UPDATE OF e SKIP LOCKED`,
      [limit],
    );
  }

  /**
   * Claims up to `limit` executions whose owner is dead or gone, and whose process has died before without a node of
   * theirs ending, fewer than `below` times; those that died least often first.
   */
  suspects(limit: number, below: number): Promise<Claim[]> {
    return this.claim(
      'claim_suspects',
      `SELECT e.id, e.owner FROM gone JOIN executions e ON e.owner = gone.owner WHERE e.claims > 0 AND e.claims < $3
       ORDER BY e.claims, e.priority DESC, e.created_at LIMIT $2 FOR UPDATE OF e SKIP LOCKED`,
      [limit, below],
    );
  }

  /** Claims up to `limit` executions that are due at `now` (epoch ms), by priority, then due time. */
  due(now: number, limit: number): Promise<Claim[]> {
    return this.claim(
      'claim_due',
      `SELECT e.id, e.owner FROM executions e WHERE e.wake_at <= $3 AND e.owner IS NULL
       ORDER BY e.priority DESC, e.wake_at LIMIT $2 FOR UPDATE OF e SKIP LOCKED`,
      [limit, now],
      '',
    );
  }

  /** How many are due at `now` (epoch ms); it stops counting at 10,000. */
  async countDue(now: number): Promise<number> {
    const { rows } = await this.database.pool.query<{ count: number }>({
      name: 'count_due',
      text: `SELECT count(*) FROM (
               SELECT 1 FROM executions WHERE wake_at <= $1 AND owner IS NULL LIMIT 10000
             ) AS due`,
      values: [now],
    });
    return rows[0]?.count ?? 0;
  }

  /** Claims one execution for a command, when nobody alive holds it; null when somebody does, or there is none. */
  async one(executionId: string): Promise<Claim | null> {
    const [claimed] = await this.claim(
      'claim_one',
      `SELECT e.id, e.owner FROM executions e
       WHERE e.id = $2 AND (e.owner IS NULL OR e.owner = $1 OR e.owner IN (SELECT owner FROM gone)) FOR UPDATE OF e`,
      [executionId],
    );
    return claimed ?? null;
  }

  /** The ids of all executions that this instance has claimed or created and not yet released. */
  async held(): Promise<string[]> {
    const { rows } = await this.database.journalPool.query<{ id: string }>(
      'SELECT id FROM executions WHERE owner = $1',
      [this.identity.id],
    );
    return rows.map(({ id }) => id);
  }

  /** Writes into the row what its owner runs since the execution goes on under another revision. */
  async nameRevision(executionId: string, { revision, version, totalNodes }: RunRevision): Promise<void> {
    await this.database.journalPool.query({
      name: 'name_revision',
      text: `UPDATE executions SET workflow_revision = $3, workflow_version = $4, total_nodes = $5
             WHERE id = $1 AND owner = $2`,
      values: [executionId, this.identity.id, revision, version, totalNodes],
    });
  }

  async exists(executionId: string): Promise<boolean> {
    const { rowCount } = await this.database.journalPool.query('SELECT 1 FROM executions WHERE id = $1', [executionId]);
    return rowCount === 1;
  }

  /** `select` locks what is free and gives id and owner; a claim after a death is counted. */
  private async claim(name: string, select: string, values: (string | number)[], gone = `${GONE}, `): Promise<Claim[]> {
    const { rows } = await this.database.journalPool.query<Claim>({
      name,
      text: `WITH RECURSIVE ${LEASE}, ${gone}free AS MATERIALIZED (${select})
             UPDATE executions e SET owner = $1, wake_at = NULL, claims = e.claims + coalesce((free.owner <> $1)::int, 0)
             FROM free, lease WHERE e.id = free.id
             RETURNING e.id, e.owner AS claimer, e.claims, free.owner AS "from", e.workflow_revision AS revision`,
      values: [this.identity.id, ...values],
    });
    return rows;
  }
}
