import fc from 'fast-check';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { ExecutionFilter } from './execution-filter.js';
import type { ExecutionSort, ListPosition, ListWindow } from './execution-list-query.js';
import { ExecutionRepository } from './execution.repository.js';

const NOW = 100;
/** More than are gathered and sorted: with a filter that takes most of them the list is walked. */
const EXECUTIONS = 2600;

interface Row {
  id: string;
  workflowId: string;
  workflowName: string;
  status: string;
  activity: string | null;
  attention: string | null;
  triggerType: string;
  userId: string | null;
  labels: { [name: string]: string };
  runAt: number | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

let test: OpenTestDatabase;
let repository: ExecutionRepository;

beforeAll(async () => {
  test = await openTestDatabase();
  repository = new ExecutionRepository(test.database);
  await insert(EXECUTIONS);
  await test.database.pool.query(
    'INSERT INTO workflow_names SELECT DISTINCT workflow_id, workflow_name FROM executions',
  );
});
afterAll(() => test.close());

/** Times are few, so that many rows share one. */
async function insert(count: number): Promise<void> {
  await test.database.pool.query(
    `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, activity, attention,
       seq, trigger_type, user_id, labels, total_nodes, created_at, updated_at, run_at, started_at, ended_at)
     SELECT 'exec_' || left(md5(random()::text || n), 12), 'wf' || n % 3, (ARRAY['Pay 1', 'Ship', 'pay 2'])[1 + n % 3], '1.0.0', 1,
       status, CASE WHEN status = 'running' OR random() < 0.02 THEN 'executing' END,
       CASE WHEN status IN ('failed', 'paused') THEN (ARRAY['failed', 'unknown', 'crash-loop'])[1 + n % 3] END, 1,
       (ARRAY['api', 'manual'])[1 + n % 2], CASE WHEN n % 4 > 0 THEN 'user' || n % 4 END,
       CASE WHEN random() < 0.5 THEN '{}' ELSE jsonb_build_object('team', (n % 2)::text) END, 1, created, created,
       CASE WHEN random() < 0.3 THEN created + (random() * 80)::int END,
       CASE WHEN status <> 'pending' AND random() < 0.9 THEN created + (random() * 9)::int END,
       CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN created + 9 + (random() * 9)::int END
     FROM (
       SELECT (random() * 1000)::int AS n, (random() * 60)::int AS created,
         (ARRAY['completed', 'completed', 'completed', 'failed', 'cancelled', 'pending', 'running', 'paused'])
           [1 + floor(random() * 8)::int] AS status
       FROM generate_series(1, $1::int)
     ) drawn`,
    [count],
  );
}

const MANY = 'id IN (SELECT id FROM executions ORDER BY random() LIMIT 30)';
const CHANGES = {
  nothing: () => Promise.resolve(),
  'some are created': () => insert(15),
  'some end': () =>
    test.database.pool.query(
      `UPDATE executions SET status = 'completed', activity = NULL, ended_at = created_at + 30 WHERE ended_at IS NULL AND ${MANY}`,
    ),
  'some start': () =>
    test.database.pool.query(
      `UPDATE executions SET status = 'running', started_at = created_at + 20 WHERE status = 'pending' AND ${MANY}`,
    ),
  'some go on': () =>
    test.database.pool.query(
      `UPDATE executions SET status = 'running', attention = NULL, ended_at = NULL WHERE status = 'failed' AND ${MANY}`,
    ),
  'some are deleted': () => test.database.pool.query(`DELETE FROM executions WHERE ended_at IS NOT NULL AND ${MANY}`),
};

async function everything(): Promise<Row[]> {
  // One text is read in a fraction of the time of its tens of thousands of fields.
  const { rows } = await test.database.pool.query<{ all: Row[] }>(
    `SELECT json_agg(execution) AS all FROM (
       SELECT id, workflow_id AS "workflowId", workflow_name AS "workflowName", status, activity, attention,
         trigger_type AS "triggerType", user_id AS "userId", labels, run_at AS "runAt", created_at AS "createdAt",
         started_at AS "startedAt", ended_at AS "endedAt" FROM executions
     ) execution`,
  );
  return rows[0]?.all ?? [];
}

function startOf({ startedAt, runAt, createdAt }: Row): number {
  return startedAt ?? Math.max(runAt ?? createdAt, createdAt);
}

function takes(filter: ExecutionFilter, row: Row): boolean {
  const { workflowId, statuses, activity, attention, startTimeFrom, startTimeTo, triggerType, userId, labels } = filter;
  const isLater = row.runAt !== null && row.runAt > NOW;
  const doing = row.status === 'pending' ? (isLater ? 'scheduled' : 'queued') : row.activity;
  const search = filter.search?.toLowerCase();
  return (
    (workflowId === undefined || row.workflowId === workflowId) &&
    (statuses === undefined || statuses.includes(row.status as never)) &&
    (activity === undefined || doing === activity) &&
    (attention === undefined || (attention === 'any' ? row.attention !== null : row.attention === attention)) &&
    (startTimeFrom === undefined || startOf(row) >= startTimeFrom) &&
    (startTimeTo === undefined || startOf(row) <= startTimeTo) &&
    (triggerType === undefined || row.triggerType === triggerType) &&
    (userId === undefined || row.userId === userId) &&
    Object.entries(labels ?? {}).every(([name, value]) => row.labels[name] === value) &&
    (search === undefined || row.workflowName.toLowerCase().includes(search) || row.id.startsWith(search))
  );
}

/** What a list is sorted by, as a tuple: what has not ended comes after all durations, in the order of its creation. */
function placeOf(row: Row, { sortBy, sortOrder }: ListWindow): [number, number] {
  if (sortBy === 'createdAt') return [0, row.createdAt];
  if (sortBy === 'startTime') return [0, startOf(row)];
  if (row.endedAt !== null) return [0, row.endedAt - (row.startedAt ?? row.endedAt)];
  return [sortOrder === 'asc' ? 1 : -1, row.createdAt];
}

function sorted(rows: Row[], window: ListWindow): Row[] {
  const direction = window.sortOrder === 'asc' ? 1 : -1;
  return rows
    .map((row) => ({ row, place: placeOf(row, window) }))
    .sort(
      ({ row: a, place: first }, { row: b, place: second }) =>
        direction * (first[0] - second[0] || first[1] - second[1] || (a.id < b.id ? -1 : 1)),
    )
    .map(({ row }) => row);
}

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const filters = fc.record({
  workflowId: optional(fc.constantFrom('wf0', 'wf1', 'none')),
  statuses: optional(
    fc.uniqueArray(fc.constantFrom('completed', 'failed', 'cancelled', 'pending', 'running', 'paused'), {
      minLength: 1,
    }),
  ),
  activity: fc.option(fc.constantFrom('executing', 'queued', 'scheduled'), { nil: undefined, freq: 1 }),
  attention: fc.option(fc.constantFrom('any', 'unknown', 'failed'), { nil: undefined, freq: 1 }),
  startTimeFrom: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 1 }),
  startTimeTo: fc.option(fc.integer({ min: 30, max: 99 }), { nil: undefined, freq: 1 }),
  triggerType: fc.option(fc.constantFrom('api', 'manual'), { nil: undefined, freq: 1 }),
  userId: fc.option(fc.constantFrom('user1', 'nobody'), { nil: undefined, freq: 1 }),
  labels: fc.option(fc.constantFrom<{ [name: string]: string }>({}, { team: '1' }, { team: 'x' }), {
    nil: undefined,
    freq: 1,
  }),
  search: fc.option(fc.constantFrom('PAY', 'ip', 'exec_', 'exec_a', 'none'), { nil: undefined, freq: 1 }),
});
/** Every third time alone: what a list is about, and the one case that takes more than is gathered. */
const oneOrMore = fc.oneof(
  filters,
  fc.constant<ExecutionFilter>({}),
  fc.constantFrom<ExecutionFilter>({ search: 'exec_' }),
);
const windows = fc.record({
  sortBy: fc.constantFrom<ExecutionSort>('createdAt', 'startTime', 'duration'),
  sortOrder: fc.constantFrom('asc' as const, 'desc' as const),
  limit: fc.constantFrom(1, 7, 200),
});
const changes = fc.array(fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[])), {
  minLength: 2,
  maxLength: 6,
});

