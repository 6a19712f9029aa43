import { Client } from 'pg';
import { diffSchema } from '../scripts/schema-diff.js';
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
