import fc from 'fast-check';
import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { Batch, BatchEntry } from '../engine/journal/batch.js';
import { DurationHistogram, stepOf } from '../engine/progress/duration-histogram.js';
import { ExecutionCounterRepository } from './execution-counter.repository.js';
import { DeletionBatches } from './deletion-batches.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';
import { ExecutionFolds } from './execution-folds.js';
import { JournalRepository } from './journal.repository.js';

const HOUR = 3_600_000;

interface Counter {
  key: string;
  count: number;
  durationSum: number;
  histogram: number[];
}

interface Ending {
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  endedAt: number;
}

let test: OpenTestDatabase;
let journal: JournalRepository;
let deletions: ExecutionDeletionRepository;
let counters: ExecutionCounterRepository;
let no = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  await new StoredExecutions(test).begin();
  journal = new JournalRepository(test.database);
  deletions = new ExecutionDeletionRepository(
    test.database,
    new ExecutionFolds(test.database),
    test.identity,
    new DeletionBatches(test.identity),
  );
  counters = new ExecutionCounterRepository(test.database);
});
afterAll(() => test.close());

/** The sums over all instances, without those that say nothing. */
async function counted(): Promise<Counter[]> {
  const { rows } = await test.database.pool.query<Counter>(
    `SELECT concat_ws(' ', workflow_id, hour, status) AS key, sum(count)::int8 AS count,
       sum(duration_sum)::int8 AS "durationSum", sum_histograms(histogram) AS histogram
     FROM execution_counters GROUP BY 1 HAVING sum(count) <> 0 ORDER BY 1`,
  );
  return rows.map((row) => ({ ...row, histogram: trimmed(row.histogram) }));
}

/** The same from the rows of the executions, each counted for its workflow and for all. */
async function scanned(): Promise<Counter[]> {
  const { rows } = await test.database.pool.query<{ key: string; duration: number }>(
    `SELECT concat_ws(' ', whose, ended_at / ${HOUR}, status) AS key, duration
     FROM executions e, unnest(ARRAY[e.workflow_id, '']) AS u(whose) WHERE ended_at IS NOT NULL ORDER BY 1`,
  );
  return [...new Set(rows.map(({ key }) => key))].map((key) => {
    const durations = rows.filter((row) => row.key === key).map(({ duration }) => duration);
    const histogram = new DurationHistogram();
    for (const duration of durations) histogram.add(duration);
    const durationSum = durations.reduce((sum, duration) => sum + duration, 0);
    return { key, count: durations.length, durationSum, histogram: histogram.counts };
  });
}

function trimmed(counts: number[]): number[] {
  return counts.slice(0, counts.findLastIndex((count) => count !== 0) + 1);
}

function summaryRow({ status, endedAt }: Ending) {
  const hasEnded = status !== 'pending' && status !== 'running';
  const summary = {
    status,
    activity: null,
    attention: null,
    seq: 1,
    completedNodes: 0,
    failedNodes: 0,
    skippedNodes: 0,
    runningNodes: 0,
    summary: null,
    error: null,
    updatedAt: 1,
    startedAt: status === 'pending' ? null : 1,
    endedAt: hasEnded ? endedAt : null,
  };
  return { summary, owner: test.identity.id, wakeAt: null };
}

function creation(id: string, workflowId: string, ending: Ending, key?: string): BatchEntry {
  const named = { workflowName: 'Orders', workflowVersion: '1.0.0', workflowRevision: 1, totalNodes: 1 };
  const given = { trigger: { type: 'api' as const }, context: {}, labels: {}, priority: 0, createdAt: 1 };
  const idempotency = key === undefined ? undefined : { key, bodyHash: '' };
  const identity = { id, workflowId, ...named, ...given };
  return { executionId: id, seq: 1, creation: { identity, idempotency, ...summaryRow(ending) }, chunks: [], logs: [] };
}

function change(id: string, ending: Ending): BatchEntry {
  return { executionId: id, seq: 1, change: summaryRow(ending), chunks: [], logs: [] };
}

