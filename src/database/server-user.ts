import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root. This is how its programs are started as somebody else. */
export interface ServerUser {
  /** Put before each command. */
  prefix: readonly string[];
  /** For spawn and for the owner of the data; absent: this process's own user. */
  ids?: { uid: number; gid: number };
}

const SELF: ServerUser = { prefix: [] };

/** Root on this machine, user 1000 for those inside: what PostgreSQL checks is content, and the files stay root's. */
const NAMESPACE: ServerUser = { prefix: ['unshare', '-U', '--map-user=1000', '--map-group=1000'] };

/** Locale and time zone must not depend on who starts the server, and it has no use for our secrets. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv | undefined =
  process.platform === 'win32' ? undefined : { LC_ALL: 'C', TZ: 'UTC' };

/**
 * Chooses who the server runs as: this user, or for root the user `postgres`, a user namespace, or `nobody`, the first
 * that can reach the programs and the folder. Data that exist already decide by their owner.
 * @param parent folder that holds the data folder
 * @throws Error with one sentence when nobody can
 */
export async function chooseServerUser(parent: string, dataFolder: string, postgres: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return SELF;
  for (const user of await candidates(dataFolder)) {
    if (await canRun(user, parent, postgres)) return user;
  }
  throw new Error(
    `PostgreSQL refuses to run as root: start Retrace as an ordinary user, or let a user named "postgres" reach ${parent} ` +
      `and ${postgres}, or set DATABASE_URL to a PostgreSQL server of your own.`,
  );
}

async function candidates(dataFolder: string): Promise<ServerUser[]> {
  const owner = await stat(dataFolder).catch(() => undefined);
  if (owner !== undefined)
    return owner.uid === 0 ? [NAMESPACE] : [{ prefix: [], ids: { uid: owner.uid, gid: owner.gid } }];
  const users = [await userNamed('postgres'), NAMESPACE, await userNamed('nobody')];
  return users.filter((user) => user !== undefined);
}

async function userNamed(name: string): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { prefix: [], ids: { uid: Number(uid.stdout), gid: Number(gid.stdout) } };
  } catch {
    return undefined;
  }
}

/** Tries it: permissions, mount options and security modules are more than one could foresee. */
async function canRun(user: ServerUser, folder: string, postgres: string): Promise<boolean> {
  const [file, ...args] = [...user.prefix, '/bin/sh', '-c', 'cd "$1" && exec "$2" --version', 'sh', folder, postgres];
  try {
    await run(file as string, args, { ...user.ids, env: SERVER_ENVIRONMENT, cwd: '/', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
