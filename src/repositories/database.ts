import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientBase, Pool, type PoolConfig, type QueryResult, types } from 'pg';
import type { Config } from '../config/env.js';
import type { Log } from '../config/logger.js';
import type { Connection } from '../database/connection.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { migrate } from '../database/migrate.js';
import type { InstanceIdentity } from './instance-identity.js';
import { isDatabaseAway } from './prisma-errors.js';

/** The folder with the migrations; `src` and `dist` lie beside it. */
const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

const CONNECT_MS = 5000;
const ANSWER_MS = 2000;
/** A batch that cannot be written is sent again well within this time, also when each try runs into its limit. */
const JOURNAL_TROUBLE_MS = 30_000;
const CLOSE_MS = 10_000;
const WAIT_FOR_DATABASE_MS = 60_000;
const GENERAL_CONNECTIONS = 10;
/** Beside the lanes: claims and creations with a key. */
const SPARE_JOURNAL_CONNECTIONS = 3;

/**
 * A batch's UPDATE … FROM unnest is planned for many rows while the table is still small, and would keep scanning it; so
 * these sessions go by indexes and one generic plan. In the order of an index, too: a claim of the first that is due must
 * not sort all that wait, which follows from a bitmap.
 */
const JOURNAL_SESSION = {
  synchronous_commit: 'on',
  statement_timeout: '10s',
  tcp_user_timeout: '5s',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
};

/** Beyond `statement_timeout`, for a database that does not even say that a statement took too long. */
const JOURNAL_QUERY_MS = 15_000;
const GENERAL_QUERY_MS = 35_000;

/**
 * Lists and statistics go by indexes: a random page costs hardly more than the next one where the hot ones are in memory,
 * and compiling a plan, or starting workers for it, takes longer than running it.
 */
const GENERAL_SESSION = {
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '30s',
  random_page_cost: '1.1',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Columns of 64 bits hold times, counts and numbers of batches, all far below 2^53. */
const INT8 = 20;
const NUMBERS: NonNullable<PoolConfig['types']> = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : (types.getTypeParser(oid, format) as unknown)) as typeof types.getTypeParser,
};

/** The database: started or only reached, migrated, with its connections. */
export class Database {
  private journal: Pool;
  private lease: Pool;
  private readonly closing: Promise<void>[] = [];
  /** On the monotonic clock: when a batch last failed for which its data are not to blame, and none was written since. */
  private journalFailedAt = -Infinity;

  private constructor(
    /** For what reads and for the rare writes. Prisma uses it too. */
    readonly pool: Pool,
    private readonly openJournal: () => Pool,
    private readonly openLease: () => Pool,
    private readonly embedded: EmbeddedPostgres | undefined,
    private readonly connection: Connection,
  ) {
    this.journal = openJournal();
    this.lease = openLease();
  }

  /**
   * For the hot statements of the journal alone; its sessions bear the instance's id as their name. Another one under
   * another id, so ask for it each time.
   */
  get journalPool(): Pool {
    return this.journal;
  }

  /** A session like those of the journal, for the heartbeat, which must not stand in line behind anything. */
  get leasePool(): Pool {
    return this.lease;
  }

  /**
   * Starts PostgreSQL when the settings name none, migrates it and opens the connections.
   * @throws Error that says in a sentence why the database cannot be used
   */
  static async open(config: Config, identity: InstanceIdentity, log: Log): Promise<Database> {
    const embedded = config.databaseUrl === undefined ? await EmbeddedPostgres.start(config.dataDir, log) : undefined;
    const connection = embedded?.connection ?? { connectionString: config.databaseUrl };
    try {
      await migrateWhenReachable(connection, log);
    } catch (error) {
      await embedded?.stop();
      throw error;
    }
    const pool = makePool(
      { ...connection, max: GENERAL_CONNECTIONS, query_timeout: GENERAL_QUERY_MS },
      () => ({ ...GENERAL_SESSION, application_name: 'retrace' }),
      log,
    );
    const session = () => ({ ...JOURNAL_SESSION, application_name: identity.id });
    const named = (max: number, ms: number) => () => makePool({ ...connection, max, query_timeout: ms }, session, log);
    const journal = named(config.journalLanes + SPARE_JOURNAL_CONNECTIONS, JOURNAL_QUERY_MS);
    const database = new Database(pool, journal, named(1, heartbeatLimit(config)), embedded, connection);
    await database.warnOfLostWrites(log);
    return database;
  }

