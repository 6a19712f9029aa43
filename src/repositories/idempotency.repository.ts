import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { Database } from './database.js';

/** The execution that was created with a key, and the hash of the body that came with it. */
export interface KeyedExecution {
  executionId: string;
  bodyHash: string;
}

/** Idempotency keys of executions: one name space a server, kept as long as their execution. */
@Injectable()
export class IdempotencyRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  async find(key: string): Promise<KeyedExecution | undefined> {
    const { rows } = await this.pool.query<KeyedExecution>({
      name: 'execution_by_key',
      text: 'SELECT id AS "executionId", body_hash AS "bodyHash" FROM executions WHERE idempotency_key = $1',
      values: [key],
    });
    return rows[0];
  }
}
