import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { ExecutionRow } from '../src/engine/journal/execution-row.js';
import type { PresentedEvent } from '../src/engine/journal/present-event.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;
interface List {
  executions: ExecutionRow[];
  pagination: { page: number; pageSize: number; total: number; totalPages: number; nextCursor?: string | null };
}

let server: TestServer;
let service: HttpService;
/** Requests of nodes that are held until a test answers them. */
const held: ServerResponse[] = [];
let workflows = 0;

const call: TestServer['call'] = (...request) => server.call(...request);

beforeAll(async () => {
  service = await startHttpService((request, response) => {
    if (request.path === '/hold') held.push(response);
    else answerJson(response, 200, { ok: true });
  });
  server = await startTestServer();
});
afterAll(async () => {
  await server.close();
  await service.close();
});

/** Makes a workflow; gives its id. */
async function workflow(document: Json): Promise<string> {
  workflows += 1;
  const id = `wf_${workflows}`;
  const { status, body } = await call('POST', '/workflows', {
    id,
    name: `Workflow ${workflows}`,
    edges: [],
    ...document,
  });
  expect([status, body.error]).toEqual([201, undefined]);
  return id;
}

const short = () =>
  workflow({
    nodes: [
      { id: 'in', type: 'input', config: { data: { n: 1 } } },
      { id: 'out', type: 'output', label: 'The end' },
    ],
    edges: [{ id: 'e', source: 'in', target: 'out' }],
  });
/** Waits in its second node for an hour. */
const waiting = () =>
  workflow({
    nodes: [
      { id: 'in', type: 'input' },
      { id: 'nap', type: 'delay', config: { duration: 3_600_000 } },
      { id: 'out', type: 'output' },
    ],
    edges: [
      { source: 'in', target: 'nap' },
      { source: 'nap', target: 'out' },
    ],
  });
/** Its one node runs until the test answers it. */
const holding = () =>
  workflow({
    nodes: [
      { id: 'call', type: 'external-api', config: { method: 'GET', url: `${service.url}/hold` } },
      { id: 'out', type: 'output' },
    ],
    edges: [{ source: 'call', target: 'out' }],
  });

async function create(workflowId: string, body: Json = {}): Promise<ExecutionRecord> {
  const answer = await call<ExecutionRecord>('POST', '/executions', { workflowId, ...body });
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data;
}

async function get(id: string, query = ''): Promise<ExecutionRecord> {
  const { status, body } = await call<ExecutionRecord>('GET', `/executions/${id}${query}`);
  expect([status, body.error]).toEqual([200, undefined]);
  return body.data;
}

async function until(
  id: string,
  holds: (record: ExecutionRecord) => boolean = ({ status }) => status === 'completed',
): Promise<ExecutionRecord> {
  for (;;) {
    const record = await get(id);
    if (holds(record)) return record;
    await delay(20);
  }
}

const isWaiting = ({ activity }: ExecutionRecord) => activity === 'waiting';

/** The request of the node that is held longest. */
async function nextHeld(): Promise<ServerResponse> {
  for (;;) {
    const response = held.shift();
    if (response) return response;
    await delay(5);
  }
}

async function refused(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  const answer = await call(method, path, body, headers);
  const details = answer.body.error?.details;
  const fields = Array.isArray(details) ? details.map(({ field }: { field: string }) => field) : details;
  return { status: answer.status, code: answer.body.error?.code, fields, message: answer.body.message };
}

