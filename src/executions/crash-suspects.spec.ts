import { jest } from '@jest/globals';
import type { Claim, ClaimRepository } from '../repositories/claim.repository.js';
import type { ActiveExecution } from './active-execution.js';
import { CrashSuspects } from './crash-suspects.js';

/** Orphans in the table, by the number of claims after deaths so far. */
class Table {
  readonly waiting = new Map<string, number>();

  /** As the statement does it: the least often hit first. */
  suspects(limit: number, below: number): Promise<Claim[]> {
    const found = [...this.waiting].filter(([, claims]) => claims < below).sort(([, a], [, b]) => a - b);
    const claim = { claimer: 'i', from: 'dead', revision: 1 };
    const taken = found.slice(0, limit).map(([id, claims]) => ({ ...claim, id, claims: claims + 1 }));
    for (const { id } of taken) this.waiting.delete(id);
    return Promise.resolve(taken);
  }
}

/** An execution in memory, whose node's end and whose leaving the test brings about. */
function makeActive(executionId: string) {
  const ends = { ended: () => {}, left: () => {} };
  const over = new Promise<void>((resolve) => (ends.ended = resolve));
  const left = new Promise<void>((resolve) => (ends.left = resolve));
  return { ...ends, active: { executionId, left, crashes: { over } } as ActiveExecution };
}

function setUp(waiting: Record<string, number>) {
  const table = new Table();
  for (const [id, claims] of Object.entries(waiting)) table.waiting.set(id, claims);
  const told = { free: 0 };
  const suspects = new CrashSuspects(table as unknown as ClaimRepository, () => (told.free += 1));
  const claim = async (room = 100) => (await suspects.claim(room)).map(({ id }) => id);
  return { table, told, suspects, claim };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('four are driven at once, the least often hit first; a place is free when a node has ended or it has left', async () => {
  const { claim, suspects, told, table } = setUp({ a: 5, b: 1, c: 2, d: 3, e: 4 });
  expect(await claim()).toEqual(['b', 'c', 'd', 'e']);
  const [b, c] = [makeActive('b'), makeActive('c')];
  suspects.hold(b.active);
  suspects.hold(c.active);
  expect(await claim()).toEqual([]);
  expect([...table.waiting.keys()]).toEqual(['a']);
  b.ended();
  c.left();
  await turn();
  expect(told.free).toBe(2);
  expect(await claim()).toEqual(['a']);
});

it('no more are claimed than there is room for', async () => {
  const { claim } = setUp({ a: 1, b: 2, c: 3 });
  expect([await claim(2), await claim(0)]).toEqual([['a', 'b'], []]);
});

it('what has nearly used up its claims is driven alone, after the others', async () => {
  const { claim, suspects } = setUp({ often: 7, oftener: 8, seldom: 1 });
  expect(await claim()).toEqual(['seldom']);
  expect(await claim()).toEqual([]);
  suspects.release('seldom');
  expect(await claim()).toEqual(['often']);
  expect(await claim()).toEqual([]);
  suspects.release('often');
  expect(await claim()).toEqual(['oftener']);
});

describe('after a while', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] }));
  afterEach(() => jest.useRealTimers());

  it('who lives on without an end of a node makes room too', async () => {
    const { claim, suspects, told } = setUp({ a: 7 });
    await claim();
    suspects.hold(makeActive('a').active);
    jest.advanceTimersByTime(4999);
    expect(told.free).toBe(0);
    jest.advanceTimersByTime(1);
    expect(told.free).toBe(1);
  });
});
