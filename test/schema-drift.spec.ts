import { Client } from 'pg';
import { deployMigrations, diffSchema } from '../scripts/schema-diff.js';
import { createLog } from '../src/config/logger.js';
import { migrate } from '../src/database/migrate.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

describe('the Prisma schema and the migrated database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('agree', async () => {
    expect(await diffSchema(database.connection, 'prisma/schema.prisma')).toEqual({
      exitCode: 0,
      sql: expect.stringContaining('empty migration') as string,
    });
  });

  test('are seen to differ when they do', async () => {
    const client = new Client(database.connection);
    await client.connect();
    await client.query('ALTER TABLE executions DROP COLUMN priority');
    await client.end();

    expect(await diffSchema(database.connection, 'prisma/schema.prisma')).toEqual({
      exitCode: 2,
      sql: expect.stringContaining('ADD COLUMN     "priority"') as string,
    });
  });
});

describe("Prisma's own migrate deploy and ours", () => {
  const migrations = 'prisma/migrations';

  test('finds nothing to do where the server has migrated', async () => {
    const database = await createTestDatabase();
    const applied = await deployMigrations(database.connection, migrations);
    await database.drop();

    expect(applied).toEqual([]);
  });

  test('leaves the server nothing to do', async () => {
    const database = await createTestDatabase('template1');
    const applied = await deployMigrations(database.connection, migrations);
    const ours = await migrate(database.connection, migrations, createLog('silent'));
    await database.drop();

    expect(applied.length).toBeGreaterThan(0);
    expect(ours).toEqual([]);
  });
});
