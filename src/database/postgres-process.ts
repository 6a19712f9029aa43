import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, open, readFile, stat, truncate } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Connection } from './connection.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { DATABASE_USER, makeCluster, readPassword, USES_SOCKETS } from './postgres-cluster.js';
import { clearStalePid, isServerOf, readPostmasterPid } from './postmaster-pid.js';
import { chooseServerUser, SERVER_ENVIRONMENT, type ServerUser } from './server-user.js';
import { claimSocketFolder, makeSocketFolder, removeSocketFolder, SOCKET_PORT } from './socket-folder.js';

const START_MS = 60_000;
const CONNECT_MS = 2000;
const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 5000;
const LOOK_MS = 10;
const LARGEST_LOG = 4 * 1024 * 1024;

/** Nothing here gives durability up. Statements stay out of the log: they hold data of the workflows. */
const SETTINGS = {
  jit: 'off',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  shared_buffers: '256MB',
  log_checkpoints: 'off',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_timezone: 'UTC',
};

interface Endpoint {
  host: string;
  port: number;
}

/** The process of the embedded PostgreSQL: made, adopted, asked and ended. */
export class PostgresProcess {
  /** Absent for a server that an earlier run of ours has started. */
  private child?: ChildProcess;
  private pid = 0;
  private endpoint?: Endpoint;
  private password?: string;

  private constructor(
    private readonly dataDir: string,
    private readonly dataFolder: string,
    private readonly binaries: PostgresBinaries,
    private readonly user: ServerUser,
  ) {}

  /**
   * Makes the data folder if there is none.
   * @param dataDir absolute, without symbolic links, as the kernel will report it
   */
  static async prepare(dataDir: string): Promise<PostgresProcess> {
    const dataFolder = join(dataDir, 'postgres');
    const binaries = await findPostgresBinaries();
    const user = await chooseServerUser(dataDir, dataFolder, binaries.postgres);
    await makeCluster(dataFolder, user, binaries);
    return new PostgresProcess(dataDir, dataFolder, binaries, user);
  }

  /** To the database that every server has. */
  get connection(): Connection {
    return { ...this.endpoint, user: DATABASE_USER, password: this.password, database: 'postgres' };
  }

  /**
   * Resolves when the server takes queries: one that still runs is adopted, otherwise one is started.
   * @throws Error with the server's last words
   */
  async start(signal?: AbortSignal): Promise<void> {
    this.password = await readPassword(this.dataFolder);
    while (await this.adopt()) {
      if (await this.takesQueries(signal)) return;
      // It was about to end.
    }
    await clearStalePid(this.dataFolder, await readPostmasterPid(this.dataFolder));
    await this.boundLog();
    const words = await stat(this.logFile).catch(() => ({ size: 0 }));
    await this.spawn();
    if (await this.takesQueries(signal)) return;
    throw new Error(`PostgreSQL did not start: ${await this.lastWords(words.size)} (${this.logFile})`);
  }

  async isRunning(): Promise<boolean> {
    if (this.child) return this.child.exitCode === null && this.child.signalCode === null;
    return await isServerOf(this.pid, this.dataFolder);
  }

  /** Ends the sessions, writes everything down and ends. */
  async stop(): Promise<void> {
    if (await this.isRunning()) await this.end();
    if (USES_SOCKETS && this.endpoint) await removeSocketFolder(this.endpoint.host);
  }

  /** Keeps the file of the server's standard error below a few MiB; the server appends to it. */
  async boundLog(): Promise<void> {
    const log = await stat(this.logFile).catch(() => undefined);
    if (log === undefined || log.size < LARGEST_LOG) return;
    await copyFile(this.logFile, `${this.logFile}.1`);
    await truncate(this.logFile);
  }

  private get logFile(): string {
    return `${this.dataFolder}.log`;
  }

  private async adopt(): Promise<boolean> {
    const found = await readPostmasterPid(this.dataFolder);
    if (found === undefined || !(await isServerOf(found.pid, this.dataFolder))) return false;
    this.child = undefined;
    this.pid = found.pid;
    this.endpoint = { host: USES_SOCKETS ? found.socketFolder : found.address, port: found.port };
    if (!USES_SOCKETS) return true;
    // A socket that something has swept away does not come back while the server runs.
    const hasSocket = access(join(found.socketFolder, `.s.PGSQL.${found.port}`));
    await hasSocket.catch(async () => await this.end());
    return true;
  }

  private async spawn(): Promise<void> {
    if (this.endpoint && USES_SOCKETS) await claimSocketFolder(this.endpoint.host, this.user.ids);
    this.endpoint ??= USES_SOCKETS
      ? { host: await makeSocketFolder(this.dataDir, this.user.ids), port: SOCKET_PORT }
      : { host: '127.0.0.1', port: await freePort() };
    const settings = {
      ...SETTINGS,
      port: this.endpoint.port,
      listen_addresses: USES_SOCKETS ? '' : this.endpoint.host,
      unix_socket_directories: USES_SOCKETS ? `"${this.endpoint.host.replaceAll('"', '""')}"` : '',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [file, ...args] = [...this.user.prefix, this.binaries.postgres, '-D', this.dataFolder, ...options];
    const log = await open(this.logFile, 'a', 0o600);
    try {
      this.child = spawn(file as string, args, {
        ...this.user.ids,
        env: SERVER_ENVIRONMENT,
        cwd: this.dataDir,
        // A group of its own: Ctrl-C in the terminal is for us, and we end it after our last write.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      });
      await once(this.child, 'spawn');
      this.child.unref();
      this.pid = this.child.pid as number;
    } finally {
      await log.close();
    }
  }

  /** False when the server has ended instead. */
  private async takesQueries(signal?: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const problem = await this.tryQuery();
      if (problem === undefined) return true;
      if (!(await this.isRunning())) return false;
      signal?.throwIfAborted();
      if (Date.now() > deadline) throw new Error(`PostgreSQL takes no queries: ${problem.message}`);
      await delay(LOOK_MS);
    }
  }

  private async tryQuery(): Promise<Error | undefined> {
    const client = new Client({ ...this.connection, connectionTimeoutMillis: CONNECT_MS, query_timeout: CONNECT_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one. */
  private async end(): Promise<void> {
    if (process.platform === 'win32') {
      await promisify(execFile)(this.binaries.pgCtl, ['stop', '-D', this.dataFolder, '-m', 'fast', '-w']);
      return;
    }
    process.kill(this.pid, 'SIGINT');
    if (await this.isGoneWithin(FAST_STOP_MS)) return;
    process.kill(this.pid, 'SIGQUIT');
    if (await this.isGoneWithin(IMMEDIATE_STOP_MS)) return;
    throw new Error(`PostgreSQL (process ${this.pid}) does not end.`);
  }

  private async isGoneWithin(ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    while (await this.isRunning()) {
      if (Date.now() > deadline) return false;
      await delay(LOOK_MS);
    }
    return true;
  }

  private async lastWords(from: number): Promise<string> {
    const log = await readFile(this.logFile);
    const lines = log.subarray(from).toString().trim().split('\n');
    return lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? '';
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
