import { DatabaseError } from 'pg';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import { connectionFailure } from '../connection-failure.js';

/** SQLSTATEs that have a name of ours. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CODES: Readonly<Record<string, string>> = {
  '40P01': 'DEADLOCK',
  // query_canceled, by the statement's limit; the session or its transaction was idle or open for too long.
  '57014': 'TIMEOUT',
  '25P03': 'TIMEOUT',
  '25P04': 'TIMEOUT',
};

/**
 * The session is gone: connection exceptions (08P01 is none: a wrong number of params), too many connections, and a
 * server that stops, starts or crashed.
 */
const CONNECTION_STATES = /^(08(?!P01)...|53300|57P0[1235])$/;

/**
 * What an error of a statement means for the node: DEADLOCK, TIMEOUT, CONNECTION_ERROR or SQL_<state>, all of them with
 * effect none, because COMMIT had not been sent. What a node throws itself stays as it is.
 */
export function sqlError(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  if (!(error instanceof DatabaseError)) return connectionError(error);
  const { code: state = 'XX000', message } = error;
  if (CONNECTION_STATES.test(state)) return connectionError(error);
  return new NodeError(CODES[state] ?? `SQL_${state}`, message, { effect: 'none', details: detailsOf(error, state) });
}

/** No connection could be made, or it broke before COMMIT was sent. */
export function connectionError(error: unknown): NodeError {
  const { message } = connectionFailure(error);
  return new NodeError('CONNECTION_ERROR', `The database cannot be reached: ${message}`, { effect: 'none' });
}

/** Without `detail` and `where`, which quote the data of rows. */
function detailsOf(error: DatabaseError, sqlState: string): JsonObject {
  const { schema, table, column, constraint, hint, position } = error;
  return { sqlState, schema, table, column, constraint, hint, position };
}
