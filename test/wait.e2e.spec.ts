import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { ExecutionEnds } from '../src/executions/execution-ends.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

const LONG_MS = 30_000;

let server: TestServer;
let service: HttpService;
/** Requests of nodes that are held until a test answers them. */
const held: ServerResponse[] = [];

beforeAll(async () => {
  service = await startHttpService((_request, response) => void held.push(response));
  server = await startTestServer({ MAX_ACTIVE_EXECUTIONS: '2' });
  const workflows = {
    short: [{ id: 'in', type: 'input' }],
    failing: [{ id: 'no', type: 'fail', config: { message: 'No' }, retryPolicy: { maxRetries: 0 } }],
    holding: [{ id: 'call', type: 'external-api', config: { method: 'GET', url: service.url } }],
    napping: [{ id: 'nap', type: 'delay', config: { duration: 3_600_000 } }],
  };
  for (const [id, nodes] of Object.entries(workflows)) {
    const { status } = await server.call('POST', '/workflows', { id, name: id, nodes, edges: [] });
    expect(status).toBe(201);
  }
});
afterAll(async () => {
  await server.close();
  await service.close();
});

interface Answered {
  status: number;
  record: ExecutionRecord;
  ms: number;
}

async function post(workflowId: string, wait: number, more: object = {}, headers = {}): Promise<Answered> {
  const begun = performance.now();
  const { status, body } = await server.call<ExecutionRecord>(
    'POST',
    `/executions?wait=${wait}`,
    { workflowId, ...more },
    headers,
  );
  return { status, record: body.data, ms: performance.now() - begun };
}

const waiting = () => server.app.get(ExecutionEnds).size;

async function answerHeld(): Promise<void> {
  await until(() => held.length > 0);
  answerJson(held.shift() as ServerResponse, 200, {});
}

async function onlyExecution(workflowId: string, status: string): Promise<string> {
  for (;;) {
    const list = await server.call<{ executions: { id: string }[] }>(
      'GET',
      `/executions?workflowId=${workflowId}&status=${status}`,
    );
    const [found] = list.body.data.executions;
    if (found) return found.id;
    await delay(5);
  }
}

const end = (id: string) => server.call('POST', `/executions/${id}/cancel`);

describe('POST /executions?wait=', () => {
  it('answers with the whole record when the execution has ended', async () => {
    expect(await post('short', LONG_MS)).toMatchObject({
      status: 201,
      record: { status: 'completed', nodes: [{ nodeId: 'in', status: 'completed', outputs: {} }], checkpoints: [{}] },
    });
    expect(await post('failing', LONG_MS)).toMatchObject({
      status: 201,
      record: { status: 'failed', error: { message: 'No' } },
    });

    const holding = post('holding', LONG_MS);
    await until(() => waiting() === 1);
    await answerHeld();
    const { record, ms } = await holding;
    expect(record.status).toBe('completed');
    expect(ms).toBeLessThan(LONG_MS / 2);
  });

  it('answers with the record as it stands when the time is over', async () => {
    const { status, record, ms } = await post('holding', 300);
    expect([status, record.status, record.nodes[0]?.status]).toEqual([201, 'running', 'running']);
    expect(ms).toBeGreaterThanOrEqual(290);
    await answerHeld();
  });

  it('answers at once as created without it', async () => {
    const { status, body } = await server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'short' });
    expect([status, body.data.status]).toEqual([201, 'pending']);
    expect((await post('holding', 0)).record.status).not.toBe('completed');
    await answerHeld();
  });

  it('waits for the execution that an Idempotency-Key has already', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = post('holding', 100, {}, key);
    const id = (await first).record.id;
    const second = post('holding', LONG_MS, {}, key);
    await until(() => waiting() === 1);
    await answerHeld();
    expect(await second).toMatchObject({ status: 200, record: { id, status: 'completed' } });
    expect(await post('holding', LONG_MS, {}, key)).toMatchObject({ status: 200, record: { id, status: 'completed' } });
  });

  it('waits for one that has left memory, is paused and goes on', async () => {
    const answer = post('napping', LONG_MS);
    const id = await onlyExecution('napping', 'running');
    await server.call('PUT', `/executions/${id}/status`, { status: 'paused' });
    await until(() => waiting() === 1);
    await server.call('PUT', `/executions/${id}/status`, { status: 'running' });
    expect((await end(id)).status).toBe(200);
    expect(await answer).toMatchObject({ status: 201, record: { id, status: 'cancelled' } });

    const paused = post('napping', 1500);
    const pausedId = await onlyExecution('napping', 'running');
    await server.call('PUT', `/executions/${pausedId}/status`, { status: 'paused' });
    expect(await paused).toMatchObject({ status: 201, record: { id: pausedId, status: 'paused' } });
    await end(pausedId);
  });

  it('waits for one that is not yet due, or has no place', async () => {
    const soon = await post('short', LONG_MS, { runAt: Date.now() + 400 });
    expect(soon.record.status).toBe('completed');
    const far = await post('short', 200, { runAt: Date.now() + 3_600_000 });
    expect(far.record).toMatchObject({ status: 'pending', activity: 'scheduled' });

    const inPlaces = [post('holding', LONG_MS), post('holding', LONG_MS)];
    await until(() => held.length === 2);
    const queued = post('short', LONG_MS);
    await onlyExecution('short', 'pending');
    await answerHeld();
    await answerHeld();
    const statuses = (await Promise.all([...inPlaces, queued])).map(({ record }) => record.status);
    expect(statuses).toEqual(['completed', 'completed', 'completed']);
  });

  it('ends its wait when the client hangs up', async () => {
    const client = new AbortController();
    const request = fetch(`${server.url}/api/v2/executions?wait=${LONG_MS}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workflowId: 'holding' }),
      signal: client.signal,
    });
    await until(() => waiting() === 1);
    client.abort();
    await expect(request).rejects.toThrow('aborted');
    await until(() => waiting() === 0);
    await answerHeld();
  });

  it.each(['-1', '30001', '1.5', 'long', '', 'NaN'])('refuses to wait for "%s"', async (wait) => {
    const { status, body } = await server.call('POST', `/executions?wait=${wait}`, { workflowId: 'short' });
    expect([status, body.error]).toMatchObject([400, { code: 'INVALID_PARAMS', details: [{ field: 'wait' }] }]);
  });

  it('suggests its name', async () => {
    const { status, body } = await server.call('POST', '/executions?wiat=5', { workflowId: 'short' });
    expect(status).toBe(400);
    expect(body.message).toContain('wait');
  });

  it('ends its wait when the server stops', async () => {
    const answer = post('napping', LONG_MS);
    await until(() => waiting() === 1);
    await server.close();
    const { status, record, ms } = await answer;
    expect([status, record.status]).toEqual([201, 'running']);
    expect(ms).toBeLessThan(LONG_MS / 2);
  });
});
