import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Log } from '../config/logger.js';
import type { Connection } from './connection.js';
import { DataDirLock } from './data-dir-lock.js';
import { PostgresProcess } from './postgres-process.js';

const WATCH_MS = 500;
const DATABASE = 'retrace';

/**
 * A PostgreSQL of our own below DATA_DIR: made at the first start, started, adopted when it has outlived us, started again
 * when it dies, stopped with us.
 */
export class EmbeddedPostgres {
  private readonly ending = new AbortController();
  private readonly watching: Promise<void>;

  private constructor(
    private readonly lock: DataDirLock,
    private readonly server: PostgresProcess,
    private readonly log: Log,
    /** Holds until the end, also across a restart of the server. */
    readonly connection: Connection,
  ) {
    this.watching = this.watch();
  }

  /**
   * Resolves when the database takes queries.
   * @param dataDir made when it is missing
   * @throws Error that says in a sentence why the server cannot run
   */
  static async start(dataDir: string, log: Log): Promise<EmbeddedPostgres> {
    await mkdir(dataDir, { recursive: true });
    const folder = await realpath(dataDir);
    const lock = await DataDirLock.acquire(folder);
    const server = await PostgresProcess.prepare(folder).catch(async (error: unknown) => {
      await lock.release();
      throw error;
    });
    try {
      await server.start();
      await createDatabase(server.connection);
    } catch (error) {
      await server.stop();
      await lock.release();
      throw error;
    }
    return new EmbeddedPostgres(lock, server, log, { ...server.connection, database: DATABASE });
  }

  /** Ends the server as `pg_ctl stop -m fast` does; nobody may use the database any more. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.watching;
    await this.server.stop();
    await this.lock.release();
  }

  private async watch(): Promise<void> {
    const { signal } = this.ending;
    for (;;) {
      await delay(WATCH_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.server.boundLog();
        if (await this.server.isRunning()) continue;
        this.log.error('the embedded PostgreSQL has ended; it is started again');
        await this.server.start(signal);
        this.log.info('the embedded PostgreSQL runs again');
      } catch (error) {
        if (!signal.aborted)
          this.log.error({ err: error }, 'the embedded PostgreSQL could not be looked after; trying again');
      }
    }
  }
}

async function createDatabase(connection: Connection): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