function batch(entries: BatchEntry[]): Batch {
  no += 1;
  return { writer: `${test.identity.id}/0`, no, instanceId: test.identity.id, entries };
}

it('a step in the database is the step of the histogram', async () => {
  const edges = Array.from({ length: 36 * 6 }, (_, step) => Math.floor(2 ** (step / 6)));
  const near = edges.flatMap((edge) => [edge - 1, edge, edge + 1]);
  const any = fc.sample(fc.maxSafeInteger(), 500).concat(fc.sample(fc.nat({ max: 2 ** 31 - 1 }), 1500));
  const durations = [...near, ...any];
  const { rows } = await test.database.pool.query<{ steps: number[] }>(
    'SELECT array_agg(duration_step(d) ORDER BY n) AS steps FROM unnest($1::int8[]) WITH ORDINALITY u(d, n)',
    [durations],
  );
  expect(rows[0]?.steps).toEqual(durations.map(stepOf));
});

it('the counters are those of the rows after any ends, resumes, deletions, keyed creations and batches sent twice', async () => {
  const ending = fc.record({
    status: fc.constantFrom<Ending['status']>('pending', 'running', 'completed', 'failed', 'cancelled'),
    endedAt: fc.integer({ min: 1, max: 3 * HOUR }),
  });
  const entry = fc.record({
    who: fc.nat({ max: 11 }),
    workflowId: fc.constantFrom('a', 'b'),
    ending,
    key: fc.nat({ max: 40 }),
  });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        entries: fc.uniqueArray(entry, { selector: ({ who }) => who, maxLength: 8 }),
        twice: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ deleted: fc.nat({ max: 11 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await test.database.pool.query('TRUNCATE executions, execution_counters');
      for (const taken of steps) {
        if ('deleted' in taken) {
          const id = `e${taken.deleted}`;
          await test.database.pool.query('UPDATE executions SET owner = NULL WHERE id = $1', [id]);
          await deletions.delete(id);
          await test.database.pool.query('UPDATE executions SET owner = $2 WHERE id = $1', [id, test.identity.id]);
          continue;
        }
        const there = await test.database.pool.query<{ id: string }>('SELECT id FROM executions');
        const known = new Set(there.rows.map(({ id }) => id));
        const keys = new Set<number>();
        const entries = taken.entries.map(({ who, workflowId, ending: end, key }) => {
          if (known.has(`e${who}`)) return change(`e${who}`, end);
          const isKeyed = key < 4 && !keys.has(key);
          keys.add(key);
          return creation(`e${who}`, workflowId, end, isKeyed ? `key${key}` : undefined);
        });
        const sent = batch(entries);
        for (let times = taken.twice ? 2 : 1; times > 0; times -= 1) {
          expect(await journal.write(sent)).toMatchObject({ kind: 'committed', missing: [] });
        }
      }
      expect(await counted()).toEqual(await scanned());
      expect(await counters.repair()).toBe(0);
    }),
    { numRuns: 40 },
  );
});

it('a cleanup takes back what it deletes', async () => {
  await test.database.pool.query('TRUNCATE executions, execution_counters');
  const stored = new StoredExecutions(test);
  for (let index = 0; index < 5; index += 1) await stored.add({ id: `c${index}`, endedAt: 1000 + index * HOUR });
  expect(await deletions.cleanup({ endedUntil: 1000 + 2 * HOUR })).toBe(3);
  expect(await counted()).toHaveLength(4);
  expect(await counted()).toEqual(await scanned());
});

