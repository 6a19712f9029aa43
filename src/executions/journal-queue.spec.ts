import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { JournalRepository } from '../repositories/journal.repository.js';
import { Clock } from './clock.js';
import { JournalQueue } from './journal-queue.js';

let database: OpenTestDatabase;
let queue: JournalQueue;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(() => {
  const { config, identity, log } = database;
  queue = new JournalQueue(config, identity, new JournalRepository(database.database), new Clock(), log);
});

test('who waits for room while the lease is lost is let in as soon as the instance goes on under a new id', async () => {
  queue.stop();
  const place = queue.placeWithin(60_000, 1);
  queue.renew();

  expect(await place).toBeDefined();
});

test('who waits for room in vain is told so in time', async () => {
  queue.stop();

  expect(await queue.placeWithin(10, 1)).toBeUndefined();
});

test('of many who wait for room, no more are let in than there is room for; the next ones when a place is given back', async () => {
  const { queueLimit } = database.config;
  const giveBack = await queue.placeWithin(0, queueLimit + 1);
  const places = Array.from({ length: 4 }, () => Promise.resolve(queue.placeWithin(60_000, queueLimit)));
  const late = queue.placeWithin(10, 1);
  giveBack?.();
  const [first, second] = await Promise.all(places.slice(0, 2));
  expect(await late).toBeUndefined();
  first?.();
  second?.();

  expect(await Promise.all(places.slice(2))).not.toContain(undefined);
});
