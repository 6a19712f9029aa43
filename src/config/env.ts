import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';

/** The graveness from which a line is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MIB = 1024 * 1024;

/** The server's settings. A class, so that Nest injects it by its name; made by {@link loadConfig} alone. */
export class Config {
  /** TCP port of the HTTP API; 0: a free one. */
  readonly port!: number;
  /** Address that the server listens on. */
  readonly host!: string;
  /** PostgreSQL to use; absent: the server starts its own below `dataDir`. */
  readonly databaseUrl?: string;
  /** Absolute path of the folder with everything that the server keeps on disk. */
  readonly dataDir!: string;
  readonly logLevel!: LogLevel;
  /** Bearer token that `/api/*` and `/metrics` want; absent: local mode. */
  readonly apiToken?: string;
  /** Allows other than loopback clients without a token. */
  readonly allowAnonymous!: boolean;
  /** Host names beside the loopback ones under which the local mode may be called, lower case, without port. */
  readonly allowedHosts!: readonly string[];
  /** Origins of other sites whose pages may call the API. */
  readonly corsOrigins!: readonly string[];
  /** Largest body of a request in bytes (import has its own limit). */
  readonly bodyLimit!: number;
  /** Pause between two heartbeats of an instance, in ms. */
  readonly heartbeatMs!: number;
  /** Silence after which an instance counts as dead, in ms; at least 2 × heartbeat + 2000. */
  readonly leaseMs!: number;
  /** How long running nodes and requests may go on after SIGTERM, in ms. */
  readonly shutdownGraceMs!: number;
  /** How long an aborted node may take to end, in ms. */
  readonly cancelGraceMs!: number;
  /** Executions in memory at once; the others wait in the table. */
  readonly maxActiveExecutions!: number;
  /** Bytes that may wait to be committed. */
  readonly queueLimit!: number;
  /** Batches that may be under way at once. */
  readonly journalLanes!: number;
  /** Pause between two samples of the executions that run, in ms. */
  readonly metricsIntervalMs!: number;
  /** For how long a client of the feed may be away and still get what it missed, but for the last minute of it; in ms. */
  readonly feedRetentionMs!: number;
  /** Absolute path of the folder that file-read and file-write nodes may use; shared by all instances. */
  readonly filesDir!: string;
  /** Absolute path of a folder with node types of one's own; absent: none. */
  readonly nodeTypesDir?: string;
  /** URLs of the databases that database nodes may use, by the name of the environment variable that holds each. */
  readonly databaseConnections!: ReadonlyMap<string, string>;
  /** Days after its end for which an execution is kept, by how it ended; absent: for ever. */
  readonly retentionDays!: Readonly<Partial<Record<EndedStatus, number>>>;
}

const ENDED_STATUSES = ['completed', 'failed', 'cancelled'] as const;
type EndedStatus = (typeof ENDED_STATUSES)[number];

/** The settings cannot be used; the message has one line a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable after the other and gathers what is wrong with them. */
class Reader {
  readonly problems: string[] = [];

  constructor(private readonly env: Environment) {}

  /** An empty variable counts as unset, as Compose and shells pass it. */
  text(name: string): string | undefined {
    const value = this.env[name]?.trim();
    return value === '' ? undefined : value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    this.refuse(name, `an integer from ${min} to ${max}`, value);
    return fallback;
  }

  flag(name: string): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value !== undefined && value !== 'true' && value !== 'false') this.refuse(name, 'true or false', value);
    return value === 'true';
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name);
    const found = value === undefined ? fallback : choices.find((choice) => choice === value);
    if (found === undefined) this.refuse(name, `one of ${choices.join(', ')}`, value);
    return found ?? fallback;
  }

  list(name: string): string[] {
    const items = this.text(name)?.split(',') ?? [];
    return items.map((item) => item.trim()).filter((item) => item !== '');
  }

  refuse(name: string, expected: string, came: string | undefined): void {
    this.problems.push(`${name}: expected ${expected}, got ${came === undefined ? 'nothing' : JSON.stringify(came)}`);
  }
}

/**
 * Makes the settings from the environment's variables; reads nothing else.
 * @throws ConfigError that names every variable that is wrong
 */
