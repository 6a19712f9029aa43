import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { createLog } from '../config/logger.js';
import { migrate } from './migrate.js';

const log = createLog('silent');

describe('migrate', () => {
  let folder: string;
  let database: TestDatabase;
  let client: Client;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'retrace-migrations-'));
    database = await createTestDatabase('template1');
    client = new Client(database.connection);
    await client.connect();
    await put('1_first', 'CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);');
    await put('2_second', 'ALTER TABLE a ADD COLUMN y INTEGER;');
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  async function put(name: string, sql: string): Promise<void> {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'migration.sql'), sql);
  }

  const run = () => migrate(database.connection, folder, log);
  const recorded = async () =>
    (await client.query<Record<string, unknown>>('SELECT * FROM _prisma_migrations ORDER BY migration_name')).rows;

  test('applies what is missing, in order, and records it as Prisma does', async () => {
    const applied = await run();
    const rows = await recorded();
    const { rows: content } = await client.query('SELECT x, y FROM a');

    expect(applied).toEqual(['1_first', '2_second']);
    expect(content).toEqual([{ x: 1, y: null }]);
    expect(rows).toEqual([
      expect.objectContaining({ migration_name: '1_first' }),
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        checksum: createHash('sha256').update('ALTER TABLE a ADD COLUMN y INTEGER;').digest('hex'),
        finished_at: expect.any(Date) as Date,
        migration_name: '2_second',
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date) as Date,
        applied_steps_count: 1,
      },
    ]);
  });

  test('does nothing the second time, and goes on from where it was', async () => {
    await run();
    await put('3_third', 'CREATE TABLE b (x INTEGER);');

    expect(await run()).toEqual(['3_third']);
    expect(await run()).toEqual([]);
  });

  test('is done once by servers that start together', async () => {
    const applied = await Promise.all([run(), run(), run()]);

    expect(applied.flat().toSorted()).toEqual(['1_first', '2_second']);
  });

  test('leaves nothing of a migration that fails, and names it', async () => {
    await put('2_second', 'CREATE TABLE half (x INTEGER); SELECT 1/0;');
    await expect(run()).rejects.toThrow('Migration 2_second failed and was taken back: division by zero');
    const { rows } = await client.query(`SELECT to_regclass('half') AS half, to_regclass('a')::text AS a`);

    expect(rows).toEqual([{ half: null, a: 'a' }]);
    expect(await recorded()).toHaveLength(1);
  });

  test('refuses a migration that was changed after it had been applied', async () => {
    await run();
    await put('1_first', 'CREATE TABLE a (x BIGINT);');

    await expect(run()).rejects.toThrow(/Migration 1_first was changed after it had been applied/);
  });

  test('refuses a database on which a migration has failed before', async () => {
    await run();
    await client.query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_second'`);

    await expect(run()).rejects.toThrow(/Migration 2_second has failed before/);
  });

  test('takes a migration that was marked as rolled back for one that is missing', async () => {
    await run();
    await client.query(
      `UPDATE _prisma_migrations SET finished_at = NULL, rolled_back_at = now() WHERE migration_name = '2_second'`,
    );
    await client.query('ALTER TABLE a DROP COLUMN y');

    expect(await run()).toEqual(['2_second']);
  });

  test('refuses a database that a newer version has migrated', async () => {
    await run();
    await rm(join(folder, '2_second'), { recursive: true });

    await expect(run()).rejects.toThrow(/migration 2_second, which this version of Retrace does not know/);
  });
});
