import { Pool } from 'pg';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { Database } from './database.js';
import { codedDatabaseError, isDatabaseAway, isUniqueViolation } from './prisma-errors.js';
import { PrismaService } from './prisma.service.js';

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('what an error of the database means', () => {
  let open: OpenTestDatabase;

  beforeAll(async () => {
    open = await openTestDatabase();
  });
  afterAll(() => open.close());

  test.each([
    ['a socket that is not there', { host: '/nowhere' }],
    ['a port that nobody listens on', { host: '127.0.0.1', port: 1 }],
  ])('with %s, the database is away, to pg and to Prisma', async (_, settings) => {
    const pool = new Pool({ ...settings, user: 'retrace', database: 'retrace' });
    const prisma = new PrismaService({ pool } as Database);
    const fromPg = await errorOf(pool.query('SELECT 1'));
    const fromPrisma = await errorOf(prisma.workflow.count());
    await prisma.$disconnect();
    await pool.end();

    expect([isDatabaseAway(fromPg), isDatabaseAway(fromPrisma)]).toEqual([true, true]);
    expect(codedDatabaseError(fromPrisma)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('with a session that the server ends in the middle, the database is away', async () => {
    const { database, prisma } = open;
    const asleep = () =>
      database.journalPool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'`,
      );
    const errors = [
      errorOf(database.pool.query('SELECT pg_sleep(60)')),
      errorOf(prisma.$queryRawUnsafe('SELECT pg_sleep(60)::text')),
    ];
    let ended = 0;
    while (ended < errors.length) ended += (await asleep()).rowCount ?? 0;

    expect((await Promise.all(errors)).map(isDatabaseAway)).toEqual([true, true]);
  });

  test.each(['25006', '53100', '53200'])('with %s, writing has to be tried again later', async (code) => {
    const { database, prisma } = open;
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '${code}'; END $$`;
    const errors = [errorOf(database.pool.query(raise)), errorOf(prisma.$executeRawUnsafe(raise))];

    for (const error of await Promise.all(errors)) {
      expect(codedDatabaseError(error)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      expect(isDatabaseAway(error)).toBe(false);
    }
  });

  test('with a server that does not answer in time, the database is away, to pg and to Prisma', async () => {
    const pool = new Pool({ ...open.database.pool.options, query_timeout: 50 });
    const prisma = new PrismaService({ pool } as Database);
    const fromPg = await errorOf(pool.query('SELECT pg_sleep(0.3)'));
    const fromPrisma = await errorOf(prisma.$queryRaw`SELECT 1 AS slept FROM pg_sleep(0.3)`);
    await prisma.$disconnect();
    await pool.end();

    expect([isDatabaseAway(fromPg), isDatabaseAway(fromPrisma)]).toEqual([true, true]);
  });

  test('a key that is there already is told apart, from pg and from Prisma', async () => {
    const { database, prisma } = open;
    const data = { workflowId: 'wf', revision: 1, content: '{}', version: '1.0.0', totalNodes: 0, createdAt: 1n };
    await prisma.workflowRevision.create({ data });
    const fromPrisma = await errorOf(prisma.workflowRevision.create({ data }));
    const fromPg = await errorOf(
      database.pool.query(`INSERT INTO workflow_revisions VALUES ('wf', 1, '{}', '1.0.0', NULL, NULL, 0, 1)`),
    );

    expect([isUniqueViolation(fromPg), isUniqueViolation(fromPrisma)]).toEqual([true, true]);
    expect([isDatabaseAway(fromPg), isDatabaseAway(fromPrisma)]).toEqual([false, false]);
  });

  test('with a connection that just broke, the database is away, however the error is wrapped', () => {
    const broken = new Error('Connection terminated unexpectedly');

    expect(isDatabaseAway(broken)).toBe(true);
    expect(isDatabaseAway(new Error('\nInvalid invocation:\n\nConnection terminated unexpectedly'))).toBe(true);
    expect(isDatabaseAway(new Error('reading failed', { cause: broken }))).toBe(true);
  });

  test('errors of files and of the program are no absence of the database', () => {
    const file = Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' });

    expect([file, new Error('x'), new TypeError('y'), 'z', undefined].map(isDatabaseAway)).toEqual(
      Array(5).fill(false),
    );
  });
});
