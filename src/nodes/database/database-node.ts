import { plainOutput } from '../../engine/driving/plain-output.js';
import { NodeError } from '../../engine/errors.js';
import { isJsonObject, type JsonObject } from '../../engine/json.js';
import type { NodeContext, NodeType, ProbeResult } from '../../engine/ports.js';
import type { DatabaseConnection, DatabaseConnections } from './database-connections.js';
import { createEffectsTable, EffectRecord } from './effects-table.js';
import { type Statement, statementsOf } from './statement.js';
import { TimeLimit } from './time-limit.js';
import { transact, type Transaction, type TransactionResult } from './transaction.js';

const DEFAULT_TIMEOUT_MS = 30_000;

/** As much of the compensating statements as their description says. */
const MAX_DESCRIPTION = 300;

/** A probe waits so long for an attempt that may still be under way in the database. */
const PROBE_MS = 10_000;

const statementProperties: JsonObject = {
  sql: {
    type: 'string',
    minLength: 1,
    'x-template': false,
    'x-no-template': 'use params',
    description: 'One SQL statement with $1, $2 … for the params. It cannot begin or end a transaction.',
  },
  params: {
    type: 'array',
    maxItems: 65_535,
    description:
      'The values of $1, $2 …: null, texts, numbers and booleans as they are, a list as a PostgreSQL array, an object as ' +
      'JSON text. A list for a json column must be made a text by $string().',
  },
};

/** Either `sql` with `params`, or `statements`. */
const statementsSchema: JsonObject = {
  properties: {
    ...statementProperties,
    statements: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      'x-no-template': 'write the statements out and use params',
      items: {
        type: 'object',
        'x-no-template': 'write the statement out and use params',
        properties: statementProperties,
        required: ['sql'],
        additionalProperties: false,
      },
      description: 'Several statements in one transaction.',
    },
  },
  oneOf: [{ required: ['sql'] }, { required: ['statements'] }],
  dependentRequired: { params: ['sql'] },
};

/** Runs SQL in the databases that DATABASE_CONNECTIONS lists. */
export function createDatabaseNode(connections: DatabaseConnections): NodeType {
  return {
    type: 'database',
    name: 'Database',
    category: 'integration',
    description:
      'Runs SQL in one transaction of a PostgreSQL database; gives the rows of the last statement, how many it was about, ' +
      'and whether anything was written.',
    version: '1.0.0',
    icon: 'database',
    effect: 'external',
    onInterrupted: ({ exactlyOnce }) => (exactlyOnce === true ? 'probe' : 'ask'),
    answersAbort: true,
    timeout: DEFAULT_TIMEOUT_MS,
    retry: {
      maxRetries: 2,
      backoff: 'exponential',
      initialDelay: 500,
      maxDelay: 5000,
      retryableErrors: ['DEADLOCK', 'TIMEOUT', 'CONNECTION_ERROR'],
    },
    outputNames: ['rows', 'rowCount', 'committed'],
    configSchema: {
      type: 'object',
      ...statementsSchema,
      properties: {
        connection: {
          type: 'string',
          minLength: 1,
          description: 'The name of an environment variable that DATABASE_CONNECTIONS lists.',
        },
        ...(statementsSchema.properties as JsonObject),
        timeout: {
          type: 'integer',
          minimum: 1,
          maximum: 2_147_483_647,
          description:
            'ms for all of it, the wait for a connection included; 30000 when neither this nor the node has one.',
        },
        exactlyOnce: {
          type: 'boolean',
          'x-template': false,
          description:
            'Writes the idempotency key and the outputs to the table retrace_effects of that database (key text primary ' +
            'key, outputs text, created_at timestamptz; made when it is not there) in the same transaction, so that a ' +
            'repeat gives the first result instead of acting again.',
        },
      },
      required: ['connection'],
      additionalProperties: false,
    },
    rollbackSchema: { type: 'object', ...statementsSchema, additionalProperties: false },
    describeRollback: describe,
    execute: async (context) => ({ outputs: await act(connections, context, statementsOf(context.config)) }),
    async rollback(context) {
      const statements = statementsOf(context.rollback);
      if (statements.length > 0) await act(connections, context, statements);
      else if (context.outputs?.committed !== false) {
        throw new NodeError('INVALID_CONFIG', 'There is no compensating sql', { effect: 'none' });
      }
    },
    probe: (context) => probe(connections, context),
  };
}

function connectionOf(connections: DatabaseConnections, { connection }: JsonObject): DatabaseConnection {
  return connections.get(typeof connection === 'string' ? connection : '');
}

/** The statements on one line, as far as they are not too long. */
function describe({ sql, statements }: JsonObject): string {
  const all = Array.isArray(statements) ? statements.map((item) => (isJsonObject(item) ? item.sql : item)) : [sql];
  return all
    .filter((text) => typeof text === 'string')
    .join('; ')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_DESCRIPTION);
}

/** Runs the statements in one transaction; under `exactlyOnce` only when they have not been committed before. */
async function act(
  connections: DatabaseConnections,
  { config, signal, idempotencyKey }: NodeContext,
  statements: Statement[],
): Promise<JsonObject> {
  const connection = connectionOf(connections, config);
  const limit = new TimeLimit(signal, typeof config.timeout === 'number' ? config.timeout : undefined);
  try {
    if (config.exactlyOnce !== true) {
      return await transact(connection, limit, (transaction) => runAll(transaction, statements));
    }
    for (;;) {
      const work = (transaction: Transaction) => runOnce(transaction, statements, idempotencyKey);
      const outputs = await transact(connection, limit, work);
      if (outputs) return outputs;
      await createEffectsTable(connection, limit);
    }
  } finally {
    limit.close();
  }
}

async function runAll(transaction: Transaction, statements: Statement[]): Promise<TransactionResult<JsonObject>> {
  let last: JsonObject = {};
  for (const statement of statements) last = { ...(await transaction.run(statement)) };
  const committed = await transaction.hasWritten();
  return { result: storable({ ...last, committed }), wrote: committed };
}

/** Undefined when there is no place yet to keep it. */
async function runOnce(
  transaction: Transaction,
  statements: Statement[],
  key: string,
): Promise<TransactionResult<JsonObject | undefined>> {
  const record = await EffectRecord.lock(transaction, key);
  const first = await record?.find();
  if (!record || first) return { result: first, wrote: false };
  const { result } = await runAll(transaction, statements);
  await record.keep(result);
  return { result, wrote: true };
}

/** What the engine could not keep must not be committed. */
function storable(outputs: JsonObject): JsonObject {
  try {
    return plainOutput({ outputs }).outputs;
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    throw new NodeError(error.code, error.message, { effect: 'none' });
  }
}

/** Waits until no attempt under the key is under way any more; what cannot be found out is unknown. */
async function probe(
  connections: DatabaseConnections,
  { config, signal, idempotencyKey }: NodeContext,
): Promise<ProbeResult> {
  if (config.exactlyOnce !== true) return { happened: 'unknown' };
  const limit = new TimeLimit(signal, PROBE_MS);
  try {
    const connection = connectionOf(connections, config);
    const outputs = await transact(connection, limit, async (transaction) => {
      const record = await EffectRecord.lock(transaction, idempotencyKey);
      return { result: await record?.find(), wrote: false };
    });
    return outputs ? { happened: true, outputs } : { happened: false };
  } catch {
    return { happened: 'unknown' };
  } finally {
    limit.close();
  }
}
