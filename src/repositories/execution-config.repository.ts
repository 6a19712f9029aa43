import { Injectable } from '@nestjs/common';
import type { ConfigChanges } from '../engine/definition/with-config.js';
import { Database } from './database.js';

/**
 * Configs that were corrected for single executions, whole: a node needs their secrets, which no journal may show. They are
 * what a revision is for documents, and go with their execution.
 */
@Injectable()
export class ExecutionConfigRepository {
  constructor(private readonly database: Database) {}

  /** Keeps it before the journal names it; the same id is kept once. */
  async keep(id: string, executionId: string, config: ConfigChanges): Promise<void> {
    await this.database.pool.query(
      `INSERT INTO execution_configs (id, execution_id, config) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
      [id, executionId, JSON.stringify(config)],
    );
  }

  /** No journal names it. */
  async forget(id: string): Promise<void> {
    await this.database.pool.query('DELETE FROM execution_configs WHERE id = $1', [id]);
  }

  /** Those of these ids that are kept. */
  async find(ids: readonly string[]): Promise<Map<string, ConfigChanges>> {
    const { rows } = await this.database.pool.query<{ id: string; config: string }>(
      'SELECT id, config FROM execution_configs WHERE id = ANY($1::text[])',
      [ids],
    );
    return new Map(rows.map(({ id, config }) => [id, JSON.parse(config) as ConfigChanges]));
  }
}
