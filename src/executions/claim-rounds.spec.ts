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
    take: (found) => {
      taken.push(...found.map(({ id }) => id));
      return Promise.resolve(found.map(() => undefined));
    },
    overflow: () => undefined,
  });
  rounds.lookForOrphans();
  await rounds.end();
  expect(taken).toEqual(['o', 's1', 's2', 's3', 's4']);
  rounds.lookForOrphans();
  await rounds.end();
  expect(taken).toContain('s5');
});

it('others are told when more is due than there is room for, or one more waits, and not before', async () => {
  let due = ['a', 'b', 'c'];
  const table = {
    due: (_now: number, limit: number) => {
      const found = due.slice(0, limit);
      due = due.slice(limit);
      return Promise.resolve(found.map((id) => claimed(id, 0)));
    },
  };
  let room = 4;
  let told = 0;
  const rounds = new ClaimRounds(table as unknown as ClaimRepository, new Clock(), log, {
    room: () => room,
    take: (found) => {
      room -= found.length;
      return Promise.resolve(found.map(() => undefined));
    },
    overflow: () => {
      told += 1;
    },
  });
  rounds.look();
  await rounds.end();
  expect([room, told]).toEqual([1, 0]);
  due = ['d', 'e'];
  rounds.look();
  await rounds.end();
  expect([room, told]).toEqual([0, 1]);
  rounds.queued();
  expect(told).toBe(2);
});
