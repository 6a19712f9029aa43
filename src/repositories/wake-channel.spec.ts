import { setTimeout as delay } from 'node:timers/promises';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { WakeChannel } from './wake-channel.js';
import { until } from '../../test/support/until.js';

let test: OpenTestDatabase;
const open: Ear[] = [];

beforeAll(async () => {
  test = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ channel }) => channel.close()));
});
afterAll(() => test.close());

interface Ear {
  channel: WakeChannel;
  /** Without the one that comes with the connection. */
  wakes: () => number;
}

async function listen(): Promise<Ear> {
  const channel = new WakeChannel(test.database, test.log);
  let wakes = -1;
  channel.open(() => (wakes += 1));
  const ear = { channel, wakes: () => wakes };
  open.push(ear);
  await until(() => channel.isOpen);
  return ear;
}

describe('WakeChannel', () => {
  it('wakes the others, and not itself', async () => {
    const [one, two, three] = [await listen(), await listen(), await listen()];
    one.channel.notify();
    await until(() => two.wakes() === 1 && three.wakes() === 1);
    two.channel.notify();
    await until(() => one.wakes() === 1 && three.wakes() === 2);
    expect([one.wakes(), two.wakes()]).toEqual([1, 1]);
  });

  it('notifies at once and then at most twenty times a second, and never loses the last', async () => {
    const [one, two] = [await listen(), await listen()];
    const begun = performance.now();
    for (let times = 0; times < 100; times += 1) {
      one.channel.notify();
      await delay(1);
    }
    const heard = two.wakes();
    one.channel.notify();
    await until(() => two.wakes() > heard);
    await delay(120);
    expect(two.wakes()).toBeGreaterThan(1);
    expect(two.wakes()).toBeLessThanOrEqual(2 + (performance.now() - begun) / 50);
  });

  it('connects again when its connection breaks, and says that something may have been missed', async () => {
    const [one, two] = [await listen(), await listen()];
    await test.database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    await until(() => !one.channel.isOpen && !two.channel.isOpen);
    // While it is away nothing is said, and nothing breaks.
    one.channel.notify();
    await until(() => one.wakes() === 1 && two.wakes() === 1);
    one.channel.notify();
    await until(() => two.wakes() === 2);
  });

  it('is closed also while it has no connection', async () => {
    const { channel } = await listen();
    await channel.close();
    expect(channel.isOpen).toBe(false);
    channel.notify();
    const neverOpened = new WakeChannel(test.database, test.log);
    await neverOpened.close();
  });
});