describe('an execution', () => {
  it('is answered as created, runs by itself and can be read whole', async () => {
    const workflowId = await short();
    const trigger = { type: 'manual', userId: 'u1', data: { m: 2 } };
    const answer = await call<ExecutionRecord>('POST', '/executions', { workflowId, trigger, labels: { team: 'a' } });
    const created = answer.body.data;

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ code: 200, success: true, message: 'Execution created successfully' });
    expect(created).toMatchObject({
      status: 'pending',
      activity: 'queued',
      seq: 1,
      workflowId,
      trigger,
      labels: { team: 'a' },
      nodes: [
        { nodeId: 'in', status: 'pending' },
        { nodeId: 'out', status: 'pending' },
      ],
    });
    expect(created.id).toMatch(new RegExp(`^exec_${workflowId}_\\d{13}_\\w+$`));

    const record = await until(created.id);
    expect(record).toMatchObject({
      status: 'completed',
      result: { n: 1, m: 2 },
      stats: { completedNodes: 2, successRate: 1 },
      nodes: [{ outputs: { n: 1, m: 2 } }, { nodeName: 'The end', inputs: { n: 1, m: 2 } }],
    });
    expect(record.checkpoints).toHaveLength(2);
    expect(record.duration).toBe((record.endTime ?? 0) - record.startTime);
  });

  it('is read light, and as it stood after an event', async () => {
    const { id } = await create(await short());
    const { seq } = await until(id);
    const light = await get(id, '?nodes=light');
    const past = await get(id, '?atSeq=2');

    expect(light).not.toHaveProperty('checkpoints');
    expect(light.nodes[0]).not.toHaveProperty('outputs');
    expect(past).toMatchObject({ status: 'running', seq: 2, stats: { completedNodes: 0 }, result: null });
    expect(await refused('GET', `/executions/${id}?atSeq=${seq + 1}`)).toMatchObject({
      status: 400,
      fields: ['atSeq'],
    });
  });

  it('has its progress, its nodes and its log', async () => {
    const nodes = [
      { id: 'say', type: 'log', config: { message: 'hello', level: 'warn' } },
      { id: 'if', type: 'condition', config: { expression: 'false' } },
      { id: 'never', type: 'output' },
    ];
    const edges = [
      { source: 'say', target: 'if' },
      { source: 'if', target: 'never', sourceOutput: 'true' },
    ];
    const { id } = await create(await workflow({ nodes, edges }));
    await until(id);

    expect((await call('GET', `/executions/${id}/progress`)).body.data).toEqual({
      executionId: id,
      totalNodes: 3,
      completedNodes: 2,
      failedNodes: 0,
      skippedNodes: 1,
      runningNodes: 0,
      pendingNodes: 0,
      progress: 1,
    });
    expect((await call('GET', `/executions/${id}/nodes?status=completed&pageSize=1&page=2`)).body.data).toMatchObject({
      executionId: id,
      nodes: [{ nodeId: 'if', outputs: { result: false } }],
      pagination: { page: 2, pageSize: 1, total: 2, totalPages: 2 },
    });
    expect((await call('GET', `/executions/${id}/nodes/if`)).body.data).toMatchObject({
      executionId: id,
      nodeId: 'if',
      effect: 'pure',
      outputs: { result: false },
      intent: null,
      checkpoint: null,
      runs: [{ run: 1, attempts: [{ attempt: 1, status: 'completed' }] }],
    });
    expect((await call('GET', `/executions/${id}/logs?nodeId=say`)).body.data).toMatchObject({
      executionId: id,
      logs: [{ nodeId: 'say', level: 'warn', message: 'hello' }],
      count: 1,
    });
    expect((await call<{ count: number }>('GET', `/executions/${id}/logs?level=error`)).body.data.count).toBe(0);
    expect(await refused('GET', `/executions/${id}/nodes/nobody`)).toMatchObject({ status: 404 });
  });

  it('has its journal, both ways and in pages', async () => {
    const { id } = await create(await short());
    await until(id);
    const events = async (query: string) =>
      (await call<{ events: PresentedEvent[]; nextAfter: number | null }>('GET', `/executions/${id}/events${query}`))
        .body.data;
    const all = await events('');
    const types = all.events.map(({ type }) => type);

    expect(all).toMatchObject({ executionId: id, nextAfter: null });
    expect(types).toEqual([
      'execution:created',
      'execution:started',
      'node:completed',
      'node:completed',
      'execution:completed',
    ]);
    expect(all.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(all.events[2]).toMatchObject({ nodeId: 'in', data: { name: 'in', nodeType: 'input', outputs: { n: 1 } } });
    expect(all.events[4]?.data).toMatchObject({ row: { id, status: 'completed', progress: 1 }, result: { n: 1 } });

    const listed = await call<List>('GET', `/executions?search=${id}`);
    expect(listed.body.data.executions).toEqual([all.events[4]?.data.row]);

    const first = await events('?limit=2');
    expect(first.nextAfter).toBe(2);
    expect((await events('?limit=2&after=2')).events.map(({ seq }) => seq)).toEqual([3, 4]);
    expect((await events('?limit=2&before=5')).events.map(({ seq }) => seq)).toEqual([4, 3]);
    expect((await events('?order=desc&limit=1')).events.map(({ seq }) => seq)).toEqual([5]);
    expect((await events('?type=node:completed&nodeId=out')).events.map(({ seq }) => seq)).toEqual([4]);
    expect((await events('?after=5')).events).toEqual([]);
  });

  it('that does not exist is NOT_FOUND, wherever it is asked for', async () => {
    for (const [method, path, body] of [
      ['GET', ''],
      ['DELETE', ''],
      ['PUT', '/status', { status: 'paused' }],
      ['PUT', '/status', { status: 'pending' }],
      ['POST', '/cancel', {}],
      ['POST', '/cancel', { dryRun: true }],
      ['GET', '/progress'],
      ['GET', '/logs'],
      ['GET', '/events'],
      ['GET', '/nodes'],
      ['GET', '/nodes/a'],
    ] as const) {
      const answer = await call(method, `/executions/nobody${path}`, body);
      expect([path, answer.status, answer.body.error]).toEqual([
        path,
        404,
        { code: 'NOT_FOUND', details: { id: 'nobody' } },
      ]);
    }
    expect(await refused('POST', '/executions', { workflowId: 'nobody' })).toMatchObject({ status: 404 });
  });

  it('waits until its time, or starts at a word', async () => {
    const runAt = Date.now() + 3_600_000;
    const { id } = await create(await short(), { runAt });
    expect(await get(id)).toMatchObject({ status: 'pending', activity: 'scheduled', startTime: runAt, duration: null });

    const { body } = await call('PUT', `/executions/${id}/status`, { status: 'running' });
    expect(body.error).toBeUndefined();
    expect(await until(id)).toMatchObject({ status: 'completed', history: [{ type: 'start', by: null }] });
    expect((await call('GET', `/executions/${id}/logs`)).body.data).toMatchObject({ logs: [{ message: 'Started' }] });
  });
});

