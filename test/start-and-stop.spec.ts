import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isServerOf, readPostmasterPid } from '../src/database/postmaster-pid.js';
import { makeScratchFolder } from './support/scratch-folder.js';

/** The server as a process of its own, run as `npm start` does it: what is older than its sources is built first. */
interface ServerProcess {
  child: ChildProcess;
  url: string;
  output: () => string;
}

function launch(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['scripts/start.js'], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

async function start(env: Record<string, string>): Promise<ServerProcess> {
  const { child, output } = launch(env);
  while (!output().includes('Retrace runs.')) {
    if (child.exitCode !== null) throw new Error(output());
    await delay(10);
  }
  const url = /API: +(\S+)\/api\/v2/.exec(output())?.[1] ?? '';
  return { child, url, output };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill(signal);
  const [code] = (await exit) as [number | null];
  return code;
}

async function statusOf(url: string): Promise<number> {
  return await fetch(url).then(
    ({ status }) => status,
    () => 0,
  );
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

describe('the server as a process', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await makeScratchFolder('retrace-start-');
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const postmaster = async () => (await readPostmasterPid(join(dataDir, 'postgres')))?.pid ?? 0;
  const databaseRuns = async (pid: number) => await isServerOf(pid, join(dataDir, 'postgres'));

  /** Ends the server and looks that nothing of it is left. */
  async function endInOrder(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    const pid = await postmaster();
    expect(await databaseRuns(pid)).toBe(true);
    expect(await end(child, signal)).toBe(0);
    expect(await databaseRuns(pid)).toBe(false);
    expect(await readdir(join(dataDir, 'lock'))).toEqual([]);
  }

  describe('that runs', () => {
    let server: ServerProcess;

    beforeAll(async () => {
      server = await start({ DATA_DIR: dataDir });
    });
    afterAll(async () => {
      if (server.child.exitCode === null) await end(server.child, 'SIGTERM');
    });

    test('has started with nothing given, and says where it is', async () => {
      expect(await statusOf(`${server.url}/health/ready`)).toBe(200);
      expect(server.output()).toContain(`API docs:  ${server.url}/docs`);
      expect(server.output()).toContain(dataDir);
    });

    test('has its DATA_DIR to itself: another one is refused in one sentence', async () => {
      const second = launch({ DATA_DIR: dataDir });
      const [code] = (await once(second.child, 'exit')) as [number];

      expect(code).toBe(1);
      expect(second.output().trim().split('\n')).toEqual([
        expect.stringContaining(`Retrace cannot start: ${dataDir} is in use by another Retrace server`),
      ]);
    });

    test('has its port to itself: another one says that it is taken, and leaves no database behind', async () => {
      const { port } = new URL(server.url);
      const other = join(dataDir, 'other');
      const { child, output } = launch({ DATA_DIR: other, PORT: port, LOG_LEVEL: 'silent' });
      const [code] = (await once(child, 'exit')) as [number];

      expect(code).toBe(1);
      expect(output()).toMatch(/^Retrace cannot start: .*EADDRINUSE/);
      expect(await readPostmasterPid(join(other, 'postgres'))).toBeUndefined();
    });

    test('outlives a kill of its database, is not ready meanwhile, has it started again, and ends in order on SIGTERM', async () => {
      const { child, url } = server;
      const pid = await postmaster();
      const seen = new Set<number>();
      process.kill(pid, 'SIGKILL');
      await waitFor(async () => {
        seen.add(await statusOf(`${url}/health/ready`));
        return (await postmaster()) !== pid && seen.has(503);
      });
      await waitFor(async () => (await statusOf(`${url}/health/ready`)) === 200);

      expect(await statusOf(`${url}/health/live`)).toBe(200);
      await endInOrder(child, 'SIGTERM');
    });
  });

  test('takes over the database of a server that was killed, and ends in order on SIGINT', async () => {
    const killed = await start({ DATA_DIR: dataDir });
    const pid = await postmaster();
    await end(killed.child, 'SIGKILL');
    expect(await databaseRuns(pid)).toBe(true);
    const { child, url } = await start({ DATA_DIR: dataDir });

    expect(await statusOf(`${url}/health/ready`)).toBe(200);
    expect(await postmaster()).toBe(pid);
    await endInOrder(child, 'SIGINT');
  });

  test('ends in order when it is told to while it is still starting', async () => {
    const fresh = join(dataDir, 'fresh');
    const { child } = launch({ DATA_DIR: fresh });
    await waitFor(async () => (await readdir(join(fresh, 'lock')).catch(() => [])).length > 0);
    const code = await end(child, 'SIGTERM');

    expect(code).toBe(0);
    expect(await readPostmasterPid(join(fresh, 'postgres'))).toBeUndefined();
    expect(await readdir(join(fresh, 'lock'))).toEqual([]);
  });

  test('names every setting that is wrong and does not start', async () => {
    const { child, output } = launch({ DATA_DIR: dataDir, PORT: 'x', HOST: '0.0.0.0' });
    const [code] = (await once(child, 'exit')) as [number];

    expect(code).toBe(1);
    expect(output()).toMatch(/PORT: expected[^]*HOST: expected/);
  });
});
