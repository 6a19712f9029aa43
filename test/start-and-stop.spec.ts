import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isServerOf, readPostmasterPid } from '../src/database/postmaster-pid.js';

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
    dataDir = await realpath(await mkdtemp(join(tmpdir(), 'retrace-start-')));
    await chmod(dataDir, 0o755);
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const postmaster = async () => (await readPostmasterPid(join(dataDir, 'postgres')))?.pid ?? 0;
  const databaseRuns = async (pid: number) => await isServerOf(pid, join(dataDir, 'postgres'));

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'starts with nothing given, says where it is, and ends in order on %s',
    async (signal) => {
      const { child, url, output } = await start({ DATA_DIR: dataDir });
      const ready = await statusOf(`${url}/health/ready`);
      const pid = await postmaster();
      const code = await end(child, signal);

      expect(ready).toBe(200);
      expect(output()).toContain(`API docs:  ${url}/docs`);
      expect(output()).toContain(dataDir);
      expect(code).toBe(0);
      expect(await databaseRuns(pid)).toBe(false);
      expect(await readdir(join(dataDir, 'lock'))).toEqual([]);
    },
  );

  test('outlives a kill of its database, is not ready meanwhile, and has it started again', async () => {
    const { child, url } = await start({ DATA_DIR: dataDir, LOG_LEVEL: 'fatal' });
    const pid = await postmaster();
    const seen = new Set<number>();
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => {
      seen.add(await statusOf(`${url}/health/ready`));
      return (await postmaster()) !== pid && seen.has(503);
    });
    await waitFor(async () => (await statusOf(`${url}/health/ready`)) === 200);

    expect(await statusOf(`${url}/health/live`)).toBe(200);
    expect(await end(child, 'SIGTERM')).toBe(0);
  });

  test('takes over the database of a server that was killed', async () => {
    const killed = await start({ DATA_DIR: dataDir });
    const pid = await postmaster();
    await end(killed.child, 'SIGKILL');
    expect(await databaseRuns(pid)).toBe(true);
    const { child, url } = await start({ DATA_DIR: dataDir });

    expect(await statusOf(`${url}/health/ready`)).toBe(200);
    expect(await postmaster()).toBe(pid);
    await end(child, 'SIGTERM');
    expect(await databaseRuns(pid)).toBe(false);
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

  test('refuses a DATA_DIR that another server uses, in one sentence', async () => {
    const first = await start({ DATA_DIR: dataDir });
    const second = launch({ DATA_DIR: dataDir });
    const [code] = (await once(second.child, 'exit')) as [number];

    expect(code).toBe(1);
    expect(second.output().trim().split('\n')).toEqual([
      expect.stringContaining(`Retrace cannot start: ${dataDir} is in use by another Retrace server`),
    ]);
    await end(first.child, 'SIGTERM');
  });

  test('names every setting that is wrong and does not start', async () => {
    const { child, output } = launch({ DATA_DIR: dataDir, PORT: 'x', HOST: '0.0.0.0' });
    const [code] = (await once(child, 'exit')) as [number];

    expect(code).toBe(1);
    expect(output()).toMatch(/PORT: expected[^]*HOST: expected/);
  });

  test('says when its port is taken, and leaves no database behind', async () => {
    const first = await start({ DATA_DIR: dataDir });
    const { port } = new URL(first.url);
    const other = join(dataDir, 'other');
    const { child, output } = launch({ DATA_DIR: other, PORT: port, LOG_LEVEL: 'silent' });
    const [code] = (await once(child, 'exit')) as [number];
    const left = await readPostmasterPid(join(other, 'postgres'));
    await end(first.child, 'SIGTERM');

    expect(code).toBe(1);
    expect(output()).toMatch(/^Retrace cannot start: .*EADDRINUSE/);
    expect(left).toBeUndefined();
  });
});