  /** True when no other server can use this database: whoever was registered in it before is certainly gone. */
  get exclusive(): boolean {
    return this.embedded !== undefined;
  }

  /** A connection of the caller's own, yet to be made; the caller ends it. */
  client(): Client {
    const limits = { connectionTimeoutMillis: CONNECT_MS, query_timeout: GENERAL_QUERY_MS, keepAlive: true };
    return new Client({ ...this.connection, ...limits, application_name: 'retrace' });
  }

  /**
   * Goes on with new sessions under the instance's new id. The old ones end as soon as nothing uses them: whoever takes
   * over from the new id finds the sessions to end by that name.
   */
  renewSessions(): void {
    this.closing.push(this.journal.end(), this.lease.end());
    this.journal = this.openJournal();
    this.lease = this.openLease();
  }

  /** Takes note of a batch of the journal that was written, or could not be written now. */
  noteBatch(isWritten: boolean): void {
    this.journalFailedAt = isWritten ? -Infinity : performance.now();
  }

  /** True when the database answers within two seconds, takes writes, and the journal's last batch did not fail. */
  async isUsable(): Promise<boolean> {
    if (performance.now() - this.journalFailedAt < JOURNAL_TROUBLE_MS) return false;
    const answered = this.pool.query<{ off: boolean }>(
      `SELECT current_setting('transaction_read_only') = 'off' AS off`,
    );
    const usable = answered.then(
      ({ rows }) => rows[0]?.off === true,
      () => false,
    );
    const late = new AbortController();
    const inTime = await Promise.race([usable, delay(ANSWER_MS, false, { signal: late.signal, ref: false })]);
    late.abort();
    return inTime;
  }

  /** Waits for what is under way, ten seconds at most, closes the connections and stops a PostgreSQL of our own. */
  async close(): Promise<void> {
    const late = new AbortController();
    const ended = Promise.all([this.pool.end(), this.journal.end(), this.lease.end(), ...this.closing]);
    await Promise.race([ended, delay(CLOSE_MS, undefined, { signal: late.signal, ref: false })]);
    late.abort();
    await this.embedded?.stop();
  }

  private async warnOfLostWrites(log: Log): Promise<void> {
    const { rows }: QueryResult<{ fsync: string }> = await this.pool.query('SHOW fsync');
    if (rows[0]?.fsync === 'off') {
      log.warn('the database runs with fsync off: a crash of its machine can lose what was promised');
    }
  }
}

/** A heartbeat that is not answered leaves time for another one, on another connection, before the lease ends; in ms. */
function heartbeatLimit({ leaseMs }: Config): number {
  return Math.max(1000, leaseMs / 3);
}

/** A database beside us may still be starting. */
async function migrateWhenReachable(connection: Connection, log: Log): Promise<void> {
  const deadline = Date.now() + WAIT_FOR_DATABASE_MS;
  for (;;) {
    try {
      await migrate(connection, MIGRATIONS, log);
      return;
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() > deadline) throw error;
      log.warn({ reason: (error as Error).message }, 'the database cannot be reached yet; trying again');
      await delay(1000);
    }
  }
}

function makePool(settings: PoolConfig, session: () => Record<string, string>, log: Log): Pool {
  const readOnly = new WeakSet<ClientBase>();
  const pool = new Pool({
    ...settings,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: NUMBERS,
    // The pool waits for what this returns, also where its type does not say so.
    onConnect: (client): unknown =>
      setSession(client, session()).then((isReadOnly) => void (isReadOnly && readOnly.add(client))),
  });
  // Without a listener a connection that breaks would end the process; the query that it breaks fails on its own.
  pool.on('error', (error) => {
    if (!pool.ending) log.warn({ reason: error.message }, 'an idle connection to the database broke');
  });
  pool.on('connect', (client) => client.on('error', () => undefined));
  // A session stays read-only when its database no longer is: it serves once, and the next one sees how things are then.
  pool.on('release', (_, client) => {
    if (readOnly.has(client)) client.end().catch(() => undefined);
  });
  return pool;
}

/** True when the session can only read: its database is read-only, or a standby. */
async function setSession(client: ClientBase, settings: Record<string, string>): Promise<boolean> {
  const names = Object.keys(settings);
  const calls = names.map((name, index) => `set_config('${name}', $${index + 1}, false)`);
  const { rows }: QueryResult<{ mode: string }> = await client.query(
    `SELECT ${calls.join(', ')}, current_setting('transaction_read_only') AS mode`,
    Object.values(settings),
  );
  return rows[0]?.mode === 'on';
}
