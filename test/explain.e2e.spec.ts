import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { JournalEvent } from '../src/engine/journal/events.js';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { ExecutionExplanation } from '../src/executions/execution-explainer.js';
import { InstanceIdentity } from '../src/repositories/instance-identity.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { StoredExecutions } from './support/stored-executions.js';
import type { OpenTestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let service: HttpService;
let stored: StoredExecutions;
/** Requests of nodes that are held until a test answers them. */
const held: ServerResponse[] = [];

beforeAll(async () => {
  service = await startHttpService(({ path }, response) => {
    if (path === '/busy') answerJson(response, 503, {});
    else held.push(response);
  });
  server = await startTestServer({ MAX_ACTIVE_EXECUTIONS: '1', LEASE_MS: '60000' });
  const identity = new InstanceIdentity();
  stored = await new StoredExecutions({ database: server.database, identity } as OpenTestDatabase).begin();
  const retryPolicy = { maxRetries: 4, initialDelay: 60_000, maxDelay: 60_000 };
  const call = (path: string) => ({
    id: 'call',
    type: 'external-api',
    config: { method: 'POST', url: service.url + path },
  });
  await create('napping', [{ id: 'nap', label: 'Nap', type: 'delay', config: { duration: 3_600_000 } }]);
  await create('holding', [{ ...call('/held'), label: 'Hold' }]);
  await create('retrying', [{ ...call('/busy'), label: 'Rates', retryPolicy }]);
  await create('failing', [
    { id: 'no/Zahlung 7', type: 'fail', config: { message: 'No', code: 'NO' }, retryPolicy: { maxRetries: 0 } },
  ]);
});
afterAll(async () => {
  await server.close();
  await service.close();
});

async function create(id: string, nodes: object[]): Promise<void> {
  const { status } = await server.call('POST', '/workflows', { id, name: id, nodes, edges: [] });
  expect(status).toBe(201);
}

async function start(workflowId: string, more: object = {}): Promise<string> {
  const { status, body } = await server.call<ExecutionRecord>('POST', '/executions', { workflowId, ...more });
  expect(status).toBe(201);
  return body.data.id;
}

async function explain(id: string): Promise<ExecutionExplanation> {
  const { status, body } = await server.call<ExecutionExplanation>('GET', `/executions/${id}/explain`);
  expect([status, body.data.executionId]).toEqual([200, id]);
  return body.data;
}

async function explainedAs(id: string, code: string): Promise<ExecutionExplanation> {
  for (;;) {
    const found = await explain(id);
    if (found.code === code) return found;
    await delay(20);
  }
}

/** Sends what an explanation offers, as it says. */
async function act({ actions }: ExecutionExplanation, action: string, headers = {}): Promise<number> {
  const offered = actions.find((each) => each.action === action);
  if (!offered) throw new Error(`${action} is not offered: ${JSON.stringify(actions)}`);
  const { method, path, body } = offered;
  return (await server.call(method, path.replace('/api/v2', ''), body, headers)).status;
}

const names = ({ actions }: ExecutionExplanation) => actions.map(({ action }) => action);

describe('the explanation of an execution', () => {
  it('tells the timer of one that waits, who paused it, and who cancelled it; what it offers is taken', async () => {
    const id = await start('napping');
    const waits = await explainedAs(id, 'WAITING');
    expect(waits).toMatchObject({ status: 'running', activity: 'waiting' });
    const [timer] = waits.waitingFor;
    expect(timer).toMatchObject({ kind: 'timer', nodeId: 'nap' });
    expect((timer?.until ?? 0) - (timer?.since ?? 0)).toBe(3_600_000);
    expect(waits.summary).toBe(`Nap: waits for delay until ${new Date(timer?.until ?? 0).toISOString()}.`);
    expect(names(waits)).toEqual(['pause', 'cancel']);

    expect(await act(waits, 'pause', { 'x-user-id': 'ann' })).toBe(200);
    const paused = await explain(id);
    expect(paused).toMatchObject({
      status: 'paused',
      activity: null,
      code: 'PAUSED',
      summary: expect.stringContaining('Paused by ann at ') as string,
      waitingFor: [{ kind: 'person', by: 'ann', since: expect.any(Number) as number }],
    });
    expect(await act(paused, 'resume')).toBe(200);
    expect(await act(await explain(id), 'cancel', { 'x-user-id': 'ben' })).toBe(200);
    const cancelled = await explainedAs(id, 'CANCELLED');
    expect(cancelled).toMatchObject({ status: 'cancelled', waitingFor: [] });
    expect(cancelled.summary).toContain('Cancelled by ben at ');
    expect(await act(cancelled, 'delete')).toBe(200);
    expect((await server.call('GET', `/executions/${id}/explain`)).status).toBe(404);
  });

  it('tells the time of one that is scheduled, and starts it before', async () => {
    const runAt = Date.now() + 3_600_000;
    const id = await start('failing', { runAt });
    const scheduled = await explain(id);
    expect(scheduled).toMatchObject({ status: 'pending', activity: 'scheduled', code: 'SCHEDULED' });
    expect(scheduled.waitingFor).toMatchObject([{ kind: 'timer', until: runAt }]);
    expect(await act(scheduled, 'start')).toBe(200);
    await explainedAs(id, 'NO');
  });

  it('tells which attempt comes when, and which error the last one had', async () => {
    const id = await start('retrying');
    const retrying = await explainedAs(id, 'RETRYING');
    expect(retrying.waitingFor).toMatchObject([
      { kind: 'retry', nodeId: 'call', attempt: 2, maxAttempts: 5, error: { code: 'HTTP_503' } },
    ]);
    expect(retrying.summary).toMatch(/^Rates: attempt 1 failed with HTTP_503, next at .*\.$/u);
    await act(retrying, 'cancel');
  });

  it('tells what ended one that failed', async () => {
    const id = await start('failing');
    const failed = await explainedAs(id, 'NO');
    expect(failed).toMatchObject({
      status: 'failed',
      activity: null,
      summary: 'no/Zahlung 7: NO, No.',
      waitingFor: [],
    });
    expect(failed.actions[0]).toMatchObject({
      action: 'settle',
      nodeId: 'no/Zahlung 7',
      path: `/api/v2/executions/${id}/nodes/no%2FZahlung%207/settle`,
    });
  });

  it('tells which node runs and where, and how many come before those that have no place', async () => {
    const first = await start('holding');
    while (held.length === 0) await delay(5);
    const executing = await explain(first);
    const { instance } = executing.waitingFor[0] ?? {};
    expect(executing).toMatchObject({ code: 'EXECUTING', activity: 'executing' });
    expect(executing.summary).toMatch(/^Hold has been running for \d+ (m?s)\.$/u);
    expect(executing.waitingFor).toMatchObject([{ kind: 'node', nodeId: 'call', attempt: 1 }]);
    expect(instance).toBe(server.app.get(InstanceIdentity).id);

    const [second, third] = [await start('holding'), await start('holding')];
    expect(await explain(second)).toMatchObject({
      status: 'pending',
      activity: 'queued',
      code: 'QUEUED',
      waitingFor: [{ kind: 'place', ahead: 0 }],
    });
    expect((await explain(third)).waitingFor).toMatchObject([{ kind: 'place', ahead: 1 }]);
    for (const id of [third, second]) expect(await act(await explain(id), 'cancel')).toBe(200);
    answerJson(held.pop() as ServerResponse, 200, {});
    const completed = await explainedAs(first, 'COMPLETED');
    expect(completed).toMatchObject({ status: 'completed', waitingFor: [] });
    expect(completed.summary).toMatch(/^Completed in /u);
  });

  it('tells since when the owner is silent, and until when it has to be heard of', async () => {
    const created: JournalEvent = {
      type: 'execution:created',
      timestamp: 1000,
      workflowId: 'holding',
      workflowName: 'holding',
      revision: 1,
      trigger: { type: 'api' },
      context: {},
      labels: {},
      priority: 0,
    };
    const events: JournalEvent[] = [created, { type: 'execution:started', timestamp: 1001 }];
    const { rows } = await server.database.pool.query<{ at: number }>(
      `INSERT INTO instances (id, host, boot_id, pid, pid_start, heartbeat_at)
       VALUES ('i_b7', 'b7', '', 1, '', clock_timestamp() - interval '5 s')
       RETURNING floor(extract(epoch FROM heartbeat_at) * 1000)::int8 AS at`,
    );
    const since = rows[0]?.at ?? 0;
    const id = await stored.add({ workflowId: 'holding', status: 'running', owner: 'i_b7', events });
    const silent = await explain(id);
    expect(silent).toMatchObject({ status: 'running', code: 'OWNER_SILENT' });
    expect(silent.waitingFor[0]).toEqual({ kind: 'owner', instance: 'i_b7', since, until: since + 60_000 });
    expect(silent.summary).toMatch(/^Instance i_b7 on b7, which drives it, has been silent for \d+ s\./u);
  });

  it('is there for executions that are there alone', async () => {
    const { status, body } = await server.call('GET', '/executions/exec_none/explain');
    expect([status, body.error?.code, body.message]).toEqual([404, 'NOT_FOUND', 'Execution not found']);
  });
});
