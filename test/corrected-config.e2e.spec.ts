import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestInstances, type TestInstances, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

const SECRET = 'hush-4711';

let instances: TestInstances;
let service: HttpService;
let isRefused = true;

beforeAll(async () => {
  service = await startHttpService(({ method, headers }, response) => {
    const isAllowed = !isRefused && headers.authorization === `Bearer ${SECRET}`;
    answerJson(response, method === 'DELETE' || isAllowed ? 200 : 401, {});
  });
  instances = await startTestInstances(1, { SHUTDOWN_GRACE_MS: '100' });
});
afterAll(async () => {
  await instances.close();
  await service.close();
});

const server = () => instances.servers[0] as TestServer;
const ask = async <T>(method: string, path: string, body?: object) =>
  (await server().call<T>(method, path, body)).body.data;
const record = (id: string) => ask<ExecutionRecord>('GET', `/executions/${id}`);

/** Of the tables of executions, as text, all rows of this one. */
async function rowsOf(name: string, id: string): Promise<string> {
  const column = name === 'executions' ? 'id' : 'execution_id';
  const { rows } = await server().database.pool.query(`SELECT * FROM ${name} WHERE ${column} = $1`, [id]);
  return rows.length === 0 ? '' : JSON.stringify(rows);
}

test('a secret that corrects a config reaches the node, also after a restart, but neither journal, nor log, nor answers', async () => {
  const node = {
    id: 'call',
    type: 'external-api',
    config: { method: 'POST', url: service.url, headers: { accept: 'text/plain' } },
    rollback: { method: 'DELETE', url: service.url, headers: { authorization: '{{ config.headers.authorization }}' } },
    retryPolicy: { maxRetries: 0 },
  };
  const settings = { verboseLogging: true };
  await ask('POST', '/workflows', { id: 'call', name: 'Call', nodes: [node], edges: [], settings });
  const { id } = await ask<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId: 'call' });

  const correct = (config: object) => ask('POST', `/executions/${id}/resume`, { config: { call: config } });
  await correct({ headers: { authorization: `Bearer ${SECRET}` }, url: `${service.url}/corrected` });
  await until(async () => (await record(id)).status === 'failed');
  // What is corrected later stands over what was corrected before, key by key.
  await correct({ url: `${service.url}/again` });
  await until(async () => (await record(id)).status === 'failed');
  expect(service.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/', undefined],
    ['/corrected', `Bearer ${SECRET}`],
    ['/again', `Bearer ${SECRET}`],
  ]);

  await instances.add();
  await instances.servers.shift()?.close();
  isRefused = false;
  await ask('POST', `/executions/${id}/resume`);
  await until(async () => (await record(id)).status === 'completed');
  expect(await ask('POST', `/executions/${id}/rollback`, { toStart: true })).toMatchObject({ status: 'completed' });
  expect(service.requests.slice(3).map(({ method, headers }) => [method, headers.authorization])).toEqual([
    ['POST', `Bearer ${SECRET}`],
    ['DELETE', `Bearer ${SECRET}`],
  ]);

  for (const part of ['', '/events?limit=1000', '/logs?limit=1000', '/nodes/call', '/workflow', '/explain']) {
    expect(JSON.stringify(await ask('GET', `/executions/${id}${part}`))).not.toContain(SECRET);
  }
  for (const table of ['executions', 'execution_events', 'execution_logs']) {
    expect(await rowsOf(table, id)).toContain(id);
    expect(await rowsOf(table, id)).not.toContain(SECRET);
  }
  expect(await rowsOf('execution_configs', id)).toContain(SECRET);
  await ask('POST', `/executions/${id}/cancel`);
  await until(async () => (await server().call('DELETE', `/executions/${id}`)).status === 200);
  expect(await rowsOf('execution_configs', id)).toBe('');
});