describe('an Idempotency-Key', () => {
  it('gives the same execution for the same body, and refuses another one', async () => {
    const workflowId = await short();
    const headers = { 'idempotency-key': 'order 1' };
    const post = (body: Json) => call<ExecutionRecord>('POST', '/executions', { workflowId, ...body }, headers);
    const first = await post({ labels: { a: '1', b: '2' } });
    await until(first.body.data.id);
    const again = await post({ labels: { b: '2', a: '1' } });

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toMatchObject({ code: 200, data: { id: first.body.data.id, status: 'completed' } });
    expect(await refused('POST', '/executions', { workflowId, priority: 1 }, headers)).toMatchObject({
      status: 409,
      code: 'CONFLICT',
    });
    expect((await call('DELETE', `/executions/${first.body.data.id}`)).status).toBe(200);
    expect((await post({ priority: 1 })).status).toBe(201);
  });

  it('can be deleted right after a command on it was refused, or had nothing to do', async () => {
    const workflowId = await short();
    for (let round = 0; round < 10; round += 1) {
      const { id } = await create(workflowId);
      await until(id);
      const { status, code } = await refused('POST', `/executions/${id}/cancel`, {});
      expect([status, code]).toEqual([409, 'INVALID_TRANSITION']);
      expect((await call('PUT', `/executions/${id}/status`, { status: 'completed' })).status).toBe(200);
      expect((await call('DELETE', `/executions/${id}`)).status).toBe(200);
    }
  });

  it('creates once for many who come at the same time', async () => {
    const workflowId = await short();
    const headers = { 'idempotency-key': 'crowd' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call<ExecutionRecord>('POST', '/executions', { workflowId }, headers)),
    );
    expect(new Set(answers.map(({ body }) => body.data.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([...Array<number>(19).fill(200), 201]);
  });
});

describe('a command', () => {
  it('pauses, resumes and cancels, and says who did it and why', async () => {
    const { id } = await create(await waiting());
    await until(id, isWaiting);
    const put = (body: Json) =>
      call<ExecutionRecord>('PUT', `/executions/${id}/status`, body, { 'x-user-id': 'J%C3%BCrgen' });

    const paused = await put({ status: 'paused', reason: 'lunch' });
    expect(paused.status).toBe(200);
    expect(paused.body).toMatchObject({
      message: 'Execution paused successfully',
      data: { status: 'paused', activity: null },
    });
    expect(paused.body.data).not.toHaveProperty('nodes');
    const { seq } = paused.body.data;
    expect((await put({ status: 'paused' })).body.data).toMatchObject({ status: 'paused', seq });

    expect((await put({ status: 'running' })).body).toMatchObject({
      message: 'Execution resumed successfully',
      data: { status: 'running', activity: 'waiting' },
    });
    const cancelled = await call<ExecutionRecord>('POST', `/executions/${id}/cancel`, { reason: 'enough' });
    expect(cancelled.body.data).toMatchObject({ status: 'cancelled', endTime: expect.any(Number) as unknown });
    expect(cancelled.body.data.history).toMatchObject([
      { type: 'pause', by: 'Jürgen', reason: 'lunch' },
      { type: 'resume', by: 'Jürgen' },
      { type: 'cancel', by: null, reason: 'enough' },
    ]);
    const again = await call<ExecutionRecord>('POST', `/executions/${id}/cancel`);
    expect([again.status, again.body.data.seq]).toEqual([200, cancelled.body.data.seq]);
  });

  it('ends by hand, as completed or failed', async () => {
    const workflowId = await waiting();
    const first = await create(workflowId);
    const second = await create(workflowId);
    await until(first.id, isWaiting);
    await until(second.id, isWaiting);

    expect((await call('PUT', `/executions/${first.id}/status`, { status: 'completed' })).body.data).toMatchObject({
      status: 'completed',
      result: null,
      history: [{ type: 'completed-by-hand', by: null }],
    });
    const error = { message: 'it is wrong', code: 'WRONG' };
    expect((await call('PUT', `/executions/${second.id}/status`, { status: 'failed', error })).body.data).toMatchObject(
      {
        status: 'failed',
        attention: 'failed',
        error: { ...error, failedNodeId: null, failedNodeName: null },
      },
    );
  });

  it('aborts what runs, and says beforehand what that is', async () => {
    const { id } = await create(await holding());
    await nextHeld();
    const preview = await call('POST', `/executions/${id}/cancel`, { dryRun: true });
    expect(preview.body.data).toEqual({ willAbort: ['call'], warnings: [] });
    expect(await get(id)).toMatchObject({
      status: 'running',
      activity: 'executing',
      nodes: [{ status: 'running' }, {}],
    });

    const { body } = await call('POST', `/executions/${id}/cancel`);
    expect(body.data).toMatchObject({ status: 'cancelled', activity: null });
    expect((await get(id)).nodes).toMatchObject([
      { status: 'failed', error: { code: 'CANCELLED' } },
      { status: 'pending', error: null },
    ]);
    expect((await call('POST', `/executions/${id}/cancel`, { dryRun: true })).body.data).toMatchObject({
      willAbort: [],
    });
  });

  it('pauses at once in name, and in fact when what runs has ended', async () => {
    const { id } = await create(await holding());
    const response = await nextHeld();
    const pausing = await call('PUT', `/executions/${id}/status`, { status: 'paused' });
    expect(pausing.body).toMatchObject({
      message: 'Execution is pausing',
      data: { status: 'running', activity: 'pausing' },
    });
    answerJson(response, 200, { ok: true });
    expect(await until(id, ({ status }) => status === 'paused')).toMatchObject({
      activity: null,
      nodes: [{ status: 'completed' }, { status: 'pending' }],
    });
    // The rest takes no time, and is no part of what the resume is answered with.
    const resumed = await call('PUT', `/executions/${id}/status`, { status: 'running' });
    expect(resumed).toMatchObject({
      status: 200,
      body: {
        message: 'Execution resumed successfully',
        data: { status: 'running', activity: 'executing', endTime: null },
      },
    });
    expect(await until(id)).toMatchObject({ status: 'completed' });
  });

  it('is carried out once and answered to each, when many send it at the same time', async () => {
    const { id } = await create(await holding());
    const response = await nextHeld();
    await call('PUT', `/executions/${id}/status`, { status: 'paused' });
    answerJson(response, 200, { ok: true });
    await until(id, ({ status }) => status === 'paused');

    const resume = () => call('PUT', `/executions/${id}/status`, { status: 'running' });
    const statuses = (await Promise.all(Array.from({ length: 10 }, resume))).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(statuses).toContain(200);
    expect((await until(id)).history.map(({ type }) => type)).toEqual(['pause', 'resume']);
  });

  it('that the status does not allow is refused with INVALID_TRANSITION, naming both states', async () => {
    const { id } = await create(await short());
    await until(id);
    for (const status of ['paused', 'running', 'cancelled', 'failed', 'pending']) {
      const answer = await call('PUT', `/executions/${id}/status`, { status });
      expect([answer.status, answer.body.error]).toEqual([
        409,
        { code: 'INVALID_TRANSITION', details: { from: 'completed', to: status } },
      ]);
    }
    expect((await call('PUT', `/executions/${id}/status`, { status: 'completed' })).status).toBe(200);
    expect(await refused('POST', `/executions/${id}/cancel`)).toMatchObject({
      status: 409,
      code: 'INVALID_TRANSITION',
    });
    expect(await refused('POST', `/executions/${id}/cancel`, { dryRun: true })).toMatchObject({ status: 409 });
  });

  it('is refused with CONFLICT when the execution has moved on since it was seen', async () => {
    const { id } = await create(await waiting());
    const { seq } = await until(id, isWaiting);
    const put = (ifMatch: string) =>
      call('PUT', `/executions/${id}/status`, { status: 'paused' }, { 'if-match': ifMatch });

    const late = await put(String(seq - 1));
    expect([late.status, late.body.error]).toEqual([409, { code: 'CONFLICT', details: { seq } }]);
    expect((await put(`"${seq}"`)).status).toBe(200);
    expect(await refused('POST', `/executions/${id}/cancel`, { dryRun: true }, { 'if-match': '1' })).toMatchObject({
      status: 409,
    });
    expect(await refused('POST', `/executions/${id}/cancel`, {}, { 'if-match': 'x' })).toMatchObject({
      status: 400,
      fields: ['If-Match'],
    });
    await call('POST', `/executions/${id}/cancel`);
  });
});

describe('the list', () => {
  let workflowId: string;
  const ids: string[] = [];

  beforeAll(async () => {
    workflowId = await short();
    for (let index = 0; index < 5; index += 1) {
      const { id } = await create(workflowId, { labels: { index: String(index), all: 'yes' } });
      await until(id);
      ids.unshift(id);
    }
  });

  const list = async (query: string) =>
    (await call<List>('GET', `/executions?workflowId=${workflowId}${query}`)).body.data;
  const seen = ({ executions }: List) => executions.map(({ id }) => id);

  it('has rows without the large parts, by page', async () => {
    const page = await list('&page=2&pageSize=2');
    expect(seen(page)).toEqual(ids.slice(2, 4));
    expect(page.pagination).toEqual({ page: 2, pageSize: 2, total: 5, totalPages: 3 });
    expect(page.executions[0]).toMatchObject({
      status: 'completed',
      activity: null,
      attention: null,
      progress: 1,
      summary: null,
      stats: { totalNodes: 2, completedNodes: 2 },
    });
    for (const left of ['nodes', 'context', 'checkpoints', 'history', 'rollbacks']) {
      expect(page.executions[0]).not.toHaveProperty(left);
    }
  });

  it('goes on by its cursor while new ones come in', async () => {
    const first = await list('&pageSize=2');
    expect(first.pagination).toMatchObject({ page: 1, total: 5, nextCursor: expect.any(String) as unknown });
    const { id } = await create(workflowId);
    const second = await list(`&pageSize=2&cursor=${first.pagination.nextCursor}`);
    const last = await list(`&pageSize=2&cursor=${second.pagination.nextCursor}`);

    expect([...seen(first), ...seen(second), ...seen(last)]).toEqual(ids);
    expect(last.pagination).toMatchObject({ page: 3, nextCursor: null });
    await until(id);
    expect((await call('DELETE', `/executions/${id}`)).status).toBe(200);
  });

  it('takes every filter together', async () => {
    const query = `&status=completed,failed&triggerType=api&label.all=yes&label.index=3&search=${ids[1]?.slice(0, 12)}&sortBy=duration&startTimeFrom=1`;
    expect(seen(await list(query))).toEqual([ids[1]]);
    expect(seen(await list('&activity=scheduled'))).toEqual([]);
    expect(seen(await list('&attention=any'))).toEqual([]);
    expect(seen(await list('&userId=nobody'))).toEqual([]);
  });

  it('is searched by the name that a workflow had when it ran', async () => {
    const mark = `${workflowId} renamed`.toUpperCase();
    expect(seen(await list(`&search=${encodeURIComponent(mark)}`))).toEqual([]);
    expect((await call('PUT', `/workflows/${workflowId}`, { name: mark })).status).toBe(200);
    const { id } = await create(workflowId);
    await until(id);
    expect(seen(await list(`&search=${encodeURIComponent('NAMED')}`))).toEqual([id]);
    expect((await call('DELETE', `/executions/${id}`)).status).toBe(200);
  });

  it('counts', async () => {
    const { body } = await call('GET', `/executions/stats?workflowId=${workflowId}&interval=hour`);
    expect(body.data).toMatchObject({
      total: 5,
      byStatus: { completed: 5, failed: 0 },
      byWorkflow: { [workflowId]: { total: 5, completed: 5, failed: 0 } },
      successRate: 1,
      recentExecutions: 5,
    });
    expect(Object.values((body.data as { byDay: Json }).byDay)).toMatchObject([{ total: 5 }]);
  });

  it('is cleaned up', async () => {
    const cleanup = (body: Json) => call('POST', '/executions/cleanup', { workflowId, ...body });
    expect((await cleanup({})).body.data).toEqual({ deletedCount: 0, olderThanDays: 30 });
    expect((await cleanup({ olderThanDays: 0, dryRun: true })).body.data).toEqual({
      deletedCount: 5,
      olderThanDays: 0,
    });
    const { status, body } = await cleanup({ olderThanDays: 0, status: 'completed' });
    expect([status, body.data]).toEqual([200, { deletedCount: 5, olderThanDays: 0 }]);
    expect((await list('')).pagination.total).toBe(0);
    expect((await call('GET', `/executions/${ids[0]}`)).status).toBe(404);
  });

  it('does not let go of one that has not ended', async () => {
    const { id } = await create(await waiting());
    await until(id, isWaiting);
    expect(await refused('DELETE', `/executions/${id}`)).toMatchObject({ status: 409, code: 'CONFLICT' });
    await call('POST', `/executions/${id}/cancel`);
    const { status, body } = await call('DELETE', `/executions/${id}`);
    expect([status, body.data]).toEqual([200, null]);
  });
});

describe('bad input', () => {
  const tooMany = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`l${index}`, '']));

  it.each([
    [{}, 'workflowId'],
    [{ workflowId: 7 }, 'workflowId'],
    [{ workflowId: 'wf', workflowid: 'wf' }, 'workflowid'],
    [{ workflowId: 'wf', revision: 0 }, 'revision'],
    [{ workflowId: 'wf', trigger: { type: 'magic' } }, 'trigger.type'],
    [{ workflowId: 'wf', trigger: { type: 'api', userID: 'u' } }, 'trigger.userID'],
    [{ workflowId: 'wf', trigger: null }, 'trigger'],
    [{ workflowId: 'wf', context: { variable: {} } }, 'context.variable'],
    [{ workflowId: 'wf', context: { variables: [] } }, 'context.variables'],
    [{ workflowId: 'wf', labels: { a: 1 } }, 'labels'],
    [{ workflowId: 'wf', labels: tooMany }, 'labels'],
    [{ workflowId: 'wf', priority: 101 }, 'priority'],
    [{ workflowId: 'wf', priority: 1.5 }, 'priority'],
    [{ workflowId: 'wf', runAt: 'tomorrow' }, 'runAt'],
  ])('POST /executions %j is INVALID_PARAMS and names %s', async (body, field) => {
    const { status, code, fields } = await refused('POST', '/executions', body);
    expect({ status, code, fields }).toMatchObject({ status: 400, code: 'INVALID_PARAMS', fields: [field] });
  });

  it.each([
    ['page=0', 'page'],
    ['page=501&pageSize=200', 'page'],
    ['pageSize=201', 'pageSize'],
    ['status=done', 'status'],
    ['activity=sleeping', 'activity'],
    ['attention=no', 'attention'],
    ['sortBy=name', 'sortBy'],
    ['sortOrder=up', 'sortOrder'],
    ['startTimeFrom=x', 'startTimeFrom'],
    ['cursor=x', 'cursor'],
    ['cursor=W10&page=1', 'cursor'],
    ['wrokflowId=a', 'wrokflowId'],
    ['workflowId=a&workflowId=b', 'workflowId'],
  ])('GET /executions?%s names %s', async (query, field) => {
    expect(await refused('GET', `/executions?${query}`)).toMatchObject({
      status: 400,
      code: 'INVALID_PARAMS',
      fields: [field],
    });
  });

  it.each([
    ['GET', '/events?limit=0', undefined, 'limit'],
    ['GET', '/events?type=node:done', undefined, 'type'],
    ['GET', '/logs?level=loud', undefined, 'level'],
    ['GET', '/logs?tail=true&after=1', undefined, 'tail'],
    ['GET', '/logs?tail=true&before=1', undefined, 'tail'],
    ['GET', '/logs?after=1&before=2', undefined, 'before'],
    ['GET', '/logs?before=-1', undefined, 'before'],
    ['GET', '/nodes?status=done', undefined, 'status'],
    ['GET', '?nodes=heavy', undefined, 'nodes'],
    ['GET', '/progress?x=1', undefined, 'x'],
    ['PUT', '/status', {}, 'status'],
    ['PUT', '/status', { status: 'done' }, 'status'],
    ['PUT', '/status', { status: 'paused', mode: 'soon' }, 'mode'],
    ['PUT', '/status', { status: 'paused', error: 'x' }, 'error'],
    ['PUT', '/status', { status: 'failed', error: { code: 'X' } }, 'error'],
    ['POST', '/cancel', { dryrun: true }, 'dryrun'],
    ['POST', '/cancel', { rollback: 'yes' }, 'rollback'],
  ])('%s /executions/:id%s %j names %s', async (method, path, body, field) => {
    expect(await refused(method, `/executions/some${path}`, body)).toMatchObject({
      status: 400,
      code: 'INVALID_PARAMS',
      fields: [field],
    });
  });

  it('suggests the field that was meant, and where to go when a page is too far', async () => {
    expect((await refused('POST', '/executions/some/cancel', { dryrun: true })).message).toMatch(/dryRun/);
    expect((await refused('GET', '/executions?page=501&pageSize=200')).message).toMatch(/use cursor/);
    expect((await refused('POST', '/executions/cleanup', { olderThanDays: -1 })).fields).toEqual(['olderThanDays']);
    expect((await refused('GET', '/executions/stats?interval=day')).fields).toEqual(['interval']);
    const headers = { 'idempotency-key': 'k'.repeat(256) };
    expect((await refused('POST', '/executions', { workflowId: 'wf' }, headers)).fields).toEqual(['Idempotency-Key']);
  });
});
