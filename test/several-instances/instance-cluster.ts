import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../../src/engine/journal/execution-record.js';
import type { JournalEvent } from '../../src/engine/journal/events.js';
import type { InstanceView } from '../../src/repositories/instance.repository.js';
import { ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Several servers, each a process of its own, on one database. */
export class InstanceCluster {
  readonly servers: ServerProcess[] = [];

  private constructor(
    readonly database: TestDatabase,
    private readonly settings: Record<string, string>,
  ) {}

  static async make(settings: Record<string, string>): Promise<InstanceCluster> {
    return new InstanceCluster(await createTestDatabase(), settings);
  }

  async start(): Promise<ServerProcess> {
    const server = await ServerProcess.start({ LOG_LEVEL: 'info', ...this.settings, DATABASE_URL: this.database.url });
    this.servers.push(server);
    return server;
  }

  async close(): Promise<void> {
    for (const server of this.servers) server.signal('SIGCONT');
    await Promise.all(this.servers.map((server) => server.kill()));
    await this.database.drop();
  }
}

/** Calls the API of one of them; gives the answer's `data`. */
export async function call<T>({ url }: ServerProcess, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/api/v2${path}`, {
    method,
    headers: body && { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { success: boolean; data: T; message: string };
  if (!answer.success) throw new Error(`${method} ${path}: ${answer.message}`);
  return answer.data;
}

/** Starts an execution; gives its id. */
export async function run(server: ServerProcess, workflowId: string, trigger: object = {}): Promise<string> {
  const { id } = await call<ExecutionRecord>(server, 'POST', '/executions', {
    workflowId,
    trigger: { type: 'api', data: trigger },
  });
  return id;
}

/** Waits until an execution has ended or is paused; gives its record. */
export async function settled(server: ServerProcess, id: string): Promise<ExecutionRecord> {
  for (;;) {
    const record = await call<ExecutionRecord>(server, 'GET', `/executions/${id}`);
    if (record.status !== 'pending' && record.status !== 'running') return record;
    await delay(100);
  }
}

export async function eventsOf(server: ServerProcess, id: string): Promise<(JournalEvent & { seq: number })[]> {
  const { events } = await call<{ events: { seq: number; data: JournalEvent }[] }>(
    server,
    'GET',
    `/executions/${id}/events?limit=1000`,
  );
  return events.map(({ seq, data, ...event }) => ({ ...event, ...data, seq }));
}

export async function instances(server: ServerProcess): Promise<InstanceView[]> {
  return (await call<{ instances: InstanceView[] }>(server, 'GET', '/instances')).instances;
}
