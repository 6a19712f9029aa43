import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './postgres-binaries.js';
import { SERVER_ENVIRONMENT, type ServerUser } from './server-user.js';

const run = promisify(execFile);

/** The only user of the database. */
export const DATABASE_USER = 'retrace';

/** Unix sockets in a private folder need no password; where there are none, TCP is guarded by a random one. */
export const USES_SOCKETS = process.platform !== 'win32';

/**
 * Makes the data folder of a new server, unless there is one. It is made under another name, so that one whose making was
 * cut off is never taken for a whole one.
 */
export async function makeCluster(dataFolder: string, user: ServerUser, binaries: PostgresBinaries): Promise<void> {
  if (await stat(join(dataFolder, 'PG_VERSION')).catch(() => undefined)) return;
  const unfinished = `${dataFolder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (user.ids) await chown(unfinished, user.ids.uid, user.ids.gid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const options = ['--pgdata', unfinished, '--username', DATABASE_USER, '--no-instructions'];
  const command = [...user.prefix, binaries.initdb, ...options, ...locale, ...(await authentication(dataFolder))];
  const [file, ...args] = command;
  try {
    await run(file as string, args, { ...user.ids, env: SERVER_ENVIRONMENT, cwd: unfinished, timeout: 120_000 });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`The data folder of PostgreSQL could not be made: ${stderr?.trim() || message}`, { cause: error });
  }
  await rename(unfinished, dataFolder);
}

/** The password of a server without sockets; undefined where sockets are used. */
export async function readPassword(dataFolder: string): Promise<string | undefined> {
  return USES_SOCKETS ? undefined : await readFile(passwordFile(dataFolder), 'utf8');
}

async function authentication(dataFolder: string): Promise<string[]> {
  if (USES_SOCKETS) return ['--auth-local=trust', '--auth-host=reject'];
  await writeFile(passwordFile(dataFolder), randomBytes(24).toString('base64url'), { mode: 0o600 });
  return ['--auth=scram-sha-256', '--pwfile', passwordFile(dataFolder)];
}

function passwordFile(dataFolder: string): string {
  return `${dataFolder}.password`;
}