export function loadConfig(env: Environment): Config {
  const read = new Reader(env);
  const heartbeatMs = read.integer('HEARTBEAT_MS', 2000, 50, 600_000);
  const dataDir = resolve(read.text('DATA_DIR') ?? '.data');
  const config: Config = {
    port: read.integer('PORT', 3000, 0, 65_535),
    host: read.text('HOST') ?? '127.0.0.1',
    databaseUrl: databaseUrl(read),
    dataDir,
    logLevel: read.choice('LOG_LEVEL', LOG_LEVELS, 'info'),
    apiToken: read.text('API_TOKEN'),
    allowAnonymous: read.flag('ALLOW_ANONYMOUS'),
    allowedHosts: read.list('ALLOWED_HOSTS').map((host) => host.toLowerCase()),
    corsOrigins: corsOrigins(read),
    bodyLimit: read.integer('BODY_LIMIT', 16 * MIB, 1024, 512 * MIB),
    heartbeatMs,
    leaseMs: read.integer('LEASE_MS', 10_000, 1, 3_600_000),
    shutdownGraceMs: read.integer('SHUTDOWN_GRACE_MS', 10_000, 0, 3_600_000),
    cancelGraceMs: read.integer('CANCEL_GRACE_MS', 5000, 0, 3_600_000),
    maxActiveExecutions: read.integer('MAX_ACTIVE_EXECUTIONS', 1000, 1, 1_000_000),
    queueLimit: read.integer('QUEUE_LIMIT', 64 * MIB, MIB, 4096 * MIB),
    journalLanes: read.integer('JOURNAL_LANES', 1, 1, 16),
    metricsIntervalMs: read.integer('METRICS_INTERVAL_MS', 5000, 100, 3_600_000),
    feedRetentionMs: read.integer('FEED_RETENTION_MS', 3_600_000, 1000, 7 * 86_400_000),
    filesDir: resolve(read.text('FILES_DIR') ?? join(dataDir, 'files')),
    nodeTypesDir: optionalPath(read.text('NODE_TYPES_DIR')),
    databaseConnections: databaseConnections(read),
    retentionDays: retentionDays(read),
  };
  const shortestLease = 2 * config.heartbeatMs + 2000;
  if (config.leaseMs < shortestLease) {
    const expected = `at least ${shortestLease} (2 × HEARTBEAT_MS + 2000), or an instance that lives would be taken for dead`;
    read.refuse('LEASE_MS', expected, String(config.leaseMs));
  }
  if (!isLoopback(config.host) && config.apiToken === undefined && !config.allowAnonymous) {
    const expected =
      'a loopback address (127.0.0.1, ::1, localhost), because without API_TOKEN anybody who reaches the port could run ' +
      'workflows; set API_TOKEN, or ALLOW_ANONYMOUS=true if that is what you want';
    read.refuse('HOST', expected, config.host);
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

/** The variables of this process, with those of a `.env` file in the working directory behind them. */
export function readEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** True for a name or an address that only this machine can reach; IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) === 4) return name.startsWith('127.');
  return name === '::1' || name === 'localhost';
}

function databaseUrl(read: Reader): string | undefined {
  const value = read.text('DATABASE_URL');
  if (value === undefined || isPostgresUrl(value)) return value;
  // The value itself may hold a password, so it is not shown.
  read.problems.push(`DATABASE_URL: expected ${POSTGRES_URL}, got something else`);
  return undefined;
}

const POSTGRES_URL = 'postgresql://user:password@host:port/database';

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && ['postgres:', 'postgresql:'].includes(new URL(value).protocol);
}

function databaseConnections(read: Reader): Map<string, string> {
  const urls = new Map<string, string>();
  for (const name of read.list('DATABASE_CONNECTIONS')) {
    const url = read.text(name);
    if (url !== undefined && isPostgresUrl(url)) urls.set(name, url);
    else
      read.problems.push(
        `${name} (named in DATABASE_CONNECTIONS): expected ${POSTGRES_URL}, got ${url ? 'something else' : 'nothing'}`,
      );
  }
  return urls;
}

/** RETENTION_DAYS counts for every end that has no setting of its own. */
function retentionDays(read: Reader): Partial<Record<EndedStatus, number>> {
  const days = (name: string) => (read.text(name) === undefined ? undefined : read.integer(name, 0, 0, 36_500));
  const general = days('RETENTION_DAYS');
  return Object.fromEntries(
    ENDED_STATUSES.map((status) => [status, days(`RETENTION_DAYS_${status.toUpperCase()}`) ?? general]),
  );
}

function optionalPath(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

function corsOrigins(read: Reader): string[] {
  return read.list('CORS_ORIGINS').filter((origin) => {
    const valid = URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase();
    if (!valid) read.refuse('CORS_ORIGINS', 'origins like https://tools.example.com, separated by commas', origin);
    return valid;
  });
}
