import fc from 'fast-check';
import { VirtualScheduler } from '../testing/virtual-scheduler.js';
import { callAt } from './call-at.js';
import { DueTimers } from './due-timers.js';
import { RunLimit } from './run-limit.js';

describe('callAt', () => {
  it('calls back once, at its moment, by timers of at most 10 s', async () => {
    const scheduler = new VirtualScheduler(0);
    const calls: number[] = [];
    callAt(scheduler, 25_500, () => calls.push(scheduler.now()));
    await scheduler.advance(100_000);
    expect(calls).toEqual([25_500]);
    expect(scheduler.longestTimer).toBe(10_000);
    expect(scheduler.nextTimerAt).toBeUndefined();
  });

  it('waits on when a timer comes early', () => {
    let now = 0;
    const timers: { ms: number; callback: () => void }[] = [];
    const scheduler = {
      now: () => now,
      defer: () => undefined,
      setTimer: (ms: number, callback: () => void) => {
        timers.push({ ms, callback });
        return () => undefined;
      },
    };
    let calls = 0;
    callAt(scheduler, 100, () => {
      calls += 1;
    });
    now = 98;
    timers.shift()?.callback();
    expect([calls, timers[0]?.ms]).toEqual([0, 2]);
    now = 100;
    timers.shift()?.callback();
    expect([calls, timers.length]).toEqual([1, 0]);
  });

  it('calls back in a later turn also when its moment is past', async () => {
    const scheduler = new VirtualScheduler(1000);
    let calls = 0;
    callAt(scheduler, 1, () => {
      calls += 1;
    });
    expect(calls).toBe(0);
    await scheduler.advance(0);
    expect(calls).toBe(1);
  });

  it('can be cancelled at any moment, and never comes for Infinity', async () => {
    const scheduler = new VirtualScheduler(0);
    let calls = 0;
    const cancel = callAt(scheduler, 30_000, () => {
      calls += 1;
    });
    await scheduler.advance(25_000);
    cancel();
    callAt(scheduler, Infinity, () => {
      calls += 1;
    })();
    await scheduler.advance(1_000_000);
    expect(calls).toBe(0);
    expect(scheduler.nextTimerAt).toBeUndefined();
  });
});

describe('the due timers', () => {
  it('call each node back once at its last due time, and know the earliest one', async () => {
    const arms = fc.array(fc.tuple(fc.nat(4), fc.nat(40_000)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(arms, async (pairs) => {
        const scheduler = new VirtualScheduler(0);
        const due: [number, number][] = [];
        const timers = new DueTimers(scheduler, (index) => due.push([index, scheduler.now()]));
        const expected = new Map<number, number>();
        for (const [index, until] of pairs) {
          timers.arm(index, until);
          expected.set(index, until);
        }
        const soonest = Math.min(...expected.values());
        const told = timers.earliest();
        if (soonest > 10_000) expect(told).toBe(soonest);
        else expect(told).toBeLessThanOrEqual(10_000);
        await scheduler.advance(50_000);
        expect(new Map(due)).toEqual(expected);
        expect(due).toHaveLength(expected.size);
        expect(timers.earliest()).toBe(Infinity);
      }),
      { numRuns: 50 },
    );
  });

  it('are silent once cleared', async () => {
    const scheduler = new VirtualScheduler(0);
    const due: number[] = [];
    const timers = new DueTimers(scheduler, (index) => due.push(index));
    timers.arm(1, 5);
    timers.clear();
    await scheduler.advance(100);
    expect(due).toEqual([]);
    expect(timers.earliest()).toBe(Infinity);
  });
});

describe('the limit of an execution', () => {
  it('runs only while something runs, and fires once', async () => {
    const scheduler = new VirtualScheduler(0);
    const past: number[] = [];
    const limit = new RunLimit(scheduler, () => past.push(scheduler.now()));
    limit.run(1000);
    await scheduler.advance(400);
    limit.run(1000);
    limit.rest();
    await scheduler.advance(5000);
    limit.run(600);
    await scheduler.advance(599);
    expect(past).toEqual([]);
    await scheduler.advance(1);
    expect(past).toEqual([6000]);
    limit.rest();
    limit.run(0);
    await scheduler.advance(10_000);
    expect(past).toEqual([6000]);
  });
});
