import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * What a running PostgreSQL writes into `postmaster.pid` of its data folder.
 * @see https://www.postgresql.org/docs/18/storage-file-layout.html
 */
export interface Postmaster {
  pid: number;
  port: number;
  /** Empty when it listens on TCP alone. */
  socketFolder: string;
  /** Empty when it does not listen on TCP. */
  address: string;
}

const ORPHANS_GONE_MS = 10_000;
const LOOK_MS = 50;

/** Line 1 is the pid, 4 the port, 5 the socket folder, 6 the address. */
export function parsePostmasterPid(text: string): Postmaster | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !Number.isInteger(port) || port <= 0) return undefined;
  return { pid, port, socketFolder: lines[4] ?? '', address: lines[5] ?? '' };
}

/** What the file says, true or not. */
export async function readPostmasterPid(dataFolder: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  return parsePostmasterPid(text);
}

/**
 * True when the process is a PostgreSQL that works in this data folder; a pid used again by something else, and a zombie,
 * are not.
 */
export async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  try {
    if (process.platform === 'linux') {
      const [program, folder] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]);
      return basename(program).startsWith('postgres') && folder === dataFolder;
    }
    if (process.platform === 'win32') return process.kill(pid, 0);
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]);
    return stdout.includes('postgres') && stdout.includes(dataFolder);
  } catch {
    return false;
  }
}

/** Deletes what a server that is gone has left in its folder, after the last of its processes has ended. */
export async function clearStalePid(dataFolder: string, stale: Postmaster | undefined): Promise<void> {
  const deadline = Date.now() + ORPHANS_GONE_MS;
  for (;;) {
    const left = await processesIn(dataFolder);
    if (left.length === 0) break;
    if (Date.now() > deadline) {
      throw new Error(`Processes ${left.join(', ')} still work in ${dataFolder}; end them, then start again.`);
    }
    await delay(LOOK_MS);
  }
  await rm(join(dataFolder, 'postmaster.pid'), { force: true });
  if (stale?.socketFolder) {
    const socket = join(stale.socketFolder, `.s.PGSQL.${stale.port}`);
    await Promise.all([rm(socket, { force: true }), rm(`${socket}.lock`, { force: true })]);
  }
}

/** A server whose first process was killed leaves others for a moment; they too work in its folder. */
async function processesIn(dataFolder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => isServerOf(Number(pid), dataFolder)));
  return pids.filter((_, index) => found[index]);
}
