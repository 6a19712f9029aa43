import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Log } from '../config/logger.js';
import type { Connection } from './connection.js';

/** The key of the advisory lock that Prisma's own migrations take, so that the two never run at once. */
const LOCK_KEY = 72_707_369;
const LOCK_WAIT = '120s';

/** As Prisma makes it, so that `prisma migrate deploy` and `prisma migrate status` work on the same database. */
const TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id"                  VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum"            VARCHAR(64) NOT NULL,
  "finished_at"         TIMESTAMPTZ,
  "migration_name"      VARCHAR(255) NOT NULL,
  "logs"                TEXT,
  "rolled_back_at"      TIMESTAMPTZ,
  "started_at"          TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedMigration {
  name: string;
  checksum: string;
  finished: boolean;
}

/** The database cannot be brought to what this version of the server needs. */
class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Brings the database to the newest migration. Servers that start at once wait for each other.
 * @param folder the one with a folder for each migration
 * @returns the names of what was applied now
 * @throws MigrationError when an applied migration was changed, is unknown here, or fails
 */
export async function migrate(connection: Connection, folder: string, log: Log): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const client = new Client({ ...connection, application_name: 'retrace-migrate', connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`SET lock_timeout = '${LOCK_WAIT}'`);
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
    await client.query(TABLE);
    const pending = pendingMigrations(migrations, await readApplied(client));
    for (const migration of pending) {
      await apply(client, migration);
      log.info({ migration: migration.name }, 'migration applied');
    }
    return pending.map(({ name }) => name);
  } finally {
    // Ending the session also frees the lock.
    await client.end();
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return await Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function readApplied(client: Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

/** Compares what is there with what there should be; decides alone, so that nothing has happened when it refuses. */
function pendingMigrations(migrations: Migration[], applied: AppliedMigration[]): Migration[] {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum, finished } of applied) {
    const known = byName.get(name);
    if (!finished) {
      throw new MigrationError(
        `Migration ${name} has failed before; repair it and say so by \`npx prisma migrate resolve\`.`,
      );
    }
    if (known === undefined) {
      throw new MigrationError(
        `The database has migration ${name}, which this version of Retrace does not know: it is too old.`,
      );
    }
    if (known.checksum !== checksum) {
      throw new MigrationError(`Migration ${name} was changed after it had been applied; restore its file.`);
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}

/** One transaction with its own record: a migration that fails, or is cut off, leaves nothing behind. */
async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`Migration ${name} failed and was taken back: ${reason}`, { cause: error });
  }
}
