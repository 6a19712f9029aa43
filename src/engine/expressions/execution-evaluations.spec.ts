import { EvaluationTurns, TURN_MS } from './evaluation-turns.js';
import { ExecutionEvaluations } from './execution-evaluations.js';
import type { TimedEvaluation } from './timed-evaluation.js';

/** Time that goes on when an evaluation works, and turns of the event loop that are given by hand. */
class FakeClock {
  now = 0;
  deferred: (() => void)[] = [];

  elapsed(): number {
    return this.now;
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** Gives turns of the event loop until nobody wants one; how many there were. */
  async turnUntilIdle(): Promise<number> {
    for (let turns = 0; ; turns += 1) {
      // What an evaluation does between two turns is a chain of promises.
      await new Promise(setImmediate);
      const callbacks = this.deferred.splice(0);
      if (callbacks.length === 0) return turns;
      for (const callback of callbacks) callback();
    }
  }
}

const clock = () => new FakeClock();
/** An instance: gives the evaluations of one more execution at each call. */
const instance = (time: FakeClock) => {
  const turns = new EvaluationTurns(time);
  return () => new ExecutionEvaluations(turns);
};

/** Work of so many steps of `ms` each; tells its name at each step. */
const work =
  (time: FakeClock, steps: number, ms: number, seen: string[] = [], name = '') =>
  async (evaluation: TimedEvaluation): Promise<string> => {
    for (let step = 0; step < steps; step += 1) {
      seen.push(name);
      time.now += ms;
      await evaluation.step();
    }
    return name;
  };

const messageOf = (result: Promise<unknown>): Promise<string> =>
  result.then(
    () => 'done',
    (error: unknown) => (error as Error).message,
  );

describe('the evaluations of executions', () => {
  it('begin at once when nobody else evaluates', () => {
    const time = clock();
    const only = instance(time)();
    let hasBegun = false;
    void only.run(async () => {
      hasBegun = true;
    });
    expect(hasBegun).toBe(true);
    expect(time.deferred).toHaveLength(0);
  });

  it('of one execution come one after the other, in the order in which they were asked for', async () => {
    const time = clock();
    const only = instance(time)();
    const seen: string[] = [];
    const results = ['a', 'b', 'c'].map((name) => only.run(work(time, 30, 1, seen, name)));
    await time.turnUntilIdle();
    expect(seen.join('')).toBe('a'.repeat(30) + 'b'.repeat(30) + 'c'.repeat(30));
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
  });

  it('give the event loop its turn each time that they have worked for a while', async () => {
    const time = clock();
    const another = instance(time);
    const [long, first, second] = [another(), another(), another()];
    void long.run(work(time, 100, 1));
    expect(await time.turnUntilIdle()).toBe(100 / TURN_MS);
    // Short ones share a turn.
    void first.run(work(time, TURN_MS / 2 - 1, 1));
    void second.run(work(time, TURN_MS / 2 - 1, 1));
    expect(await time.turnUntilIdle()).toBe(0);
  });

  it('of other executions wait for one turn, not for the end of a long one', async () => {
    const time = clock();
    const another = instance(time);
    const [bomb, wide, honest] = [another(), another(), another()];
    const results = [bomb, wide].flatMap((execution) =>
      Array.from({ length: 20 }, () => messageOf(execution.run(work(time, 1000, 1)))),
    );
    let endedAt = 0;
    const quick = honest.run(work(time, 1, 1)).then(() => {
      endedAt = time.now;
    });
    await time.turnUntilIdle();
    await quick;
    expect(endedAt).toBeLessThan(3 * TURN_MS);
    expect(new Set(await Promise.all(results))).toEqual(new Set(['takes longer than 200 ms']));
  });

  it('end at their limit of own work, whatever the others do meanwhile', async () => {
    const time = clock();
    const another = instance(time);
    const [mine, other] = [another(), another()];
    const within = messageOf(mine.run(work(time, 200, 1)));
    const beyond = messageOf(other.run(work(time, 202, 1)));
    await time.turnUntilIdle();
    expect(await within).toBe('done');
    expect(await beyond).toBe('takes longer than 200 ms');
  });

  it('survive that the machine stands still once', async () => {
    const time = clock();
    const only = instance(time)();
    const result = messageOf(
      only.run(async (evaluation) => {
        await work(time, 50, 1)(evaluation);
        time.now += 60_000;
        await work(time, 49, 1)(evaluation);
      }),
    );
    await time.turnUntilIdle();
    expect(await result).toBe('done');
  });

  it('may work on several branches at once, as the items of a list are evaluated', async () => {
    const time = clock();
    const only = instance(time)();
    const branches = only.run((evaluation) => {
      const branch = (name: string) => work(time, 5, TURN_MS, [], name)(evaluation);
      return Promise.all([branch('a'), branch('b'), branch('c')]);
    });
    const next = only.run(work(time, 3, TURN_MS, [], 'next'));
    await time.turnUntilIdle();
    expect(await Promise.all([branches, next])).toEqual([['a', 'b', 'c'], 'next']);
  });

  it('that end while a branch of them waits for the thread leave it to who is next, once', async () => {
    const time = clock();
    const another = instance(time);
    const [only, other] = [another(), another()];
    const late = new Promise((resolve) => setImmediate(resolve));
    let afterTheEnd = 0;
    const failed = messageOf(
      only.run((evaluation) => {
        const fails = (async () => {
          await Promise.resolve();
          throw new Error('broken');
        })();
        const goesOn = (async () => {
          await late;
          for (;;) {
            time.now += TURN_MS;
            await evaluation.step();
            afterTheEnd += 1;
          }
        })();
        goesOn.catch(() => undefined);
        return Promise.all([fails, work(time, 9, TURN_MS)(evaluation)]);
      }),
    );
    const seen: string[] = [];
    const results = ['a', 'b'].map((name) => only.run(work(time, 3, TURN_MS, seen, name)));
    const elsewhere = other.run(work(time, 3, TURN_MS, [], 'elsewhere'));
    await time.turnUntilIdle();
    expect(await failed).toBe('broken');
    expect(await Promise.all([...results, elsewhere])).toEqual(['a', 'b', 'elsewhere']);
    expect(seen.join('')).toBe('aaabbb');
    expect(afterTheEnd).toBe(0);
  });

  it('leave the thread free when the last one has ended while a branch of it waited', async () => {
    const time = clock();
    const another = instance(time);
    const failed = messageOf(
      another().run((evaluation) => {
        const branch = work(time, 2, TURN_MS)(evaluation);
        return Promise.all([branch, Promise.reject(new Error('broken'))]);
      }),
    );
    await time.turnUntilIdle();
    expect(await failed).toBe('broken');
    const next = another().run(work(time, 2, 1, [], 'next'));
    await time.turnUntilIdle();
    expect(await next).toBe('next');
  });

  it('go on after one that failed', async () => {
    const time = clock();
    const only = instance(time)();
    const failed = messageOf(only.run(() => Promise.reject(new Error('no'))));
    const next = only.run(work(time, 1, 1, [], 'next'));
    await time.turnUntilIdle();
    expect(await failed).toBe('no');
    expect(await next).toBe('next');
  });

  it('end soon, those that wait too, when nobody wants them any more', async () => {
    const time = clock();
    const only = instance(time)();
    const results = Array.from({ length: 50 }, () => messageOf(only.run(work(time, 150, 1))));
    only.close();
    await time.turnUntilIdle();
    expect(new Set(await Promise.all(results))).not.toContain('done');
    expect(time.now).toBeLessThan(50 + TURN_MS);
  });

  it('that are slow have a budget by execution, after which each must be quick', async () => {
    const time = clock();
    const another = instance(time);
    const [fan, other] = [another(), another()];
    const run = async (execution: ExecutionEvaluations, ms: number) => {
      const result = messageOf(execution.run(work(time, ms, 1)));
      await time.turnUntilIdle();
      return result;
    };
    const results = [];
    for (let bomb = 0; bomb < 50; bomb += 1) results.push(await run(fan, 10_000));
    expect(results.slice(0, 24)).toEqual(Array(24).fill('takes longer than 200 ms'));
    const spent = 'takes longer than 20 ms: the slow expressions of this execution have had their 5000 ms in all';
    expect(results.slice(25)).toEqual(Array(25).fill(spent));
    expect(await run(fan, 19)).toBe('done');
    expect(await run(other, 199)).toBe('done');
  });

  it('that are quick are not counted, however many there are', async () => {
    const time = clock();
    const only = instance(time)();
    const results = Array.from({ length: 10_000 }, () => only.run(work(time, 1, 19, [], 'quick')));
    await time.turnUntilIdle();
    expect(new Set(await Promise.all(results))).toEqual(new Set(['quick']));
    const slow = messageOf(only.run(work(time, 199, 1)));
    await time.turnUntilIdle();
    expect(await slow).toBe('done');
  });
});
