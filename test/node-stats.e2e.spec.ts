import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { NodeStatisticsList } from '../src/workflows/node-statistics.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const SLOW_MS = 120;

let service: HttpService;
let server: TestServer;
let calls = 0;

beforeAll(async () => {
  service = await startHttpService((request, response) => {
    calls += 1;
    const status = request.path === '/flaky' && calls === 1 ? 400 : 200;
    setTimeout(() => answerJson(response, status, {}), SLOW_MS);
  });
  server = await startTestServer();
  const nodes = [
    { id: 'in', type: 'input', label: 'The beginning' },
    { id: 'call', type: 'http-request', config: { method: 'GET', url: `${service.url}/flaky` } },
    { id: 'either', type: 'condition', config: { expression: 'true' } },
    { id: 'never', type: 'output' },
  ];
  const edges = [
    { source: 'in', target: 'call' },
    { source: 'call', target: 'either' },
    { source: 'either', target: 'never', sourceOutput: 'false' },
  ];
  const { status } = await server.call('POST', '/workflows', { id: 'wf', name: 'Timed', nodes, edges });
  expect(status).toBe(201);
});
afterAll(async () => {
  await server.close();
  await service.close();
});

async function run(): Promise<string> {
  const answer = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId: 'wf' });
  return answer.body.data.status;
}

/** Waits for the last node of the last run: a flush may fall between two nodes of one execution. */
async function statsOfThreeRuns(): Promise<NodeStatisticsList> {
  for (;;) {
    const { body } = await server.call<NodeStatisticsList>('GET', '/workflows/wf/node-stats');
    if (body.data.nodes[2]?.count === 2) return body.data;
    await delay(50);
  }
}

describe('how the nodes of a workflow have run', () => {
  it('is empty before it has', async () => {
    const { body } = await server.call<NodeStatisticsList>('GET', '/workflows/wf/node-stats');
    expect(body.data).toMatchObject({ workflowId: 'wf', count: 4 });
    expect(body.data.nodes[0]).toEqual({
      nodeId: 'in',
      nodeName: 'The beginning',
      nodeType: 'input',
      count: 0,
      failures: 0,
      failureShare: 0,
      p50: null,
      p95: null,
    });
    const validated = await server.call<{ stats: object }>('POST', '/workflows/validate', {
      id: 'wf',
      name: 'x',
      nodes: [],
      edges: [],
    });
    expect(validated.body.data.stats).not.toHaveProperty('estimatedExecutionTime');
  });

  it('says for each node how often it failed and how long it took', async () => {
    const statuses = [await run(), await run(), await run()];
    expect(statuses).toEqual(['failed', 'completed', 'completed']);
    const { nodes } = await statsOfThreeRuns();

    expect(nodes.map(({ nodeId }) => nodeId)).toEqual(['in', 'call', 'either', 'never']);
    expect(nodes[1]).toMatchObject({ nodeType: 'external-api', count: 3, failures: 1, failureShare: 1 / 3 });
    expect(nodes[1]?.p50).toBeGreaterThanOrEqual(SLOW_MS * 0.9);
    expect(nodes[1]?.p95).toBeGreaterThanOrEqual(nodes[1]?.p50 ?? 0);
    expect(nodes[2]).toMatchObject({ count: 2, failures: 0, failureShare: 0 });
    expect(nodes[3]).toMatchObject({ count: 0, p50: null });
  });

  it('makes the estimate in the stats of validation, change and list', async () => {
    const { nodes } = await statsOfThreeRuns();
    const estimate = (nodes[0]?.p50 ?? 0) + (nodes[1]?.p50 ?? 0) + (nodes[2]?.p50 ?? 0);
    const document = (await server.call<object>('GET', '/workflows/wf')).body.data;
    const validated = await server.call('POST', '/workflows/validate', document);
    const changed = await server.call('PUT', '/workflows/wf', { description: 'Changed' });
    const listed = await server.call('GET', '/workflows?search=Timed');

    expect(validated.body.data).toMatchObject({ stats: { totalNodes: 4, estimatedExecutionTime: estimate } });
    expect(changed.body.data).toMatchObject({ stats: { estimatedExecutionTime: estimate } });
    expect(listed.body.data).toMatchObject({ workflows: [{ id: 'wf', stats: { estimatedExecutionTime: estimate } }] });
    const cloned = await server.call<{ stats: object }>('POST', '/workflows/wf/clone', {});
    expect(cloned.body.data.stats).not.toHaveProperty('estimatedExecutionTime');
  });

  it('is told of workflows that are there alone', async () => {
    const { status, body } = await server.call('GET', '/workflows/missing/node-stats');
    expect([status, body.error?.code]).toEqual([404, 'NOT_FOUND']);
  });
});
