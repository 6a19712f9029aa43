import { chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes that the path of a unix socket may have, the closing zero left out. */
const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

/** The port in the name of the socket; nothing listens on it. */
export const SOCKET_PORT = 5432;

/**
 * The folder in which PostgreSQL makes its socket: below DATA_DIR, or below the temporary folder when that path is too long.
 * Who may enter it may use the database, so it is made for its user alone.
 */
export async function makeSocketFolder(dataDir: string, owner?: { uid: number; gid: number }): Promise<string> {
  const own = join(dataDir, 'socket');
  if (fits(own)) {
    await claimSocketFolder(own, owner);
    return own;
  }
  const temporary = fits(join(tmpdir(), 'retrace-xxxxxx')) ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(temporary, 'retrace-'));
  await claimSocketFolder(folder, owner);
  return folder;
}

/** Makes sure that the folder is there and closed to everybody else. */
export async function claimSocketFolder(folder: string, owner?: { uid: number; gid: number }): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (owner) await chown(folder, owner.uid, owner.gid);
  const { uid, mode } = await stat(folder);
  if (uid === (owner?.uid ?? process.getuid?.()) && (mode & 0o077) === 0) return;
  throw new Error(
    `${folder} must belong to the user of the database and be closed to others; delete it, then start again.`,
  );
}

export async function removeSocketFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}`)) <= LONGEST_SOCKET_PATH;
}
