import { setTimeout as delay } from 'node:timers/promises';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { StoredExecutions } from '../../test/support/stored-executions.js';
import { InstanceRepository } from './instance.repository.js';

const PROCESS = { host: 'here', bootId: 'boot', pid: 7, pidStart: '1' };

let test: OpenTestDatabase;
let instances: InstanceRepository;

beforeAll(async () => {
  test = await openTestDatabase();
  instances = new InstanceRepository(test.database);
});
afterEach(() => test.database.pool.query('TRUNCATE instances, executions, execution_events'));
afterAll(() => test.close());

const silentFor = (id: string, ms: number) =>
  test.database.pool.query(
    `UPDATE instances SET heartbeat_at = clock_timestamp() - $2 * interval '1 millisecond' WHERE id = $1`,
    [id, ms],
  );

it('an instance is registered once, however often it says so', async () => {
  await instances.register('a', PROCESS);
  await instances.takeOver('a', null);
  await instances.register('a', PROCESS);

  expect(await instances.renew('a')).toBeNull();
});

it('a heartbeat gives the clock of the database', async () => {
  await instances.register('a', PROCESS);
  const before = (await instances.renew('a')) ?? 0;
  const { rows } = await test.database.pool.query<{ now: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
  );

  expect(rows[0]?.now).toBeGreaterThanOrEqual(before);
  expect((rows[0]?.now ?? 0) - before).toBeLessThan(10_000);
});

it('only one that is silent for long enough is taken over, and by one of those who try', async () => {
  await instances.register('a', PROCESS);
  await silentFor('a', 5000);

  expect(await instances.takeOver('a', 10_000)).toBe(false);
  const takers = await Promise.all(Array.from({ length: 4 }, () => instances.takeOver('a', 4000)));
  expect(takers.filter(Boolean)).toHaveLength(1);
  expect(await instances.aliveBeside('b')).toEqual([]);
});

it('the others that live are told with their silence', async () => {
  await instances.register('a', PROCESS);
  await instances.register('b', PROCESS);
  await silentFor('b', 60_000);
  const [found, ...more] = await instances.aliveBeside('a');

  expect(more).toEqual([]);
  expect(found).toMatchObject({ id: 'b', ...PROCESS });
  // The row keeps whole milliseconds.
  expect(found?.silentMs).toBeGreaterThanOrEqual(59_999);
});

it('the sessions of an instance are ended by its id, and no others', async () => {
  await instances.register(test.identity.id, PROCESS);
  const session = await test.database.journalPool.connect();
  const ended = new Promise((resolve) => session.once('error', resolve));

  expect(await instances.endSessions('somebody else')).toBe(0);
  expect(await instances.endSessions(test.identity.id)).toBeGreaterThanOrEqual(1);
  await ended;
  session.release(true);
});

it('a dead row is listed with what it left, until no execution names it', async () => {
  const stored = await new StoredExecutions(test).begin();
  await instances.register('a', PROCESS);
  await stored.add({ id: 'one', status: 'running', owner: 'a' });
  await stored.add({ id: 'two', status: 'running', owner: 'a' });
  await instances.takeOver('a', null);
  await instances.forgetDead();
  const list = await instances.list();
  await test.database.pool.query('UPDATE executions SET owner = NULL');
  await instances.forgetDead();
  const left = await instances.list();

  expect(list.map(({ id, state, executions }) => [id, state, executions])).toEqual([
    [test.identity.id, 'alive', 0],
    ['a', 'dead', 2],
  ]);
  expect(list[1]).toMatchObject({ host: 'here', pid: 7, startedAt: expect.any(Number) as number });
  expect(Number.isInteger(list[1]?.heartbeatAt)).toBe(true);
  expect(left.map(({ id }) => id)).toEqual([test.identity.id]);
});

it('an instance that ends waits for its batch in flight, so that what is claimed after it is complete', async () => {
  await instances.register('a', PROCESS);
  const client = await test.database.pool.connect();
  await client.query('BEGIN');
  await client.query(`SELECT 1 FROM instances WHERE id = 'a' FOR KEY SHARE`);
  let retired = false;
  const retiring = instances.retire('a').then(() => {
    retired = true;
  });
  const waits = async () => {
    const { rows } = await test.database.pool.query<{ count: number }>(
      `SELECT count(*) AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return (rows[0]?.count ?? 0) > 0;
  };
  while (!(await waits())) await delay(5);
  expect(retired).toBe(false);
  await client.query('COMMIT');
  client.release();
  await retiring;

  expect(await instances.renew('a')).toBeNull();
});
