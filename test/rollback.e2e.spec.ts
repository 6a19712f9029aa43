import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { RollbackAnswer } from '../src/engine/recovery/rollback-answer.js';
import { checkJournal } from '../src/engine/testing/check-journal.js';
import { Plans } from '../src/executions/plans.js';
import type { RollbackPointList } from '../src/recovery/rollback-manager.js';
import { RollbackManager } from '../src/recovery/rollback-manager.js';
import { readJournalAfter } from '../src/repositories/journal-rows.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';
import { type ApiAnswer, startTestInstances, type TestInstances, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

type Answer = ApiAnswer<RollbackAnswer>;

let instances: TestInstances;
let service: HttpService;
let shop: TestDatabase;
let client: Client;
let folder: string;
/** Paths that the service refuses, and requests that it holds until a test answers them. */
const refused = new Set<string>();
const holding = new Set<string>();
const held: ServerResponse[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retrace-rollback-'));
  shop = await createTestDatabase('template1');
  client = new Client(shop.connection);
  await client.connect();
  await client.query('CREATE TABLE orders (id int PRIMARY KEY, item text)');
  service = await startHttpService(({ method, path }, response) => {
    if (holding.has(`${method} ${path}`)) held.push(response);
    else if (refused.has(`${method} ${path}`)) answerJson(response, 500, { sorry: true });
    else answerJson(response, 200, { id: path.slice(1) });
  });
  const settings = { DATABASE_CONNECTIONS: 'SHOP', SHOP: shop.url, FILES_DIR: folder, SHUTDOWN_GRACE_MS: '200' };
  instances = await startTestInstances(2, settings);
  const ten = Array.from({ length: 10 }, (_, index) => call(`node_${index + 1}`));
  await store('ten', ten);
  await store('breaks', [
    call('a'),
    call('b'),
    { ...call('c'), config: { method: 'POST', url: `${service.url}/broken` } },
  ]);
  await store('mixed', [call('a'), { ...call('mail'), rollback: undefined }, call('c')]);
});
afterAll(async () => {
  await instances.close();
  await service.close();
  await client.end();
  await shop.drop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  service.requests.length = 0;
  refused.clear();
  holding.clear();
  held.length = 0;
});

const server = (): TestServer => instances.servers[0] as TestServer;
const other = (): TestServer => instances.servers[1] as TestServer;

/** A node that makes something, and unmakes it by what it got. */
const call = (id: string) => ({
  id,
  type: 'external-api',
  config: { method: 'POST', url: `${service.url}/${id}` },
  rollback: { method: 'DELETE', url: `${service.url}/{{ outputs.body.id }}` },
});

async function store(id: string, nodes: { id: string; rollback?: object }[], settings: object = {}): Promise<void> {
  const edges = nodes.slice(1).map((node, index) => ({ source: nodes[index]?.id, target: node.id }));
  const policy = { retryPolicy: { maxRetries: 0 } };
  const document = { id, name: id, nodes, edges, settings: { ...policy, ...settings } };
  const { status, body } = await server().call('POST', '/workflows', document);
  expect([status, body.error]).toEqual([201, undefined]);
}

async function run(workflowId: string, more: object = {}): Promise<string> {
  const body = { workflowId, ...more };
  const { body: answer } = await server().call<ExecutionRecord>('POST', '/executions?wait=20000', body);
  return answer.data.id;
}

const rollBack = (id: string, body: object, headers: Record<string, string> = {}, at = server()): Promise<Answer> =>
  at.call<RollbackAnswer>('POST', `/executions/${id}/rollback`, body, headers);

async function record(id: string): Promise<ExecutionRecord> {
  return (await server().call<ExecutionRecord>('GET', `/executions/${id}`)).body.data;
}

async function events(id: string) {
  const found = await readJournalAfter(server().database.pool, id, 0);
  return found?.events.map(({ event }) => event) ?? [];
}

async function expectLawful(id: string): Promise<void> {
  const { workflowId, workflowRevision } = await record(id);
  const plan = await server().app.get(Plans).get(workflowId, workflowRevision);
  checkJournal({ events: await events(id), plan });
}

