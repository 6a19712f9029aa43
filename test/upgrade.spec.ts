import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { createLog } from '../src/config/logger.js';
import { migrate } from '../src/database/migrate.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const FIRST = '20261125000000_first_light';
const HOUR = 3_600_000;

let database: TestDatabase;
let pool: Pool;
let older: string;

beforeAll(async () => {
  older = await mkdtemp(join(tmpdir(), 'retrace-upgrade-'));
  await cp(join('prisma/migrations', FIRST), join(older, FIRST), { recursive: true });
  database = await createTestDatabase('template1');
  pool = new Pool(database.connection);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  await rm(older, { recursive: true, force: true });
});

it('a database of the first version is counted and named as it is brought to this one', async () => {
  const log = createLog('silent');
  await migrate(database.connection, older, log);
  await pool.query(
    `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq, trigger_type,
       total_nodes, created_at, updated_at, started_at, ended_at)
     SELECT 'e' || n, 'wf' || n % 2, 'Name ' || n % 3, '1.0.0', 1, CASE WHEN n < 9 THEN 'completed' ELSE 'running' END, 1, 'api',
       1, n, n, n, CASE WHEN n < 9 THEN ${HOUR} * (n / 4) + n + 5 END FROM generate_series(1, 10) n`,
  );
  await pool.query(
    `INSERT INTO workflows (id, revision, name, status, is_published, is_draft, head, stats, size_bytes, created_at, updated_at)
     VALUES ('wf0', 1, 'Never run', 'active', true, false, '{}', '{}', 2, 1, 1)`,
  );
  await migrate(database.connection, 'prisma/migrations', log);

  const counters = await pool.query<{ counter: string }>(
    `SELECT concat_ws(' ', workflow_id, hour, count, duration_sum, cardinality(histogram) > 0) AS counter
     FROM execution_counters WHERE status = 'completed' AND instance_id = '' ORDER BY workflow_id, hour`,
  );
  const sums = [3, 4, 1].map((count, hour) => ({ count, sum: count * 5 + count * hour * HOUR }));
  expect(counters.rows.map(({ counter }) => counter)).toEqual([
    ...sums.map(({ count, sum }, hour) => ` ${hour} ${count} ${sum} t`),
    `wf0 0 1 5 t`,
    `wf0 1 2 ${2 * (HOUR + 5)} t`,
    `wf0 2 1 ${2 * HOUR + 5} t`,
    `wf1 0 2 10 t`,
    `wf1 1 2 ${2 * (HOUR + 5)} t`,
  ]);
  const names = await pool.query<{ name: string }>(
    `SELECT name FROM workflow_names WHERE workflow_id = 'wf0' ORDER BY name`,
  );
  expect(names.rows.map(({ name }) => name)).toEqual(['Name 0', 'Name 1', 'Name 2', 'Never run']);
});
