import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, readlink, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { makeScratchFolder } from '../../test/support/scratch-folder.js';
import { createLog } from '../config/logger.js';
import type { Connection } from './connection.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { readPostmasterPid } from './postmaster-pid.js';

const log = createLog('silent');
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** A process of its own that holds the server of a folder. */
async function holder(dataDir: string, user: { uid?: number; gid?: number } = {}) {
  const args = ['--import', './scripts/register-typescript.js', 'test/support/embedded-server.ts', dataDir];
  const child: ChildProcess = spawn(process.execPath, args, { ...user, stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, said: JSON.parse(line) as Connection & { error?: string } };
}

async function query<T>(connection: Connection, sql: string): Promise<T[]> {
  const client = new Client(connection);
  await client.connect();
  try {
    return (await client.query<T & object>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

/** Processes whose folder is below the given one. */
async function processesBelow(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, index) => folders[index]?.startsWith(folder));
}

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  let dataFolder: string;

  beforeAll(async () => {
    dataDir = await makeScratchFolder('retrace-embedded-');
    dataFolder = join(dataDir, 'postgres');
  });
  afterEach(async () => {
    // The kernel shows where a process was for a moment after it has ended.
    const givesUpAt = Date.now() + 1000;
    while ((await processesBelow(dataDir)).length > 0 && Date.now() < givesUpAt) await delay(10);
    expect(await processesBelow(dataDir)).toEqual([]);
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  test('is made at the first start, keeps its data, and leaves nothing that runs', async () => {
    const first = await EmbeddedPostgres.start(dataDir, log);
    await query(first.connection, `CREATE TABLE kept AS SELECT '张' AS text`);
    await first.stop();
    const second = await EmbeddedPostgres.start(dataDir, log);
    const rows = await query(second.connection, 'SELECT text FROM kept');
    const settings = await query(
      second.connection,
      `SELECT current_setting('fsync') AS fsync, current_setting('jit') AS jit, current_setting('max_wal_size') AS wal`,
    );
    await second.stop();

    expect(rows).toEqual([{ text: '张' }]);
    expect(settings).toEqual([{ fsync: 'on', jit: 'off', wal: '2GB' }]);
    expect((await readdir(dataDir)).toSorted()).toEqual(['lock', 'postgres', 'postgres.log']);
  });

  test('is open to nobody else: no port, and a socket in a folder of its own', async () => {
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    const [row] = await query<{ addresses: string }>(
      postgres.connection,
      `SELECT current_setting('listen_addresses') AS addresses`,
    );
    const { mode } = await stat(postgres.connection.host as string);
    await postgres.stop();

    expect(row?.addresses).toBe('');
    expect(mode & 0o777).toBe(0o700);
  });

  test('is adopted when it has outlived its process, and then stopped with us', async () => {
    const { child } = await holder(dataDir);
    const before = await readPostmasterPid(dataFolder);
    await kill(child);
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    const after = await readPostmasterPid(dataFolder);
    const rows = await query(postgres.connection, 'SELECT text FROM kept');
    await postgres.stop();

    expect(after?.pid).toBe(before?.pid);
    expect(rows).toHaveLength(1);
  });

  test('starts after both were killed', async () => {
    const { child } = await holder(dataDir);
    const before = await readPostmasterPid(dataFolder);
    await kill(child);
    process.kill(before?.pid as number, 'SIGKILL');
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    const rows = await query(postgres.connection, 'SELECT text FROM kept');
    await postgres.stop();

    expect(rows).toHaveLength(1);
  });

  test('starts over a postmaster.pid whose number belongs to another process of its user', async () => {
    const { uid, gid } = await stat(dataFolder);
    const other = spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    const file = join(dataFolder, 'postmaster.pid');
    await writeFile(file, `${other.pid}\n${dataFolder}\n1795605680\n5432\n${join(dataDir, 'socket')}\n\n`);
    await chown(file, uid, gid);
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    const rows = await query(postgres.connection, 'SELECT text FROM kept');
    await postgres.stop();

    expect(other.exitCode).toBeNull();
    expect(rows).toHaveLength(1);
    await kill(other);
  });

  test('is refused to a second process, in one sentence', async () => {
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    const { child, said } = await holder(dataDir);
    child.stdin?.end();
    await postgres.stop();

    expect(said.error).toMatch(
      new RegExp(`^${dataDir} is in use by another Retrace server \\(process ${process.pid}\\)`),
    );
  });

  test('is started again when it dies, under the same address', async () => {
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    const before = await readPostmasterPid(dataFolder);
    process.kill(before?.pid as number, 'SIGKILL');
    await waitUntil(async () => {
      const now = await readPostmasterPid(dataFolder);
      return (
        now?.pid !== before?.pid &&
        (await query(postgres.connection, 'SELECT 1').then(
          () => true,
          () => false,
        ))
      );
    });
    const rows = await query(postgres.connection, 'SELECT text FROM kept');
    await postgres.stop();

    expect(rows).toHaveLength(1);
  });

  test('says what PostgreSQL says when it cannot start', async () => {
    const version = join(dataFolder, 'PG_VERSION');
    const real = await readFile(version);
    await writeFile(version, '9\n');
    await expect(EmbeddedPostgres.start(dataDir, log)).rejects.toThrow(
      /PostgreSQL did not start: .*incompatible with server/,
    );
    await writeFile(version, real);
  });

  test('keeps the file of its own log small', async () => {
    const file = join(dataDir, 'postgres.log');
    await writeFile(file, Buffer.alloc(5 * 1024 * 1024, 'x\n'));
    const postgres = await EmbeddedPostgres.start(dataDir, log);
    await postgres.stop();

    expect((await stat(file)).size).toBeLessThan(100_000);
    expect((await stat(`${file}.1`)).size).toBe(5 * 1024 * 1024);
  });

  test('takes a path that is too long for a socket, and cleans up after itself', async () => {
    const deep = join(dataDir, 'deep'.repeat(30));
    const postgres = await EmbeddedPostgres.start(deep, log);
    const socket = postgres.connection.host as string;
    const rows = await query(postgres.connection, 'SELECT 1 AS one');
    await postgres.stop();

    expect(rows).toEqual([{ one: 1 }]);
    expect(socket.startsWith(deep)).toBe(false);
    await expect(stat(socket)).rejects.toThrow(/ENOENT/);
  });

  test('makes a data folder anew whose making was cut off', async () => {
    const cut = join(dataDir, 'cut');
    await mkdir(join(cut, 'postgres.unfinished', 'base'), { recursive: true });
    const postgres = await EmbeddedPostgres.start(cut, log);
    await postgres.stop();

    expect(await readdir(cut)).not.toContain('postgres.unfinished');
  });

  (isRoot ? test : test.skip)('runs for root in a folder that nobody else can enter', async () => {
    const closed = join(dataDir, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const postgres = await EmbeddedPostgres.start(join(closed, 'data'), log);
    const rows = await query(postgres.connection, 'SELECT 1 AS one');
    await postgres.stop();

    expect(rows).toEqual([{ one: 1 }]);
  });

  (isRoot ? test : test.skip)('runs for an ordinary user, and later for root on the same data', async () => {
    const own = join(dataDir, 'own');
    await mkdir(own);
    await chown(own, NOBODY, NOBODY);
    const { child, said } = await holder(own, { uid: NOBODY, gid: NOBODY });
    await query(said, `CREATE TABLE theirs AS SELECT 1 AS one`);
    child.stdin?.end();
    await once(child, 'exit');
    const postgres = await EmbeddedPostgres.start(own, log);
    const rows = await query(postgres.connection, 'SELECT one FROM theirs');
    await postgres.stop();

    expect(rows).toEqual([{ one: 1 }]);
  });
});
