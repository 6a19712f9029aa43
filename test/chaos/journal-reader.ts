import { Client } from 'pg';
import type { Connection } from '../../src/database/connection.js';
import type { JournalEvent } from '../../src/engine/journal/events.js';

/** One row of the journal as it is stored. */
interface Chunk {
  execution_id: string;
  first_seq: number;
  last_seq: number;
  events: string;
}

/** An execution as the tables have it. */
export interface StoredExecution {
  id: string;
  workflowId: string;
  status: string;
  owner: string | null;
  events: JournalEvent[];
}

/** Looks into the server's own tables, past the server. */
export class JournalReader {
  private constructor(private readonly client: Client) {}

  static async open(connection: Connection): Promise<JournalReader> {
    const client = new Client(connection);
    await client.connect();
    return new JournalReader(client);
  }

  /** What has not ended. */
  async unended(): Promise<{ id: string; status: string }[]> {
    const { rows } = await this.client.query<{ id: string; status: string }>(
      'SELECT id, status FROM executions WHERE ended_at IS NULL ORDER BY id',
    );
    return rows;
  }

  /**
   * Everything that is stored of all executions.
   * @throws Error when a journal has a gap or a chunk twice
   */
  async all(): Promise<StoredExecution[]> {
    const { rows } = await this.client.query<Omit<StoredExecution, 'events'>>(
      'SELECT id, workflow_id AS "workflowId", status, owner FROM executions ORDER BY id',
    );
    const { rows: chunks } = await this.client.query<Chunk>(
      'SELECT execution_id, first_seq, last_seq, events FROM execution_events ORDER BY execution_id, first_seq',
    );
    const journals = new Map<string, JournalEvent[]>();
    for (const { execution_id: id, first_seq: first, last_seq: last, events: text } of chunks) {
      const journal = journals.get(id) ?? [];
      journals.set(id, journal);
      const events = JSON.parse(text) as JournalEvent[];
      if (Number(first) !== journal.length + 1 || Number(last) !== journal.length + events.length) {
        throw new Error(
          `${id}: a chunk from ${first} to ${last} with ${events.length} events follows ${journal.length}`,
        );
      }
      journal.push(...events);
    }
    return rows.map((row) => ({ ...row, events: journals.get(row.id) ?? [] }));
  }

  /** How many executions a process drives, by its pid; 0 once they are all in other hands. */
  async owned(pid: number): Promise<number> {
    const { rows } = await this.client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM executions e JOIN instances i ON i.id = e.owner WHERE i.pid = $1`,
      [pid],
    );
    return rows[0]?.count ?? 0;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
