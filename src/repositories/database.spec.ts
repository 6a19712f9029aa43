import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { loadConfig } from '../config/env.js';
import { Database } from './database.js';

describe('the open database', () => {
  let open: OpenTestDatabase;

  beforeAll(async () => {
    open = await openTestDatabase();
  });
  afterAll(() => open.close());

  test('reads 64-bit numbers as numbers, and Prisma reads them as bigint', async () => {
    const { database, prisma } = open;
    await database.pool.query(
      `INSERT INTO workflow_revisions VALUES ('wf', 1, '{}', '1.0.0', NULL, NULL, 0, 1704355200000)`,
    );

    const { rows } = await database.journalPool.query<{ created_at: number }>(
      'SELECT created_at FROM workflow_revisions',
    );
    const revision = await prisma.workflowRevision.findFirstOrThrow();

    expect(rows[0]?.created_at).toBe(1_704_355_200_000);
    expect(revision.createdAt).toBe(1_704_355_200_000n);
  });

  test('gives the sessions of the journal their settings and the name of the instance', async () => {
    const { database, identity } = open;
    const names = ['application_name', 'synchronous_commit', 'statement_timeout', 'enable_seqscan', 'plan_cache_mode'];
    const read = async () => {
      const values = names.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
      const { rows } = await database.journalPool.query<Record<string, string>>(`SELECT ${values}`);
      return rows[0];
    };

    expect(await read()).toEqual({
      application_name: identity.id,
      synchronous_commit: 'on',
      statement_timeout: '10s',
      enable_seqscan: 'off',
      plan_cache_mode: 'force_generic_plan',
    });
  });

  test('goes on with sessions of a new name under a new id, and ends the old ones', async () => {
    const { database, identity } = open;
    const before = identity.id;
    await Promise.all([database.leasePool.query('SELECT 1'), database.journalPool.query('SELECT 1')]);
    const held = await database.journalPool.connect();
    const after = identity.renew();
    database.renewSessions();
    await Promise.all([database.leasePool.query('SELECT 1'), database.journalPool.query('SELECT 1')]);
    await held.query('SELECT 1');
    held.release();
    const names = async () => {
      const { rows } = await database.pool.query<{ name: string }>(
        `SELECT DISTINCT application_name AS name FROM pg_stat_activity WHERE datname = current_database()`,
      );
      return rows.map(({ name }) => name).filter((name) => name.startsWith('inst_'));
    };
    // A session that was told to end takes a moment to.
    while ((await names()).includes(before)) await delay(5);

    expect(await names()).toEqual([after]);
  });

  test('outlives sessions that the server ends, idle and in use', async () => {
    const { database } = open;
    const used = await database.pool.connect();
    const idle = await database.journalPool.connect();
    idle.release();
    const other = await database.journalPool.connect();
    await other.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    other.release();
    await expect(used.query('SELECT 1')).rejects.toThrow(/terminat|not queryable|EPIPE|ECONNRESET/);
    used.release(true);

    expect(await database.isUsable()).toBe(true);
  });

  test('says that it cannot be reached when it is gone', async () => {
    const own = await createTestDatabase();
    const { log, identity } = open;
    const database = await Database.open(loadConfig({ DATABASE_URL: own.url }), identity, log);
    await own.drop();

    expect(await database.isUsable()).toBe(false);
    await database.close();
  });
});
