import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** What a candidate tells those who ask. */
interface Answer {
  state: 'starting' | 'held';
  pid: number;
}

const ANSWER_MS = 1000;
const LOOK_MS = 10;

/**
 * The right to use a DATA_DIR, for one process at a time.
 *
 * Every candidate listens on a socket of its own in the folder before it looks for others. The kernel ends a socket with
 * its process, so a socket that nobody answers is surely left over, whatever became of its process id, and may be deleted:
 * a name is never used twice. Of two candidates the later one always sees the earlier one; when both see each other, the
 * lower name waits and the other gives up.
 *
 * Who holds the lock knows that every process that held it before is gone.
 */
export class DataDirLock {
  private state: Answer['state'] = 'starting';

  private constructor(
    private readonly folder: LockFolder,
    private readonly name: string,
    private readonly server: Server,
  ) {
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.end(JSON.stringify({ state: this.state, pid: process.pid } satisfies Answer));
    });
  }

  /** @throws Error with one sentence when another process uses the folder */
  static async acquire(dataDir: string): Promise<DataDirLock> {
    const folder = await LockFolder.open(join(dataDir, 'lock'));
    const name = randomBytes(8).toString('hex');
    const lock = new DataDirLock(folder, name, createServer());
    try {
      await folder.listen(lock.server, name);
      await lock.contend(dataDir);
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    // Closing a server also deletes its socket.
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await this.folder.close();
  }

  private async contend(dataDir: string): Promise<void> {
    for (;;) {
      const others = await this.folder.others(this.name);
      const winner = others.find(({ name, answer }) => answer.state === 'held' || name < this.name);
      if (winner !== undefined) {
        const { pid } = winner.answer;
        throw new Error(
          `${dataDir} is in use by another Retrace server${pid === 0 ? '' : ` (process ${pid})`}. Stop that one, or give this ` +
            'one another DATA_DIR; several servers share a database by DATABASE_URL.',
        );
      }
      if (others.length === 0) break;
      await delay(LOOK_MS);
    }
    // Between bind and listen a socket looks left over: someone may have deleted ours and holds the lock now.
    if (!(await this.folder.has(this.name))) {
      throw new Error(`${dataDir} is in use by another Retrace server that has just been started.`);
    }
    this.state = 'held';
  }
}

const PIPES = '\\\\.\\pipe\\';

/**
 * Where the candidates meet. A socket's path may have about 100 bytes, so on Linux the folder is named by its open handle;
 * Windows has one folder of pipes for all, which end with their process.
 */
class LockFolder {
  private constructor(
    private readonly folder: string,
    private readonly prefix: string,
    private readonly handle?: FileHandle,
  ) {}

  static async open(folder: string): Promise<LockFolder> {
    if (process.platform === 'win32') {
      return new LockFolder(PIPES, `retrace-${createHash('sha256').update(folder).digest('hex')}-`);
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new LockFolder(folder, '', await open(folder, constants.O_RDONLY | constants.O_DIRECTORY));
  }

  async listen(server: Server, name: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path(name), resolve);
    });
    server.unref();
  }

  /** The candidates that live; what is left of dead ones is deleted on the way. */
  async others(own: string): Promise<{ name: string; answer: Answer }[]> {
    const found: { name: string; answer: Answer }[] = [];
    for (const name of await this.names()) {
      if (name === own) continue;
      const answer = await ask(this.path(name));
      if (answer === undefined) await rm(this.path(name), { force: true });
      else found.push({ name, answer });
    }
    return found;
  }

  async has(name: string): Promise<boolean> {
    return (await this.names()).includes(name);
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }

  private async names(): Promise<string[]> {
    const entries = await readdir(this.folder);
    return entries.filter((entry) => entry.startsWith(this.prefix)).map((entry) => entry.slice(this.prefix.length));
  }

  private path(name: string): string {
    const folder = this.handle && process.platform === 'linux' ? `/proc/self/fd/${this.handle.fd}` : this.folder;
    return join(folder, `${this.prefix}${name}`);
  }
}

/** Undefined: nobody listens there. One that takes the call but stays silent (stopped, or stuck) holds the lock. */
async function ask(path: string): Promise<Answer | undefined> {
  for (;;) {
    const socket = connect(path).setTimeout(ANSWER_MS);
    socket.on('timeout', () => socket.destroy(new Error('silent')));
    try {
      const answer = await text(socket);
      if (answer !== '') return JSON.parse(answer) as Answer;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
      if (message === 'silent') return { state: 'held', pid: 0 };
      if (code !== 'ECONNRESET') throw error;
    }
    // It ended while it was asked: the next call tells.
  }
}