const statuses = ({ nodes }: ExecutionRecord) =>
  Object.fromEntries(nodes.map(({ nodeId, status }) => [nodeId, status]));
const deletions = () => service.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

describe('an execution of ten nodes', () => {
  it('goes back to node_5: the compensating requests come in reverse order, then a resume runs node_6 onwards', async () => {
    const id = await run('ten');
    const { body: planned } = await rollBack(id, { targetNodeId: 'node_5', dryRun: true });
    expect(planned.data).toMatchObject({ success: true, status: 'planned', rolledBackTo: 'node_5' });
    expect(planned.data.plan.steps.map(({ nodeId }) => nodeId)).toEqual([
      'node_10',
      'node_9',
      'node_8',
      'node_7',
      'node_6',
    ]);
    expect(planned.data.plan.steps[0]).toMatchObject({
      order: 1,
      nodeType: 'external-api',
      run: 1,
      effect: 'external',
      action: 'compensate',
      description: `DELETE ${service.url}/node_10`,
      warnings: [],
    });
    expect(deletions()).toEqual([]);
    const headers = { 'x-user-id': 'ann' };
    const request = { targetNodeId: 'node_5', planHash: planned.data.plan.hash, reason: 'Wrong prices' };
    const { status, body } = await rollBack(id, request, headers);
    expect([status, body.message]).toEqual([200, 'Rollback completed successfully']);
    expect(body.data).toMatchObject({
      success: true,
      status: 'completed',
      rolledBackTo: 'node_5',
      affectedNodes: ['node_6', 'node_7', 'node_8', 'node_9', 'node_10'],
      message: 'Successfully rolled back to node: node_5',
      warnings: [],
    });
    expect(deletions()).toEqual(['/node_10', '/node_9', '/node_8', '/node_7', '/node_6']);
    const made = service.requests.find(({ method, path }) => method === 'POST' && path === '/node_10');
    const unmade = service.requests.find(({ method, path }) => method === 'DELETE' && path === '/node_10');
    expect(unmade?.headers['idempotency-key']).toBe(`${made?.headers['idempotency-key'] as string}_undo`);
    const after = await record(id);
    expect(after).toMatchObject({ status: 'paused', activity: null, endTime: null });
    expect(after.nodes[5]).toMatchObject({ status: 'pending', run: 2, rolledBackAt: expect.any(Number) as number });
    expect(after.history).toMatchObject([{ type: 'rollback', by: 'ann', reason: 'Wrong prices' }]);
    expect(after.rollbacks).toMatchObject([
      { targetNodeId: 'node_5', by: 'ann', force: false, status: 'completed', warnings: [] },
    ]);
    expect(after.rollbacks[0]?.nodes[0]).toEqual({ nodeId: 'node_10', outcome: 'undone', attempts: 1 });

    service.requests.length = 0;
    const resumed = await server().call('POST', `/executions/${id}/resume`);
    expect(resumed.body.data).toMatchObject({
      success: true,
      resumeContext: {
        checkpointNodeId: 'node_5',
        resumeFromNode: 'node_6',
        resumeFromNodes: ['node_6'],
        skippedNodes: ['node_1', 'node_2', 'node_3', 'node_4', 'node_5'],
      },
    });
    await until(async () => (await record(id)).status === 'completed');
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /node_6',
      'POST /node_7',
      'POST /node_8',
      'POST /node_9',
      'POST /node_10',
    ]);
    expect((await record(id)).nodes.map((node) => node.run)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    await expectLawful(id);
  });

  it('names its rollback points', async () => {
    const id = await run('ten');
    const path = `/executions/${id}/rollback-points`;
    const { body } = await server().call<RollbackPointList>('GET', `${path}?page=2&pageSize=4`);
    expect(body.data).toMatchObject({ executionId: id, count: 10 });
    expect(body.data.rollbackPoints.map(({ nodeId }) => nodeId)).toEqual(['node_5', 'node_6', 'node_7', 'node_8']);
    expect(body.data.rollbackPoints[0]).toMatchObject({
      nodeName: 'node_5',
      canRollback: true,
      safe: true,
      warnings: [],
      state: { variables: {}, outputs: { body: { id: 'node_5' } } },
    });
  });

  it('goes back to the start, and the counters of ended executions forget it', async () => {
    const id = await run('ten');
    const total = async () =>
      (await server().call<{ byStatus: Record<string, number> }>('GET', '/executions/stats?workflowId=ten')).body.data
        .byStatus.completed ?? 0;
    const before = await total();
    const { body } = await rollBack(id, { toStart: true });
    expect(body.data).toMatchObject({
      success: true,
      rolledBackTo: null,
      message: 'Successfully rolled back to the start',
    });
    expect(deletions()).toHaveLength(10);
    expect(await total()).toBe(before - 1);
    expect(await rollBack(id, { toStart: true })).toMatchObject({ body: { data: { affectedNodes: { length: 10 } } } });
    expect(deletions()).toHaveLength(10);
  });
});

