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
  const room = queue.roomWithin(60_000);
  queue.renew();

  expect(await room).toBe(true);
});

test('who waits for room in vain is told so in time', async () => {
  queue.stop();

  expect(await queue.roomWithin(10)).toBe(false);
});
