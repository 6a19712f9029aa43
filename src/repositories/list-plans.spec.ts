import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { ExecutionCounterRepository } from './execution-counter.repository.js';
import type { ExecutionFilter } from './execution-filter.js';
import type { ExecutionSort } from './execution-list-query.js';
import { ExecutionStatisticsRepository } from './execution-statistics.repository.js';
import { ExecutionRepository } from './execution.repository.js';
import { WorkflowListRepository } from './workflow-list.repository.js';

const ROWS = 20_000;
const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const BEGIN = NOW - ROWS * MINUTE;

/** Few workflows have most executions, most have completed, the newest 0.5 % are open. */
const FILL = `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, activity,
  attention, seq, trigger_type, user_id, labels, total_nodes, created_at, updated_at, started_at, ended_at, run_at)
SELECT concat_ws('_', 'exec', wf, created, n), wf, 'Workflow ' || wf, '1.0.0', 1, status,
  CASE WHEN status = 'running' THEN (ARRAY['executing', 'waiting', 'retrying'])[1 + n % 3] END,
  CASE WHEN status = 'failed' THEN CASE WHEN n % 40 = 0 THEN 'unknown' ELSE 'failed' END END, 1,
  CASE WHEN h % 100 < 70 THEN 'api' WHEN h % 100 < 95 THEN 'schedule' WHEN n % 500 = 0 THEN 'manual' ELSE 'event' END,
  CASE WHEN h % 5 < 2 THEN 'user' || h % 97 * (h % 3) END,
  CASE WHEN h % 10 < 3 THEN jsonb_build_object('team', 'team' || h % 7) ELSE '{}' END
    || CASE WHEN h % 5 = 0 THEN jsonb_build_object('order', 'o' || n) ELSE '{}' END, 1, created, created,
  CASE WHEN status <> 'pending' THEN created + 2 END,
  CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN created + 2 + exp(h % 12)::bigint END,
  CASE WHEN status = 'pending' THEN created + 86400000 END
FROM (SELECT n, h, ${BEGIN}::bigint + n * ${MINUTE}::bigint AS created, 'wf' || (h % 50) * (h % 50) / 50 AS wf,
    CASE WHEN n > ${ROWS * 0.995} THEN (ARRAY['running', 'paused', 'pending'])[1 + n % 3]
      WHEN h % 200 < 186 THEN 'completed' WHEN h % 200 < 197 THEN 'failed' ELSE 'cancelled' END AS status
  FROM (SELECT n, abs(hashint4(n)::bigint) AS h FROM generate_series(1, ${ROWS}) n) a) b`;

const FILTERS: ExecutionFilter[] = [
  {},
  { workflowId: 'wf0' },
  { workflowId: 'wf48' },
  { workflowId: 'nobody' },
  { statuses: ['completed'] },
  { statuses: ['failed', 'cancelled'] },
  { statuses: ['running'] },
  { statuses: ['failed', 'running'] },
  { activity: 'executing' },
  { activity: 'scheduled' },
  { activity: 'rolling-back' },
  { attention: 'any' },
  { attention: 'unknown' },
  { attention: 'crash-loop' },
  { startTimeFrom: NOW - 1000 * MINUTE },
  { startTimeTo: BEGIN + 1000 * MINUTE },
  { startTimeFrom: BEGIN + 9000 * MINUTE, startTimeTo: BEGIN + 9100 * MINUTE },
  { triggerType: 'api' },
  { triggerType: 'manual' },
  { userId: 'user0' },
  { userId: 'user5' },
  { userId: 'nobody' },
  { labels: { team: 'team1' } },
  { labels: { order: 'o500' } },
  { search: 'flow wf48' },
  { search: 'WORKFLOW' },
  { search: 'exec_wf7_1' },
  { search: 'nothing' },
  { workflowId: 'wf3', statuses: ['failed'] },
  { statuses: ['failed'], userId: 'user0', labels: { team: 'team3' } },
];

let test: OpenTestDatabase;
const plans: string[] = [];

beforeAll(async () => {
  test = await openTestDatabase();
  const { pool } = test.database;
  await pool.query(FILL);
  await pool.query('INSERT INTO workflow_names SELECT DISTINCT workflow_id, workflow_name FROM executions');
  await new ExecutionCounterRepository(test.database).repair();
  await pool.query(`INSERT INTO workflows (id, revision, name, status, is_published, is_draft, head, stats, size_bytes,
      created_at, updated_at)
    SELECT DISTINCT workflow_id, 1, workflow_name, 'active', true, false, '{}', '{}', 2, 1, 1 FROM executions`);
  await pool.query('VACUUM (ANALYZE) executions');
  await pool.query('ANALYZE workflows, workflow_names, execution_counters');
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  for (const client of clients) {
    client.on('notice', ({ message }) => plans.push(message ?? ''));
    await client.query(
      `LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_level = notice`,
    );
  }
  for (const client of clients) client.release();
});
beforeEach(() => {
  plans.length = 0;
});
afterAll(() => test.close());

function expectNoScan(atLeast: number): void {
  expect(plans.length).toBeGreaterThanOrEqual(atLeast);
  expect(plans.filter((plan) => /Seq Scan on executions\b/.test(plan))).toEqual([]);
}

it.each(['createdAt', 'startTime', 'duration'] as ExecutionSort[])(
  'no list by %s, whatever its filter, scans the executions',
  async (sortBy) => {
    const repository = new ExecutionRepository(test.database);
    for (const filter of FILTERS) {
      for (const sortOrder of ['asc', 'desc'] as const) {
        await repository.list(filter, { sortBy, sortOrder, limit: 20 }, NOW);
        await repository.list(filter, { sortBy, sortOrder, limit: 20, offset: 500 }, NOW);
        await repository.list(filter, { sortBy, sortOrder, limit: 20, after: { key: BEGIN, id: 'exec_' } }, NOW);
      }
    }
    expectNoScan(FILTERS.length * 6);
  },
);

it('no statistics scan the executions', async () => {
  const repository = new ExecutionStatisticsRepository(test.database);
  const ranges = [
    {},
    { from: NOW - 300.5 * MINUTE },
    { to: NOW - 33 * MINUTE },
    { from: BEGIN, to: BEGIN + 5 * MINUTE },
  ];
  for (const range of ranges) {
    for (const workflowId of [undefined, 'wf0', 'wf48'])
      await repository.statistics({ ...range, workflowId }, NOW, true);
  }
  expectNoScan(ranges.length * 9);
});

it('no list of workflows scans the executions', async () => {
  const repository = new WorkflowListRepository(test.prisma);
  const { workflows } = await repository.list({}, { sortBy: 'usageCount', sortOrder: 'desc', limit: 50, offset: 0 });
  expect(workflows[0]?.lastStatuses).toHaveLength(12);
  expectNoScan(3);
});