describe('a rollback whose second handler fails for good', () => {
  it('stops, refuses a resume, and is finished by the repeated call', async () => {
    const id = await run('ten');
    refused.add('DELETE /node_9');
    const { status, body } = await rollBack(id, { targetNodeId: 'node_7' });
    expect([status, body.message]).toEqual([200, 'Rollback stopped']);
    expect(body.data).toMatchObject({
      success: false,
      status: 'stopped',
      rolledBack: ['node_10'],
      failedNodeId: 'node_9',
      remaining: ['node_9', 'node_8'],
      error: { code: 'HTTP_500' },
    });
    expect(await record(id)).toMatchObject({
      status: 'paused',
      activity: 'rollback-stopped',
      attention: 'rollback-stopped',
      rollbacks: [{ status: 'stopped' }],
    });
    const resume = await server().call('PUT', `/executions/${id}/status`, { status: 'running' });
    expect([resume.status, resume.body.error?.code]).toEqual([409, 'CONFLICT']);
    const removal = await server().call('DELETE', `/executions/${id}`);
    expect(removal.status).toBe(409);
    const explained = await server().call('GET', `/executions/${id}/explain`);
    expect(explained.body.data).toMatchObject({
      code: 'ROLLBACK_STOPPED',
      actions: [
        { action: 'settle', nodeId: 'node_9', path: `/api/v2/executions/${id}/nodes/node_9/settle` },
        { action: 'rollback', method: 'POST', body: { targetNodeId: 'node_7' } },
        { action: 'cancel' },
      ],
    });

    refused.clear();
    const again = await rollBack(id, { targetNodeId: 'node_7' }, {}, other());
    expect(again.body.data).toMatchObject({ success: true, status: 'completed' });
    expect(deletions()).toEqual(['/node_10', '/node_9', '/node_9', '/node_8']);
    await expectLawful(id);
  });

  it('goes on behind the node once a person has undone it by hand', async () => {
    const id = await run('ten');
    refused.add('DELETE /node_9');
    await rollBack(id, { targetNodeId: 'node_7' });
    const path = `/executions/${id}/nodes/node_9/settle`;
    const settled = await server().call('POST', path, { status: 'completed', reason: 'Deleted in the shop' });
    expect(settled.status).toBe(200);
    const again = await rollBack(id, { targetNodeId: 'node_7' });
    expect(again.body.data).toMatchObject({ success: true, status: 'completed' });
    expect(deletions()).toEqual(['/node_10', '/node_9', '/node_8']);
    await expectLawful(id);
  });
});

