import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { RollbackAnswer } from '../src/engine/recovery/rollback-answer.js';
import type { RollbackPointList } from '../src/recovery/rollback-manager.js';
import { RollbackManager } from '../src/recovery/rollback-manager.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

const MIB = 1024 * 1024;

let server: TestServer;
let service: HttpService;

beforeAll(async () => {
  service = await startHttpService(({ path }, response) => answerJson(response, 200, { id: path.slice(1) }));
  server = await startTestServer();
});
afterAll(async () => {
  await server.close();
  await service.close();
});
beforeEach(() => {
  service.requests.length = 0;
});

const call = (id: string) => ({
  id,
  type: 'external-api',
  config: { method: 'POST', url: `${service.url}/${id}` },
  rollback: { method: 'DELETE', url: `${service.url}/{{ outputs.body.id }}` },
});

async function run(id: string, nodes: { id: string }[], edges: object[], settings: object = {}): Promise<string> {
  const { status } = await server.call('POST', '/workflows', { id, name: id, nodes, edges, settings });
  expect(status).toBe(201);
  const started = await server.call<ExecutionRecord>('POST', '/executions?wait=30000', { workflowId: id });
  await until(async () => (await record(started.body.data.id)).status === 'completed');
  return started.body.data.id;
}

const record = async (id: string) =>
  (await server.call<ExecutionRecord>('GET', `/executions/${id}?nodes=light`)).body.data;
const rollBack = async (id: string, body: object) =>
  (await server.call<RollbackAnswer>('POST', `/executions/${id}/rollback`, body)).body.data;
const deletions = () => service.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

test('a rollback of 10,000 nodes is answered at its limit, goes on by itself and undoes each once', async () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => {
    const id = `n${index}`;
    if (index % 500 === 499) return call(id);
    if (index % 2 === 0) return { id, type: 'set-variables', config: { variables: { [`v${index % 50}`]: index } } };
    return { id, type: 'transform', config: { output: { index } } };
  });
  const edges = nodes.slice(1).map(({ id }, index) => ({ source: `n${index}`, target: id }));
  const id = await run('large', nodes, edges);
  const points = async (page: number) =>
    (await server.call<RollbackPointList>('GET', `/executions/${id}/rollback-points?page=${page}&pageSize=200`)).body
      .data;
  const last = await points(50);
  expect(last.count).toBe(10_000);
  expect(last.rollbackPoints.map(({ nodeId }) => nodeId)).toEqual(nodes.slice(-200).map((node) => node.id));

  const planned = await rollBack(id, { toStart: true, dryRun: true });
  expect(planned.plan.steps).toHaveLength(10_000);
  expect(planned.plan.steps[0]).toMatchObject({ order: 1, nodeId: 'n9999', action: 'compensate' });
  const { rss } = process.memoryUsage();
  const manager = server.app.get(RollbackManager);
  const { waitMs } = manager;
  manager.waitMs = 50;
  const begun = await rollBack(id, { toStart: true, planHash: planned.plan.hash });
  expect(begun).toMatchObject({ success: false, status: 'in-progress' });
  manager.waitMs = waitMs;
  const done = await rollBack(id, { toStart: true });
  expect(done).toMatchObject({ success: true, status: 'completed', affectedNodes: { length: 10_000 } });
  expect(process.memoryUsage().rss - rss).toBeLessThan(256 * MIB);
  const compensated = nodes.filter((node) => node.type === 'external-api').map((node) => `/${node.id}`);
  expect(deletions()).toEqual(compensated.reverse());
  expect(await record(id)).toMatchObject({ status: 'paused', activity: null, stats: { completedNodes: 0 } });
}, 120_000);

test('a fan-out of 50 is undone with one compensating request each', async () => {
  const branches = Array.from({ length: 50 }, (_, index) => call(`branch_${index}`));
  const nodes = [call('root'), ...branches, call('end')];
  const edges = branches.flatMap(({ id }) => [
    { source: 'root', target: id },
    { source: id, target: 'end' },
  ]);
  const id = await run('fan', nodes, edges, { maxConcurrency: 50 });
  const answer = await rollBack(id, { targetNodeId: 'root' });
  expect(answer).toMatchObject({ success: true, affectedNodes: { length: 51 }, warnings: [] });
  expect(deletions()[0]).toBe('/end');
  expect(deletions().slice(1).sort()).toEqual(branches.map(({ id: branch }) => `/${branch}`).sort());
});
