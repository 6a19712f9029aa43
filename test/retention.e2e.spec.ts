import { jest } from '@jest/globals';
import { ServerState } from '../src/config/server-state.js';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { ExecutionHistory } from '../src/executions/execution-history.js';
import { Retention } from '../src/executions/retention.js';
import { loadConfig } from '../src/config/env.js';
import { createLog } from '../src/config/logger.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const DAY_MS = 86_400_000;

describe('retention', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ RETENTION_DAYS: '30', RETENTION_DAYS_FAILED: '365' });
    const workflows = {
      good: [{ id: 'in', type: 'input' }],
      bad: [{ id: 'no', type: 'fail', config: { message: 'No' }, retryPolicy: { maxRetries: 0 } }],
      napping: [{ id: 'nap', type: 'delay', config: { duration: 3_600_000 } }],
    };
    for (const [id, nodes] of Object.entries(workflows)) {
      expect((await server.call('POST', '/workflows', { id, name: id, nodes, edges: [] })).status).toBe(201);
    }
  });
  afterAll(() => server.close());

  /** One that ended so many days ago. */
  async function ended(workflowId: string, days: number): Promise<string> {
    const { body } = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId });
    const { id } = body.data;
    const sql = 'UPDATE executions SET ended_at = ended_at - $2::bigint WHERE id = $1 AND ended_at IS NOT NULL';
    expect((await server.database.pool.query(sql, [id, days * DAY_MS])).rowCount).toBe(1);
    return id;
  }

  async function left(ids: readonly string[]): Promise<number[]> {
    const statuses = await Promise.all(ids.map((id) => server.call('GET', `/executions/${id}`)));
    return statuses.map(({ status }) => status);
  }

  const sweep = () => server.app.get(Retention).sweep();

  it('deletes what ended before the days of its status, and nothing else', async () => {
    const cancelled = (await server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'napping' })).body.data
      .id;
    const ids = [
      await ended('good', 31),
      await ended('good', 29),
      await ended('bad', 31),
      await ended('bad', 366),
      cancelled,
    ];
    await sweep();
    expect(await left(ids)).toEqual([404, 200, 200, 404, 200]);

    await server.call('POST', `/executions/${cancelled}/cancel`);
    await server.database.pool.query('UPDATE executions SET ended_at = 0 WHERE id = $1', [cancelled]);
    await sweep();
    expect(await left([cancelled])).toEqual([404]);
  });

  it('leaves what it could not delete for next time', async () => {
    const id = await ended('good', 31);
    await server.database.pool.query('ALTER TABLE execution_logs RENAME TO away');
    await sweep();
    await server.database.pool.query('ALTER TABLE away RENAME TO execution_logs');
    expect(await left([id])).toEqual([200]);
    await sweep();
    expect(await left([id])).toEqual([404]);
  });

  it('may be swept by several at once', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => ended('good', 31)));
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await left(ids)).toEqual([404, 404, 404, 404, 404]);
  });
});

describe('the time of retention', () => {
  afterEach(() => jest.useRealTimers());

  /** How often each status was cleaned up. */
  function retention(settings: Record<string, string>) {
    const swept: string[] = [];
    const history = {
      cleanup: ({ status }: { status: string }) => {
        swept.push(status);
        return Promise.resolve({ deletedCount: 0, olderThanDays: 1 });
      },
    } as unknown as ExecutionHistory;
    const config = loadConfig({ DATA_DIR: '/nowhere', ...settings });
    return { swept, retention: new Retention(config, history, new ServerState(), createLog('silent')) };
  }

  it('is soon after the start, then every hour until the end', async () => {
    jest.useFakeTimers();
    const { swept, retention: service } = retention({ RETENTION_DAYS_FAILED: '7' });
    service.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(swept).toEqual(['failed']);
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(swept).toEqual(['failed', 'failed']);
    await service.beforeApplicationShutdown();
    await jest.advanceTimersByTimeAsync(10 * 3_600_000);
    expect(swept).toHaveLength(2);
  });

  it('never comes when everything is kept for ever', async () => {
    jest.useFakeTimers();
    const { swept, retention: service } = retention({});
    service.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(10 * 3_600_000);
    expect(swept).toEqual([]);
  });
});