describe('at the start', () => {
  beforeEach(async () => {
    await test.database.pool.query('TRUNCATE executions, execution_counters');
    const ends = [1, 2, HOUR, HOUR + 70].map((endedAt, index) =>
      creation(`r${index}`, 'a', { status: 'failed', endedAt }),
    );
    await journal.write(batch([...ends, creation('r9', 'b', { status: 'completed', endedAt: 9 })]));
  });

  it('counters that disagree with the rows are put right, once', async () => {
    const right = await counted();
    await test.database.pool.query(`DELETE FROM execution_counters WHERE workflow_id = 'b'`);
    await test.database.pool.query(`UPDATE execution_counters SET count = 7, histogram = '{3,4}' WHERE hour = 0`);
    await test.database.pool.query(
      `INSERT INTO execution_counters VALUES ('nobody', 1, 'failed', 'gone', 1, 5, '{0,0,0,1}')`,
    );
    expect(await counted()).not.toEqual(right);
    const repaired = await Promise.all([counters.repair(), counters.repair(), counters.repair()]);
    expect(repaired.reduce((sum, more) => sum + more, 0)).toBe(5);
    expect(await counted()).toEqual(right);
    expect(await counters.repair()).toBe(0);
  });

  it('a repair that is broken off changes nothing and gives its connection back', async () => {
    await test.database.pool.query('DELETE FROM execution_counters');
    const lock = await test.database.pool.connect();
    await lock.query('BEGIN; LOCK TABLE execution_counters');
    const stop = new AbortController();
    const brokenOff = counters.repair(stop.signal).catch((error: unknown) => error);
    while ((await waitingLocks()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect(await brokenOff).toBeInstanceOf(Error);
    await lock.query('COMMIT');
    lock.release();
    await expect(counters.repair(stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await counted()).toEqual([]);
    expect(test.database.pool.idleCount).toBe(test.database.pool.totalCount);
    // The one that was broken off holds its turn until the database has noticed.
    let repaired = 0;
    while (repaired === 0) repaired = await counters.repair();
    expect(repaired).toBe(6);
  });

  it('rows of instances that are gone become one', async () => {
    await test.database.pool.query(
      `INSERT INTO execution_counters VALUES ('a', 0, 'failed', 'gone1', 2, 30, '{0,1,1}'), ('a', 0, 'failed', 'gone2', -1, -7, '{0,-1}')`,
    );
    const before = await counted();
    await Promise.all([counters.foldGone(), counters.foldGone()]);
    await counters.foldGone();
    expect(await counted()).toEqual(before);
    expect(await instancesOf('a')).toEqual(['', test.identity.id]);
  });

  it('counters that say nothing any more are dropped, whosever rows they are', async () => {
    await test.database.pool.query(
      `INSERT INTO execution_counters VALUES ('z', 0, 'failed', '', 2, 5, '{0,2}'),
         ('z', 0, 'failed', '${test.identity.id}', -2, -5, '{0,-2}'), ('z', 1, 'failed', '', 0, 0, '{0}')`,
    );
    const before = await counted();
    await counters.dropEmpty();
    expect(await counted()).toEqual(before);
    expect(await instancesOf('z')).toEqual([]);
  });

  it('what is counted in an empty counter while it is dropped stays', async () => {
    await test.database.pool.query(
      `INSERT INTO execution_counters VALUES ('z', 0, 'failed', '', 1, 5, '{0,1}'), ('z', 0, 'failed', 'there', -1, -5, '{0,-1}')`,
    );
    const client = await test.database.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `UPDATE execution_counters SET count = 2, duration_sum = 9, histogram = '{0,1,1}' WHERE instance_id = '' AND workflow_id = 'z'`,
    );
    const dropped = counters.dropEmpty();
    while ((await waitingLocks()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await client.query('COMMIT');
    client.release();
    await dropped;
    expect(await counted()).toContainEqual({ key: 'z 0 failed', count: 1, durationSum: 4, histogram: [0, 0, 1] });
  });
});

async function instancesOf(workflowId: string): Promise<string[]> {
  const { rows } = await test.database.pool.query<{ instance_id: string }>(
    'SELECT DISTINCT instance_id FROM execution_counters WHERE workflow_id = $1 ORDER BY 1',
    [workflowId],
  );
  return rows.map(({ instance_id }) => instance_id);
}

async function waitingLocks(): Promise<number> {
  const { rowCount } = await test.database.pool.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rowCount ?? 0;
}
