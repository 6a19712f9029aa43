import type { Log } from '../config/logger.js';
import type { Claim, ClaimRepository } from '../repositories/claim.repository.js';
import { ClaimRounds } from './claim-rounds.js';
import { Clock } from './clock.js';

const log = { debug: () => undefined, info: () => undefined } as unknown as Log;

const claimed = (id: string, claims = 1): Claim => ({ id, claimer: 'i', claims, from: 'dead', revision: 1 });

it('what was claimed is taken into memory also when the claims after it fail, and a suspect gives its place back', async () => {
  let suspects = ['s1', 's2', 's3', 's4', 's5'];
  const table = {
    orphans: () => Promise.resolve([claimed('o')]),
    suspects: (limit: number) => {
      const taken = suspects.slice(0, limit);
      suspects = suspects.slice(limit);
      return Promise.resolve(taken.map((id) => claimed(id, 2)));
    },
    due: () => Promise.reject(new Error('the database is away')),
  };
  const taken: string[] = [];
  const rounds: ClaimRounds = new ClaimRounds(table as unknown as ClaimRepository, new Clock(), log, {
    room: () => 100,
    take: ({ id }) => {
      taken.push(id);
      return Promise.resolve(undefined);
    },
  });
  rounds.lookForOrphans();
  await rounds.end();
  expect(taken).toEqual(['o', 's1', 's2', 's3', 's4']);
  rounds.lookForOrphans();
  await rounds.end();
  expect(taken).toContain('s5');
});
