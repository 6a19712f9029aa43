import type { MetricSample } from '../engine/journal/metric-sample.js';
import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { DeletionBatches } from './deletion-batches.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';
import { ExecutionFolds } from './execution-folds.js';
import { MetricRepository } from './metric.repository.js';

let test: OpenTestDatabase;
let stored: StoredExecutions;
let metrics: MetricRepository;
let instance: string;

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
  metrics = new MetricRepository(test.database);
  instance = test.identity.id;
});
afterAll(() => test.close());

function sample(timestamp: number, more: Partial<MetricSample> = {}): MetricSample {
  return {
    timestamp,
    cpu: { usage: 12.35, system: 0.05, user: 12.3 },
    memory: { used: 5_000_000_000, total: 20_000_000_000, percentage: 25 },
    network: { bytesReceived: 6_000_000_000, bytesSent: 2, requestCount: 3 },
    duration: timestamp - 1000,
    throughput: 12_345.67,
    ...more,
  };
}

const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER };
const owned = () => stored.add({ status: 'running', activity: 'executing', owner: instance });
const add = (executionId: string, ...samples: MetricSample[]) =>
  metrics.add(
    instance,
    samples.map((one) => ({ executionId, sample: one })),
  );

it('gives back what was written, the oldest first, within the range', async () => {
  const id = await owned();
  await add(id, sample(3000), sample(2000), sample(4000));

  expect(await metrics.list(id, EVER)).toEqual([sample(2000), sample(3000), sample(4000)]);
  expect(await metrics.list(id, { from: 3000, to: 3000 })).toEqual([sample(3000)]);
  expect(await metrics.list('nobody', EVER)).toEqual([]);
});

it('writes the rows of all executions in one statement, and none for what the instance does not hold', async () => {
  const [first, second] = [await owned(), await owned()];
  const others = await stored.add({ status: 'running', owner: 'another' });
  const ended = await stored.add({ status: 'completed' });
  await metrics.add(
    instance,
    [first, second, others, ended, 'nobody'].map((executionId) => ({ executionId, sample: sample(2000) })),
  );

  const { rows } = await test.database.pool.query<{ id: string }>(
    'SELECT execution_id AS id FROM execution_metrics WHERE execution_id = ANY($1) ORDER BY 1',
    [[first, second, others, ended, 'nobody']],
  );
  expect(rows.map(({ id }) => id)).toEqual([first, second].sort());
});

it('keeps one row a stretch when rows are thinned, and those of others as they are', async () => {
  const [id, other] = [await owned(), await owned()];
  const times = [1010, 1110, 1190, 1210, 1290, 1410, 1500].map((timestamp) => sample(timestamp));
  await add(id, ...times);
  await add(other, ...times);
  await metrics.thin([{ executionId: id, spacing: 200 }]);

  expect((await metrics.list(id, EVER)).map(({ timestamp }) => timestamp)).toEqual([1010, 1210, 1410]);
  expect(await metrics.list(other, EVER)).toHaveLength(7);
});

it('sums up what the samples of an execution come to', async () => {
  const id = await owned();
  expect(await metrics.totals(id)).toEqual({ samples: 0, cpuSum: 0, memoryPeak: 0 });
  const memory = { used: 7_000_000_000, total: 20_000_000_000, percentage: 35 };
  await add(id, sample(2000), sample(3000, { memory }), sample(4000));

  const { samples, cpuSum, memoryPeak } = await metrics.totals(id);
  expect([samples, memoryPeak]).toEqual([3, 7_000_000_000]);
  expect(cpuSum).toBeCloseTo(37.05, 4);
});

it('leaves nothing behind of an execution that is deleted while its rows are being written', async () => {
  const id = await owned();
  await add(id, sample(2000));
  const folds = new ExecutionFolds(test.database);
  const deletions = new ExecutionDeletionRepository(
    test.database,
    folds,
    test.identity,
    new DeletionBatches(test.identity),
  );
  const writer = await test.database.pool.connect();
  try {
    await writer.query('BEGIN');
    await writer.query('SELECT 1 FROM executions WHERE id = $1 FOR KEY SHARE', [id]);
    await test.database.pool.query(
      `UPDATE executions SET status = 'completed', activity = NULL, ended_at = 2, owner = NULL WHERE id = $1`,
      [id],
    );
    const deleted = deletions.delete(id);
    await untilSomebodyWaits();
    await writer.query(
      'INSERT INTO execution_metrics SELECT execution_id, 5000, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM execution_metrics WHERE execution_id = $1',
      [id],
    );
    await writer.query('COMMIT');
    expect(await deleted).toBe('deleted');
  } finally {
    writer.release();
  }
  expect(await metrics.list(id, EVER)).toEqual([]);
});

async function untilSomebodyWaits(): Promise<void> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await test.database.pool.query(waiting)).rowCount === 0);
}
