import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { ExecutionRow } from '../src/engine/journal/execution-row.js';
import type { CheckpointRecord } from '../src/engine/journal/record-checkpoints.js';
import type { ResumeOutcome, ResumePreview } from '../src/recovery/resume-manager.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestInstances, type TestInstances, type TestServer } from './support/test-server.js';

let instances: TestInstances;
let service: HttpService;
/** What the service answers, by path; else 200. */
let answers: { [path: string]: number } = {};

const position = { x: 0, y: 0 };
const call = (id: string, path = `/${id}`, more: object = {}) => ({
  id,
  type: 'external-api',
  position,
  retryPolicy: { maxRetries: 0 },
  config: { method: 'POST', url: `${service.url}${path}`, body: { rate: '{{ variables.rate }}' } },
  ...more,
});

beforeAll(async () => {
  service = await startHttpService(({ path, headers }, response) =>
    answerJson(response, answers[path] ?? 200, { key: headers['idempotency-key'] }),
  );
  instances = await startTestInstances(2, { HEARTBEAT_MS: '500' });
  const ten = Array.from({ length: 10 }, (_, index) => call(`node_${index + 1}`));
  const edges = ten.slice(1).map(({ id }, index) => ({ source: `node_${index + 1}`, target: id }));
  await create({ id: 'ten', name: 'Ten', nodes: ten, edges });
});
afterAll(async () => {
  await instances.close();
  await service.close();
});
beforeEach(() => {
  answers = {};
});

const at = (index: number) => instances.servers[index % 2] as TestServer;
const server = () => at(0);

async function create(document: object): Promise<void> {
  expect((await server().call('POST', '/workflows', document)).status).toBe(201);
}

const run = async (workflowId: string, more: object = {}) =>
  (await server().call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId, ...more })).body.data;
const get = async (id: string, from = server()) =>
  (await from.call<ExecutionRecord>('GET', `/executions/${id}`)).body.data;

async function ended(id: string): Promise<ExecutionRecord> {
  for (;;) {
    const record = await get(id);
    if (record.endTime !== null) return record;
    await delay(20);
  }
}

const resume = <T = ResumeOutcome>(id: string, body: object = {}, headers = {}, on = server()) =>
  on.call<T>('POST', `/executions/${id}/resume`, body, headers);

/** Paths that were called since `from`. */
const called = (from: number) => service.requests.slice(from).map(({ path }) => path.slice(1));