describe('what is refused', () => {
  it('changes nothing, byte for byte: an unsafe rollback without force', async () => {
    const id = await run('mixed');
    const before = JSON.stringify(await events(id));
    const { status, body } = await rollBack(id, { targetNodeId: 'a' });
    expect([status, body.error?.code]).toEqual([409, 'ROLLBACK_UNSAFE']);
    expect(body.error?.details).toMatchObject({ warnings: [expect.stringContaining('"mail"')] });
    expect(JSON.stringify(await events(id))).toBe(before);
    expect(deletions()).toEqual([]);
    const forced = await rollBack(id, { targetNodeId: 'a', force: true });
    expect(forced.body.data).toMatchObject({ success: true, warnings: [expect.stringContaining('"mail"')] });
    expect(deletions()).toEqual(['/c']);
    expect((await record(id)).rollbacks[0]?.nodes).toMatchObject([
      { nodeId: 'c', outcome: 'undone' },
      { nodeId: 'mail', outcome: 'left' },
    ]);
  });

  it('is a stale plan, a target that is not there or has not completed, and one that runs', async () => {
    const id = await run('breaks', {});
    refused.add('POST /broken');
    const failed = await run('breaks');
    const codes = [
      await rollBack(id, { targetNodeId: 'a', planHash: 'old' }),
      await rollBack(id, { targetNodeId: 'nobody' }),
      await rollBack(failed, { targetNodeId: 'c' }),
      await rollBack('nobody', { targetNodeId: 'a' }),
      await rollBack(id, {}),
      await rollBack(id, { targetNodeId: null }),
      await rollBack(id, { targetNodeId: 'a', toStart: true }),
      await rollBack(id, { targetNodeId: 'a', dryrun: true }),
    ].map(({ status, body }) => `${status} ${body.error?.code}`);
    expect(codes).toEqual([
      '409 PLAN_CHANGED',
      '404 NOT_FOUND',
      '409 CONFLICT',
      '404 NOT_FOUND',
      ...Array.from({ length: 4 }, () => '400 INVALID_PARAMS'),
    ]);
    expect(deletions()).toEqual([]);
  });
});

describe('a long rollback', () => {
  it('is answered at once when that is preferred, else at the latest after a while; the same call waits again', async () => {
    const id = await run('ten');
    holding.add('DELETE /node_10');
    const asked = await rollBack(id, { targetNodeId: 'node_8' }, { prefer: 'respond-async' });
    expect(asked.status).toBe(202);
    expect(asked.body.data).toMatchObject({ success: false, status: 'in-progress' });
    const manager = server().app.get(RollbackManager);
    const { waitMs } = manager;
    manager.waitMs = 20;
    expect((await rollBack(id, { targetNodeId: 'node_8' })).body.data.status).toBe('in-progress');
    manager.waitMs = waitMs;
    expect((await rollBack(id, { targetNodeId: 'node_7' })).body.error?.code).toBe('CONFLICT');
    const waiting = [rollBack(id, { targetNodeId: 'node_8' }), rollBack(id, { targetNodeId: 'node_8' }, {}, other())];
    await until(() => held.length === 1);
    holding.clear();
    answerJson(held[0] as ServerResponse, 200, {});
    for (const { body } of await Promise.all(waiting)) expect(body.data).toMatchObject({ status: 'completed' });
    expect(deletions()).toEqual(['/node_10', '/node_9']);
  });

  it('with a key gives its first answer again, also when the execution has gone on', async () => {
    const id = await run('ten');
    const key = { 'idempotency-key': 'back' };
    const first = await rollBack(id, { targetNodeId: 'node_8' }, key);
    await server().call('PUT', `/executions/${id}/status`, { status: 'running' });
    await until(async () => (await record(id)).status === 'completed');
    const again = await rollBack(id, { targetNodeId: 'node_8' }, key, other());
    expect(again.body.data).toEqual(first.body.data);
    expect(deletions()).toEqual(['/node_10', '/node_9']);
  });

  it('is one, whoever asks for it at the same time on two instances', async () => {
    const id = await run('ten');
    const asked = Array.from({ length: 10 }, (_, index) =>
      rollBack(id, { targetNodeId: 'node_6' }, {}, index % 2 === 0 ? server() : other()),
    );
    for (const { status, body } of await Promise.all(asked)) {
      if (status === 200) expect(body.data).toMatchObject({ status: 'completed', affectedNodes: { length: 4 } });
      else expect(status).toBe(409);
    }
    expect(deletions()).toEqual(['/node_10', '/node_9', '/node_8', '/node_7']);
    expect((await record(id)).rollbacks).toHaveLength(1);
    await expectLawful(id);
  });

  it('goes on at another instance when its own one stops', async () => {
    const third = await instances.add();
    const workflow = { workflowId: 'ten' };
    const started = await third.call<ExecutionRecord>('POST', '/executions?wait=20000', workflow);
    const { id } = started.body.data;
    holding.add('DELETE /node_9');
    const asked = await rollBack(id, { targetNodeId: 'node_7' }, { prefer: 'respond-async' }, third);
    expect(asked.status).toBe(202);
    await until(() => held.length === 1);
    holding.clear();
    await third.close();
    instances.servers.pop();
    await until(async () => (await record(id)).activity === null);
    expect(deletions()).toEqual(['/node_10', '/node_9', '/node_9', '/node_8']);
    const keys = service.requests
      .filter(({ method, path }) => method === 'DELETE' && path === '/node_9')
      .map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    await expectLawful(id);
  });
});

