import { ConfigError, loadConfig, readEnvironment } from './config/env.js';
import { createLog, type Log } from './config/logger.js';
import { type RunningServer, startServer } from './create-app.js';

/** Ctrl-C reaches a server under npm twice, once from the terminal and once from npm: that is one signal. */
const SAME_SIGNAL_MS = 500;

try {
  await main();
} catch (error) {
  // What is wrong with the settings or the machine is for a person to read; anything else needs its stack.
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof ConfigError ? `${sentence}\n` : `Retrace cannot start: ${sentence}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const config = loadConfig(readEnvironment());
  const log = createLog(config.logLevel);
  const starting = startServer(config, log);
  let endingSince: number | undefined;

  const end = (signal: string, code: number) => {
    if (endingSince !== undefined) {
      if (performance.now() - endingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    endingSince = performance.now();
    log.info({ signal }, 'stopping; the same signal again ends at once');
    // A start that fails is told of below.
    void starting.then(
      (server) => stop(server, log, code),
      () => undefined,
    );
  };
  process.on('SIGTERM', () => end('SIGTERM', 0));
  process.on('SIGINT', () => end('SIGINT', 0));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody caught: the server ends');
    end('uncaughtException', 1);
  });

  const server = await starting;
  if (endingSince !== undefined) return;
  announce(
    server,
    config.databaseUrl === undefined ? `embedded PostgreSQL in ${config.dataDir}` : masked(config.databaseUrl),
  );
}

async function stop(server: RunningServer, log: Log, code: number): Promise<never> {
  try {
    await server.close();
    log.info('stopped');
  } catch (error) {
    log.error({ err: error }, 'the end was not an orderly one');
    process.exit(1);
  }
  process.exit(code);
}

function announce({ url }: RunningServer, database: string): void {
  const lines = [`API:       ${url}/api/v2`, `API docs:  ${url}/docs`, `Database:  ${database}`];
  process.stdout.write(`\nRetrace runs.\n${lines.map((line) => `  ${line}\n`).join('')}\n`);
}

function masked(databaseUrl: string): string {
  const { protocol, hostname, port, pathname } = new URL(databaseUrl);
  return `${protocol}//${hostname}${port && `:${port}`}${pathname}`;
}
