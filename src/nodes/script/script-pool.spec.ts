import { pbkdf2 } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { ScriptAnswer } from './script-task.js';
import { type Script, ScriptPool } from './script-pool.js';
import { StartRate } from './start-rate.js';

const CORES = availableParallelism();
const LIMIT_MS = 300;
/** Two seconds are promised; the rest is for machines that do other things at the same time. */
const SLACK_MS = 5000;

let pool: ScriptPool;

beforeEach(() => {
  pool = new ScriptPool();
});
afterEach(() => pool.close());

function script(code: string, more: Partial<Script> = {}): Script {
  return { code, given: { inputs: {} }, startTime: 0, seed: 1, limitMs: LIMIT_MS, memoryMiB: 32, ...more };
}

const run = (code: string, more: Partial<Script> = {}, signal = new AbortController().signal): Promise<ScriptAnswer> =>
  pool.run(script(code, more), signal);

/** Many scripts at once, each with the ms until its end. */
const runMany = (count: number, code: string, more: Partial<Script> = {}) => {
  const started = performance.now();
  const each = async () => ({ answer: await run(code, more), ms: performance.now() - started });
  return Promise.all(Array.from({ length: count }, each));
};

describe('the threads of scripts', () => {
  it('are as many as cores for scripts that are short', async () => {
    expect(pool.size).toBe(0);
    const ran = await runMany(200, 'return 1', { limitMs: 10_000 });
    expect(ran.every(({ answer }) => answer.kind === 'returned')).toBe(true);
    // One a core, or a few more where others use the machine too.
    expect(pool.size).toBeLessThanOrEqual(4 * CORES);
  });

  it('are more for scripts that hold them up, so that each ends at its own limit, and the event loop runs on', async () => {
    let longestPause = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longestPause = Math.max(longestPause, performance.now() - last);
      last = performance.now();
    }, 5);
    const ran = await runMany(20, 'for (;;);');
    clearInterval(timer);
    expect(longestPause).toBeLessThan(2000);
    expect(ran.map(({ answer }) => answer)).toEqual(
      Array(20).fill(
        expect.objectContaining({ code: 'TIMEOUT', message: `The script took longer than ${LIMIT_MS} ms` }),
      ),
    );
    expect(Math.max(...ran.map(({ ms }) => ms))).toBeLessThan(LIMIT_MS + SLACK_MS);
    expect(pool.size).toBeGreaterThan(CORES);
    while (pool.size > CORES) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await run('return 1')).toMatchObject({ output: '1' });
  });

  it('have a bound; who waits for one keeps the whole of its limit', async () => {
    const all = runMany(34, 'for (;;);');
    const short = await run('return 7');
    expect(short).toMatchObject({ kind: 'returned', output: '7' });
    expect((await all).map(({ answer }) => answer)).toEqual(
      Array(34).fill(expect.objectContaining({ code: 'TIMEOUT' })),
    );
    expect(pool.size).toBeLessThanOrEqual(32);
  });

  it('start also when the disk is slow to give what they run on', async () => {
    // All of Node's threads that read files have something else to do.
    for (let at = 0; at < 4; at += 1) pbkdf2('password', 'salt', 400_000, 64, 'sha512', () => undefined);
    expect(await run('return 1', { limitMs: 10_000 })).toMatchObject({ output: '1' });
  });

  it('are made anew when scripts have taken them with them, more than may start at once', async () => {
    const ran = await runMany(36, 'return Array(2 ** 32 - 1).join("")', { limitMs: 50 });
    expect(ran.every(({ answer }) => answer.kind === 'failed' && answer.code === 'TIMEOUT')).toBe(true);
    expect(await run('return 1', { limitMs: 10_000 })).toMatchObject({ output: '1' });
  });

  it('all get work again after scripts whose memory limits differ', async () => {
    const sizes = [1, 64, 32, 512, 8];
    const ran = await Promise.all(sizes.map((memoryMiB) => run('return "x"', { memoryMiB, limitMs: 10_000 })));
    expect(ran).toEqual(Array(sizes.length).fill(expect.objectContaining({ output: '"x"' })));
  });
});

describe('a script that is aborted', () => {
  it.each([
    ['is interrupted, and its thread goes on', 'for (;;);'],
    ['that cannot be interrupted takes its thread with it', 'return Array(2 ** 32 - 1).join("")'],
  ])('%s', async (_what, code) => {
    const controller = new AbortController();
    const ending = run(code, { limitMs: 60_000 }, controller.signal);
    while (pool.size === 0) await run('return 1');
    await new Promise((resolve) => setTimeout(resolve, 150));
    controller.abort(new Error('not wanted any more'));
    await expect(ending).rejects.toThrow('not wanted any more');
    // Its thread too is needed for these.
    const ran = await runMany(CORES * 2, 'for (;;);', { limitMs: 100 });
    expect(ran.every(({ answer }) => answer.kind === 'failed')).toBe(true);
    expect(Math.max(...ran.map(({ ms }) => ms))).toBeLessThan(100 + SLACK_MS);
  });

  it('while it waits never runs', async () => {
    const controller = new AbortController();
    const waiting = run('return 1', {}, controller.signal);
    controller.abort(new Error('too late'));
    await expect(waiting).rejects.toThrow('too late');
    await expect(run('return 1', {}, controller.signal)).rejects.toThrow('too late');
  });

  it('after its end disturbs nobody', async () => {
    const controller = new AbortController();
    await run('return 1', {}, controller.signal);
    const others = runMany(CORES, 'for (let i = 0; i < 1e6; i++); return 2', { limitMs: 20_000 });
    controller.abort();
    expect((await others).map(({ answer }) => answer)).toEqual(
      Array(CORES).fill(expect.objectContaining({ output: '2' })),
    );
  });
});

describe('the pool of scripts', () => {
  it('refuses what cannot be made into text, and goes on', async () => {
    const given = { inputs: { n: 1n as unknown as number } };
    await expect(run('return 1', { given })).rejects.toThrow(/BigInt/);
    expect(await run('return 1')).toMatchObject({ output: '1' });
  });

  it('ends with all of its scripts, those that run and those that wait: SCRIPT_UNAVAILABLE', async () => {
    await run('return 1');
    const scripts = [...Array(CORES + 3)].map(() => run('for (;;);', { limitMs: 60_000 }));
    const settled = Promise.allSettled(scripts);
    await pool.close();
    expect(pool.size).toBe(0);
    expect(await settled).toEqual(
      scripts.map(() => ({
        status: 'rejected',
        reason: expect.objectContaining({ code: 'SCRIPT_UNAVAILABLE' }) as Error,
      })),
    );
    await expect(run('return 1')).rejects.toMatchObject({ code: 'SCRIPT_UNAVAILABLE' });
  });
});

describe('the rate of starts', () => {
  it('lets a burst through, and then so many a second', async () => {
    const rate = new StartRate(3, 20);
    expect([1, 2, 3].map(() => rate.take())).toEqual([true, true, true]);
    expect(rate.take()).toBe(false);
    const since = performance.now();
    while (!rate.take()) await new Promise((resolve) => setImmediate(resolve));
    expect(performance.now() - since).toBeGreaterThan(20);
  });
});
