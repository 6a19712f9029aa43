import { setTimeout as delay } from 'node:timers/promises';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { InstanceRepository } from '../repositories/instance.repository.js';
import { Clock } from './clock.js';
import { Lease } from './lease.js';
import { until } from '../../test/support/until.js';

let db: OpenTestDatabase;
let instances: InstanceRepository;
let lease: Lease;
let told: string[];

beforeEach(async () => {
  db = await openTestDatabase({ HEARTBEAT_MS: '50', LEASE_MS: '10000' });
  instances = new InstanceRepository(db.database);
  const { config, identity, database, log } = db;
  lease = new Lease(config, identity, instances, database, new Clock(), log);
  told = [];
  await lease.begin({
    lost: () => told.push('lost'),
    renewed: () => told.push('renewed'),
    beaten: () => told.push('beaten'),
  });
});
afterEach(async () => {
  await lease.end();
  await db.close();
});

test('a lease that is taken away is given up first, then the instance goes on under a new id and with new sessions', async () => {
  const before = db.identity.id;
  await lease.confirm();
  await instances.takeOver(before, null);
  await until(() => told.includes('renewed'));
  told.splice(0, told.indexOf('renewed') + 1);
  await until(() => told.includes('beaten'));
  await lease.confirm();
  const after = db.identity.id;

  expect(after).not.toBe(before);
  expect(await instances.aliveBeside('')).toMatchObject([{ id: after }]);
  expect(await instances.endSessions(before)).toBe(0);
});

test('a batch that found the lease gone has it looked at once', async () => {
  await instances.takeOver(db.identity.id, null);
  lease.lost();
  await until(() => told.includes('renewed'));

  expect(told.filter((what) => what !== 'beaten')).toEqual(['lost', 'renewed']);
});

test('nothing begins to act after the lease was given back', async () => {
  await lease.end();
  const confirmed = lease.confirm().then(() => 'confirmed');

  expect(await Promise.race([confirmed, delay(200, 'waits')])).toBe('waits');
  expect(await instances.aliveBeside('')).toEqual([]);
});