describe('a list', () => {
  it('shows at any moment what comes behind the last row that was seen, while executions come, change and go', async () => {
    await fc.assert(
      fc.asyncProperty(oneOrMore, windows, changes, async (filter, window, steps) => {
        let last: Row | undefined;
        let after: ListPosition | undefined;
        for (const step of steps) {
          await CHANGES[step]();
          const rows = (await everything()).filter((row) => takes(filter, row));
          const before = last && { ...last };
          const behind = before
            ? sorted([...rows.filter(({ id }) => id !== before.id), before], window)
            : sorted(rows, window);
          const expected = before ? behind.slice(behind.indexOf(before) + 1) : behind;
          const list = await repository.list(filter, { ...window, after }, NOW);

          expect(list.rows.map(({ id }) => id)).toEqual(expected.slice(0, window.limit).map(({ id }) => id));
          expect(list).toMatchObject({ total: rows.length, totalIsExact: true });
          expect(list.next?.id).toBe(expected.length > window.limit ? expected[window.limit - 1]?.id : undefined);
          if (!list.next) return;
          last = expected[window.limit - 1];
          after = list.next;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('shows by number what stands there now', async () => {
    const all = await everything();
    await fc.assert(
      fc.asyncProperty(oneOrMore, windows, fc.nat(2800), async (filter, window, offset) => {
        const rows = all.filter((row) => takes(filter, row));
        const list = await repository.list(filter, { ...window, offset }, NOW);
        const expected = sorted(rows, window).slice(offset, offset + window.limit);
        expect(list.rows.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }),
      { numRuns: 30 },
    );
  });
});