describe('POST /executions/:id/resume', () => {
  test('goes on with the first node that has not completed, and says so', async () => {
    answers['/node_6'] = 500;
    const { id, status } = await run('ten', { context: { variables: { rate: 2 } } });
    expect(status).toBe('failed');
    const before = service.requests.length;
    const seq = (await get(id)).seq;
    const preview = await resume<ResumePreview>(id, { dryRun: true });
    const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `node_${from + n}`);
    const resumeContext = {
      executionId: id,
      checkpointNodeId: 'node_5',
      resumeFromNode: 'node_6',
      resumeFromNodes: ['node_6'],
      skippedNodes: names(1, 5),
      preservedState: { variables: { rate: 2 } },
    };
    expect(preview.body.data).toEqual({ canResume: true, resumeContext, willRun: names(6, 10), warnings: [] });
    expect((await get(id)).seq).toBe(seq);

    answers = {};
    const answer = await resume(id, { reason: 'Fixed' }, { 'x-user-id': 'ann' });
    const message = 'Successfully resumed from node: node_6';
    expect([answer.status, answer.body.message]).toEqual([200, message]);
    expect(answer.body.data).toEqual({ success: true, resumeContext, warnings: [], message });
    const record = await ended(id);
    expect(record.status).toBe('completed');
    expect(called(before)).toEqual(names(6, 10));
    expect(record.history).toMatchObject([{ type: 'resume', by: 'ann', reason: 'Fixed' }]);
    expect(record.nodes.map(({ run: times }) => times)).toEqual([1, 1, 1, 1, 1, 2, 1, 1, 1, 1]);
    const refused = await resume<ResumePreview>(id, { dryRun: true });
    expect(refused.body.data).toMatchObject({ canResume: false, willRun: [], reason: expect.any(String) as string });
  });

  test('takes corrected variables and configs for this execution alone, from either instance', async () => {
    answers['/node_2'] = 500;
    const { id } = await run('ten', { context: { variables: { rate: 2 } } });
    const before = service.requests.length;
    const config = { node_2: { url: `${service.url}/other`, headers: { authorization: 'Bearer secret' } } };
    const answer = await resume(id, { variables: { rate: 3 }, config }, { 'x-user-id': 'ann' }, at(1));
    expect(answer.body.data.resumeContext).toMatchObject({ preservedState: { variables: { rate: 3 } } });
    expect((await ended(id)).status).toBe('completed');
    expect(called(before)[0]).toBe('other');
    expect(service.requests[before]).toMatchObject({
      body: '{"rate":3}',
      headers: expect.objectContaining({ authorization: 'Bearer secret' }) as object,
    });
    const record = await get(id, at(1));
    expect(record.history).toMatchObject([
      { type: 'update-config', by: 'ann', nodeIds: ['node_2'] },
      { type: 'update-variables', by: 'ann', variables: ['rate'] },
      { type: 'resume', by: 'ann' },
    ]);
    const events = await server().call('GET', `/executions/${id}/events?limit=1000`);
    expect(JSON.stringify(events.body)).not.toContain('secret');
    const runs = await server().call('GET', `/executions/${id}/workflow`);
    expect(JSON.stringify(runs.body)).toContain('/other');
    const workflow = await server().call('GET', '/workflows/ten');
    expect(JSON.stringify(workflow.body)).not.toContain('/other');
  });

  test('runs a node and what depends on it again under new keys, and warns of what it does twice', async () => {
    const nodes = [call('a'), call('b'), call('c'), call('d')];
    const edges = [
      { source: 'a', target: 'b' },
      { source: 'a', target: 'c' },
      { source: 'b', target: 'd' },
    ];
    await create({ id: 'fork', name: 'Fork', nodes, edges });
    answers['/d'] = 500;
    const { id } = await run('fork');
    answers = {};
    const before = service.requests.length;
    const answer = await resume(id, { fromNodeId: 'b' });
    expect(answer.body.data).toMatchObject({
      resumeContext: { resumeFromNode: 'b', skippedNodes: ['a', 'c'] },
      warnings: [expect.stringContaining('"b" acts outside once more') as string],
    });
    await ended(id);
    expect(called(before)).toEqual(['b', 'd']);
    const keys = service.requests.filter(({ path }) => path === '/b').map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(2);
    const { body } = await server().call<{ runs: { run: number }[] }>('GET', `/executions/${id}/nodes/b`);
    expect(body.data.runs.map(({ run: number }) => number)).toEqual([1, 2]);
  });

  test('goes on under another revision that leaves alone what has run', async () => {
    const edges = [{ source: 'a', target: 'b' }];
    await create({ id: 'revised', name: 'Revised', nodes: [call('a'), call('b', '/wrong')], edges });
    answers['/wrong'] = 500;
    const { id } = await run('revised');
    await server().call('PUT', '/workflows/revised', { nodes: [call('a', '/changed'), call('b', '/right')] });
    const more = {
      nodes: [call('a'), call('b', '/right'), call('c')],
      edges: [...edges, { source: 'b', target: 'c' }],
    };
    await server().call('PUT', '/workflows/revised', more);
    const preview = await resume<ResumePreview>(id, { dryRun: true, workflowRevision: 2 });
    expect(preview.body.data).toMatchObject({
      canResume: false,
      compatible: false,
      reason: expect.stringContaining('a') as string,
    });
    const refused = await resume(id, { workflowRevision: 2 });
    expect([refused.status, refused.body.error]).toEqual([
      409,
      { code: 'REVISION_INCOMPATIBLE', details: { revision: 2, nodes: ['a'] } },
    ]);
    expect((await resume(id, { workflowRevision: 99 })).status).toBe(404);
    const fits = await resume<ResumePreview>(id, { dryRun: true, workflowRevision: 3 });
    expect(fits.body.data).toMatchObject({ canResume: true, compatible: true, willRun: ['b', 'c'] });
    expect((await resume(id, { workflowRevision: 3 })).status).toBe(200);
    const record = await ended(id);
    expect(record).toMatchObject({ status: 'completed', workflowRevision: 3 });
    expect(record.nodes.map(({ nodeId, status }) => [nodeId, status])).toEqual([
      ['a', 'completed'],
      ['b', 'completed'],
      ['c', 'completed'],
    ]);
    for (;;) {
      const list = await server().call<{ executions: ExecutionRow[] }>('GET', '/executions?workflowId=revised');
      const [row] = list.body.data.executions;
      if (row?.workflowRevision === 3 && row.stats.totalNodes === 3) break;
      await delay(20);
    }
    await server().call('GET', `/executions/${id}/events?limit=1000`);
  });

  test('that comes ten times at once, on two instances, sets it going once', async () => {
    const correction = { config: { node_1: { url: `${service.url}/node_1` } } };
    for (const body of [{}, correction]) {
      answers['/node_1'] = 500;
      const { id } = await run('ten');
      answers = {};
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, n) => resume(id, body, { 'x-user-id': `user-${n}` }, at(n))),
      );
      const winners = all.flatMap(({ status }, n) => (status === 200 ? [`user-${n}`] : []));
      expect(winners).toHaveLength(1);
      for (const { status, body: refused } of all.filter((each) => each.status !== 200)) {
        expect([status, refused.error]).toMatchObject([
          409,
          { code: 'INVALID_TRANSITION', details: { to: 'running', startedBy: { actor: winners[0] } } },
        ]);
      }
      const record = await ended(id);
      expect(record.history.filter(({ type }) => type === 'resume')).toHaveLength(1);
    }
  });

  test('gives its first answer again under the same key', async () => {
    answers['/node_3'] = 500;
    const { id } = await run('ten');
    answers = {};
    const headers = { 'idempotency-key': 'resume-1' };
    const first = await resume(id, { variables: { x: 1 } }, headers);
    await ended(id);
    const again = await resume(id, { variables: { x: 1 } }, headers, at(1));
    expect(again.body.data).toEqual(first.body.data);
    expect((await resume(id, { variables: { x: 2 } }, headers)).body.error).toMatchObject({ code: 'CONFLICT' });
  });

  test('refuses what does not fit, and changes nothing', async () => {
    answers['/node_2'] = 500;
    const { id, seq } = await run('ten');
    const refusal = async (body: object, headers = {}) => {
      const { status, body: answer } = await resume(id, body, headers);
      return [status, answer.error?.code, answer.error?.details];
    };
    expect(await refusal({ fromNodeId: 'nobody' })).toEqual([404, 'NOT_FOUND', { id, nodeId: 'nobody' }]);
    expect(await refusal({ fromNodeId: 'node_3' })).toEqual([409, 'CONFLICT', { nodes: ['node_2'] }]);
    expect(await refusal({ config: { node_1: { url: 'x' } } })).toMatchObject([
      400,
      'INVALID_PARAMS',
      [{ field: 'config.node_1' }],
    ]);
    expect(await refusal({ config: { nobody: {} } })).toMatchObject([
      400,
      'INVALID_PARAMS',
      [{ field: 'config.nobody' }],
    ]);
    expect(await refusal({ config: { node_2: { method: 5 } } })).toMatchObject([
      400,
      'INVALID_PARAMS',
      [{ field: 'config.node_2.method' }, { field: 'config.node_2.method' }],
    ]);
    expect(await refusal({ config: { node_2: 5 } })).toMatchObject([400, 'INVALID_PARAMS', [{ field: 'config' }]]);
    expect(await refusal({}, { 'if-match': String(seq - 1) })).toEqual([409, 'CONFLICT', { seq }]);
    expect((await get(id)).seq).toBe(seq);
  });
});

