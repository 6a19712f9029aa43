import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { WorkflowStatus } from '../engine/definition/workflow-definition.js';
import { Database } from './database.js';

/** What an execution's creation needs of its workflow. */
export interface WorkflowHead {
  id: string;
  name: string;
  status: WorkflowStatus;
  /** The current revision. */
  revision: number;
}

/** Workflows as they stand now, looked up for every new execution: requests of one turn share one query. */
@Injectable()
export class WorkflowHeadRepository {
  private readonly pool: Pool;
  private asked: Promise<Map<string, WorkflowHead>> | undefined;
  private ids = new Set<string>();

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** Undefined when there is no such workflow, or it was deleted. */
  async find(id: string): Promise<WorkflowHead | undefined> {
    // PostgreSQL would refuse the query, and with it those of the others.
    if (id.includes('\0')) return undefined;
    this.ids.add(id);
    this.asked ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        const ids = [...this.ids];
        this.ids = new Set();
        this.asked = undefined;
        this.query(ids).then(resolve, reject);
      });
    });
    return (await this.asked).get(id);
  }

  private async query(ids: string[]): Promise<Map<string, WorkflowHead>> {
    const { rows } = await this.pool.query<WorkflowHead>({
      name: 'workflow_heads',
      text: 'SELECT id, name, status, revision FROM workflows WHERE id = ANY($1) AND deleted_at IS NULL',
      values: [ids],
    });
    return new Map(rows.map((row) => [row.id, row]));
  }
}
