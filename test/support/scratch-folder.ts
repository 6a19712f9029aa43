import { chmod, mkdtemp, realpath, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux keeps the files below it in memory. */
const MEMORY = '/dev/shm';
/** What the databases of a run may need, and as much again. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * Makes an empty folder for a database of a test; who makes it removes it. It lies in memory where there is room: the
 * thousands of files of a PostgreSQL, each flushed to a disk, are most of what such a test would spend.
 * @returns its path without symbolic links
 */
export async function makeScratchFolder(prefix: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(await parentFolder(), prefix)));
  // Run by root, the server is another user, who must get in; the data folder itself stays closed.
  await chmod(folder, 0o755);
  return folder;
}

async function parentFolder(): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => undefined);
  return memory !== undefined && memory.bavail * memory.bsize >= ENOUGH_BYTES ? MEMORY : tmpdir();
}
