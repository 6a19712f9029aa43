import { NodeError } from '../../engine/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../engine/json.js';

/** One SQL statement with the values of its `$1`, `$2` …: JSON texts, numbers and so on as pg puts them. */
export interface Statement {
  sql: string;
  params: readonly JsonValue[];
}

/** Statements that begin, prepare or end a transaction, the node's own business; ROLLBACK TO a savepoint is none. */
const OF_TRANSACTION = /^(?:BEGIN|START|COMMIT|END|ABORT|PREPARE|ROLLBACK(?!\s+(?:(?:WORK|TRANSACTION)\s+)?TO\b))\b/i;

/** COPY from or to the client, which has no file. */
const COPY_WITH_CLIENT = /^COPY\b.*\b(?:STDIN|STDOUT)\b/is;

/**
 * The statements of a node's config, or of its compensation: those of `statements`, else the one of `sql` and `params`;
 * none when it has neither.
 * @throws NodeError INVALID_CONFIG for what cannot be sent
 */
export function statementsOf(config: JsonObject): Statement[] {
  const { sql, statements } = config;
  if (Array.isArray(statements)) {
    return statements.map((item, index) => statementOf(isJsonObject(item) ? item : {}, `statements.${index}.`));
  }
  return sql === undefined ? [] : [statementOf(config, '')];
}

function statementOf({ sql, params = [] }: JsonObject, path: string): Statement {
  if (typeof sql !== 'string') throw invalid(`${path}sql`, 'is no text');
  if (!Array.isArray(params)) throw invalid(`${path}params`, 'is no list');
  if (!isStorable(sql)) throw invalid(`${path}sql`, UNSTORABLE);
  const statement = sql.slice(startOf(sql));
  if (OF_TRANSACTION.test(statement))
    throw invalid(`${path}sql`, 'begins or ends a transaction; the node has one of its own');
  if (COPY_WITH_CLIENT.test(statement)) throw invalid(`${path}sql`, 'copies from or to a client; use INSERT or SELECT');
  const bad = params.findIndex((value) => !isStorable(value));
  if (bad >= 0) throw invalid(`${path}params.${bad}`, UNSTORABLE);
  return { sql, params };
}

/** With the u flag a surrogate is one that has no other half. */
const UNHELD = /[\0\p{Surrogate}]/u;
const UNSTORABLE = 'has U+0000 or half a surrogate pair in it, which PostgreSQL cannot hold';

/** Objects are sent as JSON text, which escapes both. */
function isStorable(value: JsonValue): boolean {
  if (typeof value === 'string') return !UNHELD.test(value);
  return !Array.isArray(value) || value.every(isStorable);
}

/**
 * Where the first word of a statement stands, after space, semicolons and comments, which may be nested.
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-COMMENTS
 */
function startOf(sql: string): number {
  let at = 0;
  for (;;) {
    if (sql.startsWith('--', at)) at = endOfLine(sql, at);
    else if (sql.startsWith('/*', at)) at = endOfComment(sql, at);
    else if (at < sql.length && ' \t\n\r\f\v;'.includes(sql.charAt(at))) at += 1;
    else return at;
  }
}

function endOfLine(sql: string, at: number): number {
  const length = sql.slice(at).search(/[\n\r]/);
  return length < 0 ? sql.length : at + length;
}

function endOfComment(sql: string, start: number): number {
  let depth = 0;
  for (const { 0: mark, index } of sql.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return start + index + 2;
  }
  return sql.length;
}

function invalid(path: string, message: string): NodeError {
  return new NodeError('INVALID_CONFIG', `${path} ${message}`, { effect: 'none' });
}
