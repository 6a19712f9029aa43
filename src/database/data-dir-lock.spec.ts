import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirLock } from './data-dir-lock.js';

describe('the lock on DATA_DIR', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'retrace-lock-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  test('is for one at a time, and names who holds it', async () => {
    const held = await DataDirLock.acquire(dataDir);
    await expect(DataDirLock.acquire(dataDir)).rejects.toThrow(
      `${dataDir} is in use by another Retrace server (process ${process.pid})`,
    );
    await held.release();
    const next = await DataDirLock.acquire(dataDir);
    await next.release();

    expect(await readdir(join(dataDir, 'lock'))).toEqual([]);
  });

  test('goes to exactly one of many that want it at once', async () => {
    for (let round = 0; round < 20; round++) {
      const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => DataDirLock.acquire(dataDir)));
      const winners = attempts.filter((attempt) => attempt.status === 'fulfilled');
      await Promise.all(winners.map(({ value }) => value.release()));

      expect(winners.length).toBe(1);
    }
  });

  test('is free when what is there was left by the dead', async () => {
    const lock = await DataDirLock.acquire(dataDir);
    await lock.release();
    await writeFile(join(dataDir, 'lock', '00'), '');
    const again = await DataDirLock.acquire(dataDir);
    const left = await readdir(join(dataDir, 'lock'));
    await again.release();

    expect(left).not.toContain('00');
  });

  test('is held by one that does not answer', async () => {
    const lock = await DataDirLock.acquire(dataDir);
    await lock.release();
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(join(dataDir, 'lock', 'ff'), resolve));
    await expect(DataDirLock.acquire(dataDir)).rejects.toThrow(/is in use/);
    await new Promise((resolve) => silent.close(resolve));
  });
});
