import { createTestDatabase } from '../support/test-database.js';
import { chaosRounds } from './chaos-rounds.js';

const ROUNDS = 10;

it('ten kills at random moments, of server, database or both, break no promise', async () => {
  const effects = await createTestDatabase('template1');
  const seed = String(Math.floor(Math.random() * 1_000_000));
  process.stdout.write(`chaos: seed ${seed}\n`);
  try {
    const figures = await chaosRounds({ rounds: ROUNDS, seed, effectsUrl: effects.url });
    process.stdout.write(`chaos: ${JSON.stringify(figures)}\n`);
    expect(figures.accepted).toBeGreaterThan(ROUNDS);
    expect(figures.interrupted).toBeGreaterThan(0);
  } finally {
    await effects.drop();
  }
}, 240_000);
