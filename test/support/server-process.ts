import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

const MAIN = 'dist/main.js';
const START_LIMIT_MS = 60_000;

/** The built server in a process of its own, as an operator runs it. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** Resolves when the process is gone, whoever ended it. */
    readonly ended: Promise<unknown>,
    readonly url: string,
    /** What it has said so far: its log and its errors. */
    readonly output: () => string,
  ) {}

  /**
   * Starts it and waits until it says where it listens.
   * @param isGroup it leads a process group of its own, which {@link killGroup} can kill
   */
  static async start(settings: Record<string, string>, { isGroup = false } = {}): Promise<ServerProcess> {
    if (!existsSync(MAIN)) throw new Error('The server is not built: run `npm run build`, or the tests by `npm test`');
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, PORT: '0', LOG_LEVEL: 'error', ...settings };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: isGroup });
    const ended = once(child, 'exit');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`The server did not start in time: ${said}`)), START_LIMIT_MS);
      createInterface({ input: child.stdout }).on('line', (line) => {
        said += `${line}\n`;
        const found = /API:\s+(\S+)\/api\/v2/.exec(line)?.[1];
        if (found === undefined) return;
        clearTimeout(late);
        resolve(found);
      });
      void ended.then(() => {
        clearTimeout(late);
        reject(new Error(`The server ended at its start: ${said}`));
      });
    });
    return new ServerProcess(child, ended, url, () => said);
  }

  /** kill -9: nothing is flushed, nothing is closed. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Stops or continues it as a terminal does. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(name);
  }

  /** kill -9 for everything that it has started too, the embedded PostgreSQL among it. */
  async killGroup(): Promise<void> {
    process.kill(-this.pid, 'SIGKILL');
    await this.ended;
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}