describe('a rollback that nobody is there to force', () => {
  it('undoes everything when a node fails and the workflow says so', async () => {
    refused.add('POST /broken');
    const broken = { ...call('c'), config: { method: 'POST', url: `${service.url}/broken` } };
    await store('undoes', [call('a'), call('b'), broken], { errorHandling: 'rollback' });
    const id = await run('undoes');
    expect(deletions()).toEqual(['/b', '/a']);
    const found = await record(id);
    expect(found).toMatchObject({ status: 'failed', activity: null, error: { code: 'HTTP_500', failedNodeId: 'c' } });
    expect(statuses(found)).toEqual({ a: 'pending', b: 'pending', c: 'pending' });
    expect(found.rollbacks).toMatchObject([{ force: true, status: 'completed', targetNodeId: null }]);
    await expectLawful(id);
  });

  it('undoes everything before a cancellation that asks for it, which tells so before', async () => {
    refused.add('POST /broken');
    const id = await run('breaks');
    refused.clear();
    await rollBack(id, { targetNodeId: 'b' });
    const cancel = (body: object) => server().call('POST', `/executions/${id}/cancel`, body);
    const { body: preview } = await cancel({ rollback: true, dryRun: true });
    expect(preview.data).toMatchObject({ willAbort: [], warnings: [], plan: { targetNodeId: null } });
    expect(deletions()).toEqual([]);
    const { body } = await cancel({ rollback: true, reason: 'Not wanted' });
    expect(body.data).toMatchObject({ status: 'cancelled', activity: null });
    expect(deletions()).toEqual(['/b', '/a']);
    await expectLawful(id);
  });
});

describe('the compensations of built-in nodes', () => {
  it('are for real: SQL in a transaction, the old content of a file, variables as before', async () => {
    await writeFile(join(folder, 'note.txt'), 'old');
    const sql = (id: string, text: string, params: unknown[], rollback: object) => ({
      id,
      type: 'database',
      config: { connection: 'SHOP', sql: text, params },
      rollback,
    });
    const nodes = [
      { id: 'first', type: 'set-variables', config: { variables: { shop: 'old' } } },
      sql('insert', 'INSERT INTO orders VALUES ($1, $2) RETURNING id', [7, 'tea'], {
        sql: 'DELETE FROM orders WHERE id = $1',
        params: ['{{ outputs.rows[0].id }}'],
      }),
      { id: 'write', type: 'file-write', config: { path: 'note.txt', content: 'new' } },
      { id: 'second', type: 'set-variables', config: { variables: { shop: 'new' } } },
    ];
    await store('for_real', nodes);
    const id = await run('for_real');
    const rows = async () => (await client.query('SELECT id, item FROM orders')).rows as unknown[];
    const note = () => readFile(join(folder, 'note.txt'), 'utf8');
    expect([await rows(), await note()]).toEqual([[{ id: 7, item: 'tea' }], 'new']);
    const { body } = await rollBack(id, { targetNodeId: 'first' });
    expect(body.data).toMatchObject({ status: 'completed', affectedNodes: ['insert', 'write', 'second'] });
    expect([await rows(), await note()]).toEqual([[], 'old']);
    const { body: points } = await server().call<RollbackPointList>('GET', `/executions/${id}/rollback-points`);
    expect(points.data.rollbackPoints).toMatchObject([{ nodeId: 'first', state: { variables: { shop: 'old' } } }]);
    await server().call('PUT', `/executions/${id}/status`, { status: 'running' });
    await until(async () => (await record(id)).status === 'completed');
    expect([await rows(), await note()]).toEqual([[{ id: 7, item: 'tea' }], 'new']);
    await expectLawful(id);
  });
});
