import { Client } from 'pg';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { InstanceRepository, type InstanceProcess } from '../repositories/instance.repository.js';
import { ownProcess } from './process-identity.js';
import { Takeovers } from './takeovers.js';
import { until } from '../../test/support/until.js';

const LEASE_MS = 10_000;
const HEARTBEAT_MS = 1000;
const ELSEWHERE: InstanceProcess = { host: 'elsewhere', bootId: 'boot', pid: 1, pidStart: '1' };

let test: OpenTestDatabase;
let instances: InstanceRepository;
let takeovers: Takeovers;
let told: number;

beforeAll(async () => {
  test = await openTestDatabase({ LEASE_MS: String(LEASE_MS), HEARTBEAT_MS: String(HEARTBEAT_MS) });
  instances = new InstanceRepository(test.database);
});
beforeEach(async () => {
  await test.database.pool.query('TRUNCATE instances');
  takeovers = new Takeovers(test.config, test.identity, instances, test.database, test.log);
  told = 0;
  takeovers.begin({ looked: () => undefined, takenOver: () => (told += 1) });
  await instances.register(test.identity.id, await ownProcess());
});
afterAll(() => test.close());

async function register(id: string, process: Partial<InstanceProcess>, silentMs = 0): Promise<void> {
  await instances.register(id, { ...(await ownProcess()), ...process });
  await test.database.pool.query(
    `UPDATE instances SET heartbeat_at = clock_timestamp() - $2 * interval '1 millisecond' WHERE id = $1`,
    [id, silentMs],
  );
}

async function dead(): Promise<string[]> {
  const alive = (await instances.aliveBeside('')).map(({ id }) => id);
  return ['a', 'b', 'c', 'd', 'e', 'f'].filter((id) => !alive.includes(id));
}

it('takes over from whose process is gone at once, from others only when they are silent', async () => {
  await register('a', { pidStart: 'another time' });
  await register('b', {});
  await register('c', ELSEWHERE);
  await register('d', ELSEWHERE, 2 * LEASE_MS);
  await register('e', { bootId: 'another boot' });
  await register('f', { bootId: 'another boot' }, 3 * HEARTBEAT_MS);
  await takeovers.look();
  await until(() => told === 3);

  // With no row left of them: nothing names them.
  expect(await dead()).toEqual(['a', 'd', 'f']);
  await takeovers.look();
  expect((await instances.list()).map(({ id }) => id).sort()).toEqual([test.identity.id, 'b', 'c', 'e'].sort());
});

it('does not overlook until the next heartbeat that a lease has ended', async () => {
  await register('a', ELSEWHERE, LEASE_MS - HEARTBEAT_MS / 2);
  await takeovers.look();
  expect(await dead()).not.toContain('a');
  await until(() => told === 1);

  expect(await dead()).toContain('a');
});

it('ends the session of a dead instance that holds its row, and goes on with others meanwhile', async () => {
  await register('a', ELSEWHERE, 2 * LEASE_MS);
  await register('b', ELSEWHERE, 2 * LEASE_MS);
  const stuck = await inBatch('a');
  await takeovers.look();
  await until(() => told === 1);
  const first = await dead();
  await until(() => told === 2);

  expect(first).toEqual(expect.arrayContaining(['b']));
  expect(first).not.toContain('a');
  expect(await dead()).toEqual(expect.arrayContaining(['a', 'b']));
  await stuck.ended;
});

it('takes over from many, also when each holds its row', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const id of ids) await register(id, ELSEWHERE, 2 * LEASE_MS);
  const stuck = await Promise.all(ids.map(inBatch));
  await takeovers.look();
  await until(() => told === ids.length);
  await Promise.all(stuck.map(({ ended }) => ended));

  expect(await dead()).toEqual(ids);
});

it('takes over from the rest, too, when there is room for them only while the others are still looked at', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const id of ids) await register(id, ELSEWHERE, 2 * LEASE_MS);
  const lookEndsLate = async () => {
    await until(() => told >= 4);
    await instances.forgetDead();
  };
  const slow = Object.create(instances, { forgetDead: { value: lookEndsLate } }) as InstanceRepository;
  const looking = new Takeovers(test.config, test.identity, slow, test.database, test.log);
  looking.begin({ looked: () => undefined, takenOver: () => (told += 1) });
  await looking.look();
  await until(() => told === ids.length);

  expect(await dead()).toEqual(ids);
});

it('with a database of its own takes over from whoever was there before', async () => {
  const exclusive = Object.create(test.database, { exclusive: { value: true } }) as typeof test.database;
  const alone = new Takeovers(test.config, test.identity, instances, exclusive, test.log);
  await register('a', {});
  await alone.look();
  await until(async () => (await dead()).includes('a'));
});

/** A process that was stopped in the middle of a batch: its session holds the row and says nothing more. */
async function inBatch(id: string): Promise<{ ended: Promise<unknown> }> {
  const client = new Client({ ...test.database.pool.options, application_name: id });
  const ended = new Promise((resolve) => client.once('end', resolve));
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM instances WHERE id = $1 FOR KEY SHARE', [id]);
  return { ended };
}
