import { createTestDatabase } from '../support/test-database.js';
import { chaosProxy } from './chaos-proxy.js';

it('connections to the database that break at random moments, also between a commit and its answer, break no promise', async () => {
  const effects = await createTestDatabase('template1');
  const own = await createTestDatabase();
  const seed = String(Math.floor(Math.random() * 1_000_000));
  process.stdout.write(`chaos by proxy: seed ${seed}\n`);
  try {
    const { connection: database, url: databaseUrl } = own;
    const figures = await chaosProxy({ servers: 1, seconds: 3, seed, database, databaseUrl, effectsUrl: effects.url });
    process.stdout.write(`chaos by proxy: ${JSON.stringify(figures)}\n`);
    expect(figures.accepted).toBeGreaterThan(0);
    expect(figures.breaks.answer).toBeGreaterThan(0);
    expect(figures.witnessed).toBeGreaterThan(figures.accepted);
  } finally {
    await own.drop();
    await effects.drop();
  }
}, 120_000);
