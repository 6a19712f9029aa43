import { Pool } from 'pg';
import type { JournalEvent } from '../../src/engine/journal/events.js';
import type { Request } from './effect-service.js';

const CONNECTIONS = 4;

/** Looks at the journal at the very moment at which the world hears of something: it must be committed by then. */
export class CommitWitness {
  /** What was looked at. */
  count = 0;
  private readonly pool: Pool;
  private readonly problems: string[] = [];
  /** Requests so far, by execution, node and key. */
  private readonly requests = new Map<string, number>();

  /** @param url of the servers' database, reached directly */
  constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: CONNECTIONS });
    // PostgreSQL may be stopped before the last session has ended.
    this.pool.on('error', () => undefined);
  }

  /** A request has arrived: there are as many intents under its key as there are requests. */
  async request({ executionId, nodeId, key }: Request): Promise<void> {
    const place = `${executionId}/${nodeId}/${key}`;
    const requests = (this.requests.get(place) ?? 0) + 1;
    this.requests.set(place, requests);
    const intents = (await this.events(executionId)).filter(
      (event) => event.type === 'node:started' && event.nodeId === nodeId && event.key === key,
    );
    if (intents.length < requests) this.problem(place, `request ${requests} came after ${intents.length} intents`);
  }

  /** A 201 has arrived: its execution is there. */
  async accepted(executionId: string): Promise<void> {
    if ((await this.events(executionId))[0]?.type !== 'execution:created') {
      this.problem(executionId, 'was not committed when its 201 came');
    }
  }

  /** @throws Error that lists everything that was not committed in time */
  check(): void {
    if (this.problems.length > 0) throw new Error(this.problems.slice(0, 20).join('\n'));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async events(executionId: string): Promise<JournalEvent[]> {
    this.count += 1;
    const { rows } = await this.pool.query<{ events: string }>({
      name: 'events',
      text: 'SELECT events FROM execution_events WHERE execution_id = $1 ORDER BY first_seq',
      values: [executionId],
    });
    return rows.flatMap(({ events }) => JSON.parse(events) as JournalEvent[]);
  }

  private problem(place: string, what: string): void {
    this.problems.push(`${place}: ${what}`);
  }
}
