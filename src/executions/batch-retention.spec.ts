import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { InstanceRepository } from '../repositories/instance.repository.js';
import { PrometheusMetrics } from '../monitoring/prometheus-metrics.js';
import { DeletionBatches } from '../repositories/deletion-batches.js';
import { JournalRepository } from '../repositories/journal.repository.js';
import { BatchRetention } from './batch-retention.js';
import { Clock } from './clock.js';
import { JournalQueue } from './journal-queue.js';

const HOUR_MS = 3_600_000;

let test: OpenTestDatabase;

beforeAll(async () => {
  test = await openTestDatabase();
});

afterAll(() => test.close());

async function numbers(): Promise<number[]> {
  const { rows } = await test.database.pool.query<{ no: number }>('SELECT no FROM journal_batches ORDER BY no');
  return rows.map(({ no }) => no);
}

it('batch rows go after an hour, but for the newest of each writer', async () => {
  const { id } = test.identity;
  const journal = new JournalRepository(test.database);
  await new InstanceRepository(test.database).register(id, { host: 'h', bootId: 'b', pid: 1, pidStart: '1' });
  const queue = new JournalQueue(test.config, test.identity, journal, new Clock(), test.log, new PrometheusMetrics());
  const retention = new BatchRetention(queue, journal, new DeletionBatches(test.identity), test.config, test.log);
  const write = async (message: string) => {
    const owner = { isKeyed: false, rowFor: () => ({}), lost: () => undefined };
    const stream = queue.current.open('exec', 0, owner);
    stream.log({ timestamp: 1, level: 'info', message });
    await stream.committed();
    await queue.current.idle();
  };
  await write('one');
  await write('two');
  await retention.look(0);
  await write('three');
  await retention.look(HOUR_MS - 1);
  expect(await numbers()).toEqual([1, 2, 3]);
  await retention.look(HOUR_MS);
  expect(await numbers()).toEqual([2, 3]);
  await retention.look(3 * HOUR_MS);
  expect(await numbers()).toEqual([3]);
});

it('the batch rows of an instance that is gone stay for an hour after its last one', async () => {
  const instances = new InstanceRepository(test.database);
  const journal = new JournalRepository(test.database);
  const aged = (minutes: number) =>
    test.database.pool.query(`UPDATE journal_batches SET created_at = clock_timestamp() - $1 * interval '1 minute'`, [
      minutes,
    ]);
  const { id } = test.identity;
  await aged(90);
  await journal.forgetGoneWriters(HOUR_MS);
  const whileAlive = await numbers();
  await instances.takeOver(id, null);
  await instances.forgetDead();
  await aged(59);
  await journal.forgetGoneWriters(HOUR_MS);
  const tooEarly = await numbers();
  await aged(61);
  await journal.forgetGoneWriters(HOUR_MS);

  expect([whileAlive, tooEarly, await numbers()]).toEqual([[3], [3], []]);
});