describe('POST /executions/:id/checkpoints', () => {
  test('marks the node that completed last, and is refused while there is none', async () => {
    answers['/node_2'] = 500;
    const { id } = await run('ten', { context: { variables: { rate: 2 } } });
    const body = { label: 'Before the fix', state: { by: 'hand' } };
    const made = await server().call<CheckpointRecord>('POST', `/executions/${id}/checkpoints`, body);
    expect([made.status, made.body.data]).toMatchObject([
      201,
      {
        nodeId: 'node_1',
        label: 'Before the fix',
        state: { variables: { rate: 2 }, outputs: { status: 200 }, custom: { by: 'hand' } },
      },
    ]);
    expect((await get(id)).checkpoints).toContainEqual(made.body.data);

    answers['/node_1'] = 500;
    const other = await run('ten');
    const none = await server().call('POST', `/executions/${other.id}/checkpoints`, {});
    expect([none.status, none.body.error?.code]).toEqual([409, 'CONFLICT']);
  });
});

describe('POST /executions/:id/rerun', () => {
  test('starts a new execution from what the old one began with, each replaceable', async () => {
    const started = {
      trigger: { type: 'manual', userId: 'ann', data: { order: 1 } },
      context: { environment: 'test', variables: { rate: 2 } },
      labels: { channel: 'shop' },
      priority: 3,
    };
    const old = await run('ten', started);
    const rerun = (body: object, headers = {}) =>
      server().call<ExecutionRecord>('POST', `/executions/${old.id}/rerun`, body, headers);
    const same = await rerun({});
    expect([same.status, same.body.data]).toMatchObject([201, { ...started, rerunOf: old.id, status: 'pending' }]);
    expect(same.body.data.id).not.toBe(old.id);
    expect((await ended(same.body.data.id)).status).toBe('completed');
    const replaced = await rerun({ trigger: { type: 'api' }, variables: { other: 1 }, revision: 1 });
    expect(replaced.body.data).toMatchObject({
      trigger: { type: 'api' },
      context: { environment: 'test', variables: { other: 1 } },
      workflowRevision: 1,
    });
    expect(replaced.body.data.context.variables).toEqual({ other: 1 });

    const headers = { 'idempotency-key': 'again-1' };
    const first = await rerun({}, headers);
    const second = await rerun({}, headers);
    expect([first.status, second.status, second.body.data.id]).toEqual([201, 200, first.body.data.id]);
    expect((await rerun({ variables: {} }, headers)).status).toBe(409);
    expect((await rerun({ revision: 99 })).status).toBe(404);
    expect((await rerun({}, { 'if-match': '1' })).body.error?.details).toEqual({ seq: old.seq });
  });
});
