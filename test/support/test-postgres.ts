import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { createLog } from '../../src/config/logger.js';
import type { Connection } from '../../src/database/connection.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { makeScratchFolder } from './scratch-folder.js';

/** The database that each test's own is a copy of. */
export const TEMPLATE = 'retrace_template';

/** Where the workers of Jest find {@link TestPostgres}. */
export const OFFER_VARIABLE = 'RETRACE_TEST_POSTGRES';

/** One PostgreSQL for a whole run of Jest, started by the first test that asks for it. */
export class TestPostgres {
  private started?: Promise<EmbeddedPostgres>;
  private readonly server = createServer((_request, response) => {
    // A kept connection could be closed from here just when a test asks again.
    response.shouldKeepAlive = false;
    this.started ??= this.start();
    this.started.then(
      ({ connection }) => response.end(JSON.stringify(connection)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

  private constructor(private readonly folder: string) {}

  /** Listens for the tests; the address goes to the workers by their environment. */
  static async offer(): Promise<TestPostgres> {
    const postgres = new TestPostgres(await makeScratchFolder('retrace-test-'));
    postgres.server.listen(0, '127.0.0.1').unref();
    await once(postgres.server, 'listening');
    const { port } = postgres.server.address() as AddressInfo;
    process.env[OFFER_VARIABLE] = `http://127.0.0.1:${port}`;
    process.once('exit', () => postgres.abandon());
    // A signal ends a process without that event, unless somebody listens.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
    return postgres;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await (await this.started?.catch(() => undefined))?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async start(): Promise<EmbeddedPostgres> {
    const log = createLog('warn');
    const postgres = await EmbeddedPostgres.start(this.folder, log);
    const client = new Client(postgres.connection);
    await client.connect();
    await client.query(`CREATE DATABASE ${TEMPLATE}`);
    await client.end();
    await migrate({ ...postgres.connection, database: TEMPLATE } satisfies Connection, 'prisma/migrations', log);
    return postgres;
  }

  /** Jest was interrupted and does not tear down. */
  private abandon(): void {
    try {
      const pid = readFileSync(join(this.folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0];
      process.kill(Number(pid), 'SIGQUIT');
    } catch {
      // It never ran, or was stopped in order.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
