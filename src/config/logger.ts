import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { ConfigError, type LogLevel } from './env.js';
import { currentContext } from './request-context.js';

/** Fields that are never written, wherever a caller puts them in an object that it logs. */
const SECRETS = ['authorization', 'cookie', 'password', 'token', 'apiToken', 'databaseUrl', 'connectionString'];

/**
 * Where the server's own events go: one JSON line each, with the ids of the request and the execution.
 * It is pino's logger under a name that Nest can inject.
 */
export abstract class Log {
  declare abstract readonly debug: PinoLogger['debug'];
  declare abstract readonly info: PinoLogger['info'];
  declare abstract readonly warn: PinoLogger['warn'];
  declare abstract readonly error: PinoLogger['error'];
  declare abstract readonly fatal: PinoLogger['fatal'];
  declare abstract readonly isLevelEnabled: PinoLogger['isLevelEnabled'];
}

/**
 * Makes the one logger of the process.
 * @param destination for tests; otherwise standard output
 */
export function createLog(level: LogLevel, destination?: DestinationStream): PinoLogger {
  return pino(
    {
      level,
      base: undefined,
      mixin: () => ({ ...currentContext() }),
      redact: {
        paths: SECRETS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]),
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ sync: false }),
  );
}

/** Nest's own lines, in the same log. Nest passes the name of the class that logs as the last argument, a stack before it. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  /** What Nest tells at the start (routes, modules) is of no use to an operator. */
  log(message: unknown, ...rest: unknown[]): void {
    this.target.debug(fields(rest), text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn(fields(rest), text(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    // It ends the start, and whoever started it is told in plain words.
    if (message instanceof ConfigError) return;
    this.target.error(message instanceof Error ? { ...fields(rest), err: message } : fields(rest), text(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.target.fatal(fields(rest), text(message));
  }
}

function fields(rest: unknown[]): Record<string, unknown> {
  return { context: rest.at(-1), stack: rest.length > 1 ? rest[0] : undefined };
}

function text(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
