import { DatabaseError, type PoolClient, type QueryResultRow } from 'pg';
import { NodeError } from '../../engine/errors.js';
import type { JsonValue } from '../../engine/json.js';
import { bounded, type DatabaseConnection, renewSession } from './database-connections.js';
import { runStatement, type StatementResult } from './run-statement.js';
import { connectionError, sqlError } from './sql-error.js';
import type { Statement } from './statement.js';
import type { TimeLimit } from './time-limit.js';

/** How long the answer to a COMMIT that was sent is awaited once the node's time is up. */
const COMMIT_ANSWER_MS = 2000;

/** An instance that stands still between two statements holds its locks no longer than this. */
const IDLE_MS = 60_000;

/** What the work in a transaction came to. Without `wrote` nothing is lost when the answer to COMMIT is. */
export interface TransactionResult<T> {
  result: T;
  wrote: boolean;
}

/**
 * Works in a transaction on a connection of the pool, and commits it.
 * @throws NodeError with effect none (DEADLOCK, TIMEOUT, CONNECTION_ERROR, SQL_<state>, or the work's own) when surely
 * nothing was committed; OUTCOME_UNKNOWN when COMMIT was sent and its answer did not come
 */
export async function transact<T>(
  connection: DatabaseConnection,
  limit: TimeLimit,
  work: (transaction: Transaction) => Promise<TransactionResult<T>>,
): Promise<T> {
  const client = await acquire(connection, limit.signal);
  const transaction = new Transaction(connection, client, limit);
  try {
    await transaction.begin();
    const { result, wrote } = await work(transaction);
    await transaction.commit(wrote);
    return result;
  } catch (error) {
    throw await transaction.failed(error);
  } finally {
    transaction.end();
  }
}

/** A transaction under way. */
export class Transaction {
  /** COMMIT was sent for something written: breaking off would leave the outcome unknown. */
  private isCommitting = false;
  private isDiscarded = false;
  private lastWait: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: DatabaseConnection,
    private readonly client: PoolClient,
    private readonly limit: TimeLimit,
  ) {
    limit.signal.addEventListener('abort', this.onAbort);
  }

  /** The settings take no snapshot, so that the first statement may still choose the isolation level. */
  async begin(): Promise<void> {
    this.limit.signal.throwIfAborted();
    const { remainingMs } = this.limit;
    const timeout = remainingMs < Infinity ? `SET LOCAL statement_timeout = ${remainingMs}` : '';
    await this.client.query(
      `BEGIN; SET LOCAL datestyle = 'ISO'; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS}; ${timeout}`,
    );
  }

  /** Runs a statement of the node's. */
  run(statement: Statement): Promise<StatementResult> {
    return runStatement(this.connection, this.client, statement);
  }

  /** Runs a statement of ours. */
  async query<R extends QueryResultRow>(text: string, values: JsonValue[] = []): Promise<R[]> {
    return (await this.client.query<R>(text, values)).rows;
  }

  /** True when it has a transaction id, which the database gives to the first write: also one inside a function. */
  async hasWritten(): Promise<boolean> {
    const [row] = await this.query<{ wrote: boolean }>('SELECT txid_current_if_assigned() IS NOT NULL AS wrote');
    return row?.wrote === true;
  }

  async commit(wrote: boolean): Promise<void> {
    this.limit.signal.throwIfAborted();
    this.isCommitting = wrote;
    try {
      await this.client.query('COMMIT');
    } catch (error) {
      if (!wrote) throw error;
      // A session that goes on after an error has rolled back: a deferred constraint, a conflict.
      if (error instanceof DatabaseError && (await this.rollback())) throw sqlError(error);
      const reason = connectionError(error).message;
      throw new NodeError('OUTCOME_UNKNOWN', `Whether the transaction was committed is not known. ${reason}`);
    }
  }

  /** Rolls back, and gives the error that the node ends with. */
  async failed(error: unknown): Promise<NodeError> {
    const { signal } = this.limit;
    if (signal.aborted && !this.isCommitting) return signal.reason as NodeError;
    await this.rollback();
    return sqlError(error);
  }

  /** Gives the connection back. */
  end(): void {
    clearTimeout(this.lastWait);
    this.limit.signal.removeEventListener('abort', this.onAbort);
    void this.tidy();
  }

  /** False when the session is gone, which has the same effect unless COMMIT was sent. */
  private async rollback(): Promise<boolean> {
    try {
      await this.client.query(bounded('ROLLBACK'));
      return true;
    } catch {
      this.discard();
      return false;
    }
  }

  private async tidy(): Promise<void> {
    if (this.isDiscarded) return;
    try {
      await renewSession(this.client);
      this.client.release();
    } catch {
      this.discard();
    }
  }

  /** Closes the connection, whatever it is doing; the database rolls back what it was not told to commit. */
  private discard(): void {
    if (this.isDiscarded) return;
    this.isDiscarded = true;
    this.client.release(true);
  }

  private readonly onAbort = (): void => {
    if (this.isCommitting) this.lastWait = setTimeout(() => this.discard(), COMMIT_ANSWER_MS);
    else this.discard();
  };
}

/** A connection of the pool: a free one, or a new one. */
async function acquire({ pool }: DatabaseConnection, signal: AbortSignal): Promise<PoolClient> {
  signal.throwIfAborted();
  const connecting = pool.connect();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      reject(signal.reason as NodeError);
      connecting.then(
        (late) => late.release(),
        () => undefined,
      );
    };
    signal.addEventListener('abort', giveUp, { once: true });
    connecting
      .finally(() => signal.removeEventListener('abort', giveUp))
      .then(resolve, (error: unknown) => reject(connectionError(error)));
  });
}
