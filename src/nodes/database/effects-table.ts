import { NodeError } from '../../engine/errors.js';
import type { JsonObject } from '../../engine/json.js';
import type { DatabaseConnection } from './database-connections.js';
import type { TimeLimit } from './time-limit.js';
import { transact, type Transaction } from './transaction.js';

/**
 * What nodes with `exactlyOnce` have done in a database, by idempotency key. A node's rows are written in the transaction
 * of its statements, so one is there exactly when the other is.
 */
const CREATE = `CREATE TABLE IF NOT EXISTS retrace_effects (
  key text PRIMARY KEY,
  outputs text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
)`;

/** Two that make the table at once: the later one fails on the catalogue, or on the table. */
const MADE_ALREADY = new Set(['SQL_23505', 'SQL_42P07', 'SQL_42710']);

/** Whoever works under the key, or asks for it, waits until nobody else does; the lock ends with the transaction. */
const LOCK = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';

/** With its schema, because a statement may set another search path. */
const FIND_TABLE = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = to_regclass('retrace_effects')`;

/** The place of a key's effect, held until the transaction ends. */
export class EffectRecord {
  private constructor(
    private readonly transaction: Transaction,
    private readonly table: string,
    private readonly key: string,
  ) {}

  /** Waits for everybody else who has the key; undefined when the database has no such table yet. */
  static async lock(transaction: Transaction, key: string): Promise<EffectRecord | undefined> {
    await transaction.query(LOCK, [key]);
    const [table] = await transaction.query<{ name: string }>(FIND_TABLE);
    return table && new EffectRecord(transaction, table.name, key);
  }

  /** What the effect gave when it happened. */
  async find(): Promise<JsonObject | undefined> {
    const sql = `SELECT outputs FROM ${this.table} WHERE key = $1`;
    const [row] = await this.transaction.query<{ outputs: string }>(sql, [this.key]);
    return row && (JSON.parse(row.outputs) as JsonObject);
  }

  /** It happens with this transaction's commit. */
  async keep(outputs: JsonObject): Promise<void> {
    const sql = `INSERT INTO ${this.table} (key, outputs) VALUES ($1, $2)`;
    await this.transaction.query(sql, [this.key, JSON.stringify(outputs)]);
  }
}

/** Makes the table, unless somebody else does so at the same time. */
export async function createEffectsTable(connection: DatabaseConnection, limit: TimeLimit): Promise<void> {
  try {
    await transact(connection, limit, async (transaction) => {
      await transaction.query(CREATE);
      return { result: undefined, wrote: false };
    });
  } catch (error) {
    if (!(error instanceof NodeError) || !MADE_ALREADY.has(error.code)) throw error;
  }
}
