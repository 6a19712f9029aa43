import { EngineError } from '../engine/errors.js';

/** Errors of Node's sockets and of pg itself that mean: no connection, or it is lost. */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
const PG_MESSAGES =
  /(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** SQLSTATE: connection exception (class 08), too many connections, shutting down or starting up (57P01 to 57P03). */
const SQL_STATES = /^(08...|53300|57P0[123])$/;

/** SQLSTATE: the database has cut a statement off (`statement_timeout`). */
const QUERY_CANCELED = /^57014$/;

/** SQLSTATE: a transaction that is read-only, and class 53: no room on the disk, no memory, no connection left. */
const NO_WRITES = /^(25006|53...)$/;

/**
 * Prisma: cannot reach, timed out, closed, too many connections, no free connection or transaction in time.
 * @see https://www.prisma.io/docs/orm/reference/error-reference
 */
const PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);

/** True when an error of pg or Prisma means that the database cannot be reached now, and may be later. */
export function isDatabaseAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = codeOf(error);
  if (code !== undefined && (SQL_STATES.test(code) || PRISMA_CODES.has(code))) return true;
  if (code !== undefined && SOCKET_CODES.has(code) && isOfSocket(error)) return true;
  if ('message' in error && PG_MESSAGES.test(String(error.message))) return true;
  return isDatabaseAway(causeOf(error));
}

/** The error under which the caller of the API learns of one of the database's; undefined: it is none of these. */
export function codedDatabaseError(error: unknown): EngineError | undefined {
  if (isDatabaseAway(error)) {
    return new EngineError('SERVICE_UNAVAILABLE', 'The database cannot be reached at the moment');
  }
  if (hasState(error, NO_WRITES)) {
    return new EngineError('SERVICE_UNAVAILABLE', 'The database cannot be written to at the moment');
  }
  if (hasState(error, QUERY_CANCELED))
    return new EngineError('SERVICE_UNAVAILABLE', 'The database took too long over it');
  return undefined;
}

/** True when a row with this key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = codeOf(error);
  return code === '23505' || code === 'P2002' || isUniqueViolation(causeOf(error));
}

/** True when the error, or what is behind it, has such an SQLSTATE. */
function hasState(error: unknown, states: RegExp): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return states.test(codeOf(error) ?? '') || hasState(causeOf(error), states);
}

/** Files have errors of the same codes, but other calls. Prisma keeps the code alone. */
function isOfSocket(error: object): boolean {
  if ('name' in error && error.name === 'PrismaClientKnownRequestError') return true;
  return 'syscall' in error && ['connect', 'read', 'write', 'getaddrinfo'].includes(String(error.syscall));
}

/** Prisma hides the error of the driver in its `meta`. */
function causeOf(error: object): unknown {
  if ('cause' in error && error.cause !== undefined) return error.cause;
  const meta = 'meta' in error ? (error.meta as { driverAdapterError?: { cause?: unknown } } | undefined) : undefined;
  return meta?.driverAdapterError?.cause;
}

function codeOf(error: object): string | undefined {
  const code: unknown = 'code' in error ? error.code : 'errorCode' in error ? error.errorCode : undefined;
  return typeof code === 'string' ? code : undefined;
}
