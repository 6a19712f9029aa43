import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { OwnerRepository } from './owner.repository.js';

let test: OpenTestDatabase;
let stored: StoredExecutions;
let owners: OwnerRepository;

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
  owners = new OwnerRepository(test.database);
});
afterAll(() => test.close());

async function instance(id: string, state: string, silentS: number): Promise<void> {
  await test.database.pool.query(
    `INSERT INTO instances (id, host, boot_id, pid, pid_start, state, heartbeat_at)
     VALUES ($1, 'b7', '', 1, '', $2, clock_timestamp() - $3 * interval '1 s')`,
    [id, state, silentS],
  );
}

/** One that waits for a place since `wakeAt`. */
async function queued(id: string, wakeAt: number, priority = 0): Promise<string> {
  await stored.add({ id, status: 'pending', priority });
  await test.database.pool.query('UPDATE executions SET wake_at = $2 WHERE id = $1', [id, wakeAt]);
  return id;
}

it('says since when an owner is silent, by the clock of the database', async () => {
  await instance('i_silent', 'alive', 60);
  const id = await stored.add({ id: 'exec_silent', status: 'running', owner: 'i_silent' });
  const found = await owners.find(id, 5000);
  expect(found).toEqual({
    status: 'running',
    instance: 'i_silent',
    host: 'b7',
    state: 'alive',
    heartbeatAt: expect.any(Number) as number,
    silentMs: expect.any(Number) as number,
    wakeAt: null,
    ahead: null,
  });
  expect(found?.silentMs).toBeGreaterThanOrEqual(60_000);
  expect(found?.silentMs).toBeLessThan(120_000);
  const { rows } = await test.database.pool.query<{ at: number }>(
    `SELECT floor(extract(epoch FROM heartbeat_at) * 1000)::int8 AS at FROM instances WHERE id = 'i_silent'`,
  );
  expect(found?.heartbeatAt).toBe(rows[0]?.at);
});

it('knows an owner that is dead from one whose row is gone', async () => {
  await instance('i_dead', 'dead', 1);
  const ofDead = await stored.add({ id: 'exec_dead', status: 'paused', owner: 'i_dead' });
  const ofGone = await stored.add({ id: 'exec_gone', status: 'running', owner: 'i_gone' });
  expect(await owners.find(ofDead, 0)).toMatchObject({ status: 'paused', instance: 'i_dead', state: 'dead' });
  expect(await owners.find(ofGone, 0)).toMatchObject({
    instance: 'i_gone',
    host: null,
    state: null,
    heartbeatAt: null,
    silentMs: null,
  });
});

it('counts what comes before one that is due: by priority, then by the time since when it waits', async () => {
  const first = await queued('exec_first', 3000, 5);
  const second = await queued('exec_second', 1000);
  const third = await queued('exec_third', 2000);
  const later = await queued('exec_later', 9000, 99);
  const ahead = async (id: string) => (await owners.find(id, 5000))?.ahead;
  expect(await Promise.all([first, second, third, later].map(ahead))).toEqual([0, 1, 2, null]);
});

it('knows nothing of an execution that is not there', async () => {
  expect(await owners.find('exec_none', 0)).toBeUndefined();
});
