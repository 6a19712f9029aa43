import { setTimeout as delay } from 'node:timers/promises';
import { ServerState } from '../src/config/server-state.js';
import type { JournalEvent } from '../src/engine/journal/events.js';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { PostedCommands } from '../src/executions/posted-commands.js';
import { ExecutionConfigRepository } from '../src/repositories/execution-config.repository.js';
import { InstanceIdentity } from '../src/repositories/instance-identity.js';
import type { ApiOperation, PlacedOperation } from './support/api-contract.js';
import { everyEvent } from './support/every-event.js';
import { requestBytes, sendBytes } from './support/raw-request.js';
import { StoredExecutions } from './support/stored-executions.js';
import type { OpenTestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

interface Request {
  path?: Json;
  query?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

interface Answer {
  status: number;
  body: { data: Json; error?: { code: string; details?: unknown } };
}

/** The ways in which operations can fail that nothing here brings about, with the reason. */
const NOT_PROVOKED = new Set([
  'createExecution CreationUnknown: the database has to be silent for 30 s',
  'rerunExecution CreationUnknown: likewise',
]);

let server: TestServer;
let stored: StoredExecutions;
const open: TestServer[] = [];

beforeAll(async () => {
  server = await startTestServer();
  open.push(server);
  const identity = new InstanceIdentity();
  stored = await new StoredExecutions({ database: server.database, identity } as OpenTestDatabase).begin();
});
afterAll(() => Promise.all(open.map((one) => one.close())));

function find(operationId: string): PlacedOperation {
  const found = server.contract.operations.find(({ operation }) => operation.operationId === operationId);
  if (!found) throw new Error(`There is no operation ${operationId}`);
  return found;
}

/** What was brought about: `<operationId> <status>` of successes, `<operationId> <name>` of failures. */
const seen = new Set<string>();

/** Sends a request to an operation, with the examples of its path unless others are given; the answer is held against the document. */
async function ask(operationId: string, { path = {}, query = '', body, headers = {} }: Request = {}, to = server) {
  const placed = find(operationId);
  const { method, operation } = placed;
  const filled = placed.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const example = operation.parameters.find((parameter) => parameter.name === name)?.example;
    return encodeURIComponent(String(path[name] ?? example));
  });
  const response = await fetch(`${to.url}${filled}${query}`, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer: Answer = { status: response.status, body: (await read(response)) as Answer['body'] };
  to.contract.check(method, `${filled}${query}`, { ...answer, headers: response.headers });
  if (response.ok) seen.add(`${operationId} ${response.status}`);
  for (const name of failureNames(placed, response.status)) {
    if (to.contract.compile(['components', 'schemas', name])(answer.body)) seen.add(`${operationId} ${name}`);
  }
  return answer;
}

/** What an answer holds; of a stream of events, which never ends, its beginning. */
async function read(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type');
  if (type?.startsWith('application/json')) return response.json();
  if (!type?.startsWith('text/event-stream')) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []).toString();
}

/** The failures that an operation may answer under a status. */
function failureNames(placed: PlacedOperation, status: number | string): string[] {
  if (Number(status) < 400) return [];
  const { schema } = server.contract.responseAt(placed.path, placed, status)[1].content['application/json'];
  const alternatives = (schema.anyOf ?? [schema]) as { $ref: string }[];
  return alternatives.map(({ $ref }) => $ref.split('/').at(-1) as string);
}

const examplesOf = ({ requestBody }: ApiOperation) =>
  Object.values(requestBody?.content['application/json'].examples ?? {}).map(({ value }) => value);

async function expectFailure(name: string, operationId: string, request: Request = {}): Promise<void> {
  const { status, body } = await ask(operationId, request);
  const fits = failureNames(find(operationId), status).includes(name);
  const isIt = fits && server.contract.compile(['components', 'schemas', name])(body);
  expect([operationId, name, status, isIt]).toEqual([operationId, name, status, true]);
}

/** Runs an execution until it is as wished. */
async function until(id: string, isThere: (record: ExecutionRecord) => boolean): Promise<void> {
  while (!isThere((await ask('getExecution', { path: { id } })).body.data as unknown as ExecutionRecord))
    await delay(20);
}

async function startWaiting(): Promise<string> {
  const { body } = await ask('createExecution', { body: { workflowId: 'waiting' } });
  const id = body.data.id as string;
  await until(id, ({ activity }) => activity === 'waiting');
  return id;
}

async function pauseWaiting(): Promise<string> {
  const id = await startWaiting();
  await ask('changeStatus', { path: { id }, body: { status: 'paused' } });
  return id;
}

const position = { x: 0, y: 0 };
const SMALL = { name: 'Small', nodes: [{ id: 'say', type: 'log', position, config: { message: 'hi' } }], edges: [] };
const WAITING = {
  id: 'waiting',
  name: 'Waiting',
  nodes: [
    { id: 'nap', type: 'delay', position, config: { duration: 3_600_000 } },
    { id: 'call', type: 'external-api', position, config: { method: 'GET', url: 'http://127.0.0.1:1/' } },
    { id: 'either', type: 'condition', position, config: { expression: 'true' } },
  ],
  edges: [{ source: 'nap', target: 'call' }],
};

describe('every operation', () => {
  test('takes the examples of its requests, and answers in every way that the document describes', async () => {
    const ended = await takeExamples();
    await readEverything(ended);
    await failByRequest();
    await failByWorkflow();
    await failByExecution(ended);
    await failBySize();
    await failByToken();
    await removeEverything(ended);
    await failByServer();

    const missing = server.contract.operations.flatMap((placed) => {
      const { operationId, responses } = placed.operation;
      return Object.keys(responses).flatMap((status) => {
        const ways = Number(status) < 400 ? [status] : failureNames(placed, status);
        return ways.map((way) => `${operationId} ${way}`).filter((way) => !seen.has(way));
      });
    });
    // One fault stands for all: nothing in an operation decides how a fault is answered.
    const other = missing.filter((way) => !way.endsWith(' InternalError'));
    expect(other.sort()).toEqual([...NOT_PROVOKED].map((text) => text.split(':', 1)[0]));
    expect(seen).toContain('listWorkflows InternalError');
  });
});

/** Sends every example of a request; gives the execution that ended. */
async function takeExamples(): Promise<string> {
  const take = async (operationId: string, path: Json = {}) => {
    for (const body of examplesOf(find(operationId).operation)) {
      const answer = await ask(operationId, { path, body });
      expect([operationId, body, answer.status < 300, answer.body.error]).toEqual([operationId, body, true, undefined]);
    }
  };
  await take('createWorkflow');
  await take('createExecution');
  await ask('createWorkflow', { body: WAITING });
  await take('validateWorkflow');
  await take('importWorkflows');
  await take('updateWorkflow');
  await take('cloneWorkflow');
  await take('changeStatus', { id: await startWaiting() });
  await take('cancelExecution', { id: await startWaiting() });
  await take('settleNode', { id: await pauseWaiting(), nodeId: 'nap' });
  await takeRollbacks(take);
  await take('resumeExecution', { id: await pauseWaiting() });
  await take('createCheckpoint', { id: await pauseWaiting() });
  await take('rerunExecution', { id: await runPaid() });
  await take('cleanUpExecutions');

  const [order] = examplesOf(find('createExecution').operation);
  const headers = { 'idempotency-key': 'order-4711', 'x-user-id': 'Zo%C3%AB' };
  const first = await ask('createExecution', { body: order, headers, query: '?wait=20000' });
  const again = await ask('createExecution', { body: order, headers });
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(first.body.data).toMatchObject({ status: 'completed', result: { total: 52.5, freeShipping: true } });
  await expectFailure('KeyTaken', 'createExecution', { body: { workflowId: 'wf_orders' }, headers });
  return first.body.data.id as string;
}

/** Reads what there is, in every form. */
async function runPaid(): Promise<string> {
  const { body } = await ask('createExecution', { body: { workflowId: 'paid' }, query: '?wait=20000' });
  return body.data.id as string;
}

async function takeRollbacks(take: (operationId: string, path: Json) => Promise<void>): Promise<void> {
  const log = (id: string) => ({ id, type: 'log', position, config: { message: 'hi' } });
  const edges = [{ source: 'reserve', target: 'charge' }];
  await ask('createWorkflow', { body: { id: 'paid', name: 'Paid', nodes: [log('reserve'), log('charge')], edges } });
  const path = { id: await runPaid() };
  await take('rollBackExecution', path);
  await ask('listRollbackPoints', { path });
  await ask('rollBackExecution', { path, body: { toStart: true }, headers: { prefer: 'respond-async' } });
}

async function readEverything(ended: string): Promise<void> {
  const everything = await stored.add({ workflowId: 'waiting', status: 'paused', events: everyEvent('waiting') });
  await server.app.get(ExecutionConfigRepository).keep('cmd_1', everything, { call: { url: 'y' } });
  const handled = server.contract.operations.filter(({ method, path }) => method === 'GET' && !path.includes('{'));
  for (const { operation } of handled) expect((await ask(operation.operationId)).status).toBe(200);
  for (const operationId of ['getWorkflow', 'getNodeStatistics', 'listRevisions']) await ask(operationId);
  await ask('getRevision', { path: { revision: 1 } });
  await ask('compareRevisions');
  await ask('restoreRevision', { path: { revision: 1 } });
  await ask('getExecutionStatistics', { query: '?interval=hour' });
  await ask('listExecutions', { query: '?page=1&label.channel=shop' });
  for (const id of [ended, everything]) {
    for (const operationId of [
      'getExecution',
      'getProgress',
      'explainExecution',
      'listLogs',
      'listMetrics',
      'listExecutionNodes',
      'getExecutedWorkflow',
    ]) {
      expect((await ask(operationId, { path: { id } })).status).toBe(200);
    }
  }
  await ask('getExecution', { path: { id: ended }, query: '?nodes=light' });
  await ask('getExecution', { path: { id: ended }, query: '?atSeq=2' });
  await ask('getExecutionNode', { path: { id: ended, nodeId: 'total' } });
  for (const nodeId of ['nap', 'call', 'either']) await ask('getExecutionNode', { path: { id: everything, nodeId } });
  const events = await ask('listEvents', { path: { id: everything }, query: '?limit=1000' });
  const types = (events.body.data.events as { type: string }[]).map(({ type }) => type);
  expect(new Set(types)).toEqual(new Set(everyEvent('waiting').map(({ type }) => type)));
}

/** What any operation refuses, by its form. */
async function failByRequest(): Promise<void> {
  for (const { method, operation } of server.contract.operations) {
    const { operationId } = operation;
    await expectFailure('InvalidParams', operationId, { query: '?nonsense=1' });
    if (operation.responses['403']) {
      await expectFailure('Forbidden', operationId, { headers: { origin: 'https://evil.example.com' } });
    }
    if (method === 'GET') continue;
    await expectFailure('UnsupportedMediaType', operationId, { body: 'x', headers: { 'content-type': 'text/plain' } });
  }
}

/** Bodies that are too large: the announcement is enough. */
async function failBySize(): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': String(200 * 1024 * 1024) };
  for (const { method, path, operation } of server.contract.operations) {
    if (method === 'GET') continue;
    const answer = await sendBytes(server.url, requestBytes({ method, path, headers }), false);
    const body: unknown = JSON.parse(answer.body);
    server.contract.check(method, path, { status: answer.status, headers: new Headers(answer.headers), body });
    expect([operation.operationId, answer.status]).toEqual([operation.operationId, 413]);
    seen.add(`${operation.operationId} PayloadTooLarge`);
  }
}

async function failByToken(): Promise<void> {
  const guarded = await startTestServer({ API_TOKEN: 'geheim' });
  open.push(guarded);
  for (const { operation } of server.contract.operations) {
    const { status } = await ask(operation.operationId, {}, guarded);
    expect([operation.operationId, status === 401]).toEqual([
      operation.operationId,
      operation.responses['401'] !== undefined,
    ]);
  }
}

async function failByWorkflow(): Promise<void> {
  const nobody = { id: 'nobody' };
  for (const placed of server.contract.operations) {
    const { operationId } = placed.operation;
    const body = operationId === 'updateWorkflow' ? {} : undefined;
    if (failureNames404(placed).includes('WorkflowNotFound')) {
      await expectFailure('WorkflowNotFound', operationId, { path: { ...nobody, revision: 1 }, body });
    }
    if (failureNames404(placed).includes('RevisionNotFound')) {
      await expectFailure('RevisionNotFound', operationId, { path: { revision: 99, b: 99 } });
    }
  }
  await expectFailure('WorkflowsNotFound', 'exportWorkflows', { query: '?ids=nobody' });
  await expectFailure('WorkflowExists', 'createWorkflow', { body: { ...SMALL, id: 'wf_orders' } });
  const headers = { 'if-match': '99' };
  await expectFailure('WorkflowChanged', 'updateWorkflow', { body: { description: 'x' }, headers });
  await expectFailure('WorkflowChanged', 'restoreRevision', { path: { revision: 1 }, headers });

  const invalid = { ...SMALL, nodes: [{ id: 'say', type: 'nothing' }, 5] };
  await expectFailure('InvalidWorkflow', 'createWorkflow', { body: invalid });
  await expectFailure('InvalidWorkflow', 'updateWorkflow', { body: { nodes: invalid.nodes } });
  // As if the server no longer had one of its node types.
  await ask('createWorkflow', { body: { ...SMALL, id: 'old' } });
  await server.database.pool.query(
    `UPDATE workflow_revisions SET content = replace(content, '"log"', '"gone"') WHERE workflow_id = 'old'`,
  );
  await expectFailure('InvalidWorkflow', 'cloneWorkflow', { path: { id: 'old' }, body: {} });
  await expectFailure('InvalidWorkflow', 'restoreRevision', { path: { id: 'old', revision: 1 } });
}

const failureNames404 = (placed: PlacedOperation) =>
  placed.operation.responses['404'] ? failureNames(placed, 404) : [];

async function failByExecution(ended: string): Promise<void> {
  const pause = { status: 'paused' };
  const skip = { status: 'skipped', reason: 'Not needed' };
  const at = (id: string, nodeId: string) => ({ id, nodeId });
  for (const placed of server.contract.operations) {
    const { operationId } = placed.operation;
    if (!failureNames404(placed).includes('ExecutionNotFound') || operationId === 'createExecution') continue;
    const body = { changeStatus: pause, settleNode: skip, rollBackExecution: { toStart: true } }[operationId];
    await expectFailure('ExecutionNotFound', operationId, { path: { id: 'nobody' }, body });
  }
  await expectFailure('NodeNotFound', 'getExecutionNode', { path: { id: ended, nodeId: 'nobody' } });
  await expectFailure('NodeNotFound', 'settleNode', { path: { id: ended, nodeId: 'nobody' }, body: skip });
  const busy = await stored.add({
    workflowId: 'waiting',
    status: 'paused',
    events: everyEvent('waiting', 'execution:rollback-stopped'),
  });
  const held = await stored.add({ workflowId: 'waiting', status: 'paused', owner: 'somebody' });
  await server.database.pool.query(
    `INSERT INTO instances (id, host, boot_id, pid, pid_start, heartbeat_at)
     VALUES ('somebody', 'elsewhere', '', 1, '', clock_timestamp() + interval '1 hour')`,
  );
  const posted = server.app.get(PostedCommands);
  const { waitMs } = posted;
  for (const [operationId, body] of [
    ['changeStatus', pause],
    ['cancelExecution', { rollback: true }],
    ['settleNode', skip],
    ['rollBackExecution', { toStart: true }],
    ['resumeExecution', {}],
    ['createCheckpoint', {}],
  ] as const) {
    const [fit, unfit] = operationId === 'rollBackExecution' ? [await runPaid(), await startWaiting()] : [ended, ended];
    const keyed = { 'idempotency-key': operationId };
    await ask(operationId, { path: at(fit, 'total'), body: { ...body, reason: 'first' }, headers: keyed });
    await expectFailure('ExecutionMovedOn', operationId, {
      path: at(fit, 'total'),
      body,
      headers: { 'if-match': '99' },
    });
    // A checkpoint is made in any status.
    if (operationId !== 'createCheckpoint') {
      await expectFailure('InvalidTransition', operationId, { path: at(unfit, 'total'), body });
    }
    await expectFailure('ExecutionBusy', operationId, { path: at(busy, 'nap'), body });
    await expectFailure('CommandKeyTaken', operationId, { path: at(fit, 'total'), body, headers: keyed });
    posted.waitMs = 50;
    await expectFailure('CommandUnanswered', operationId, { path: at(held, 'nap'), body });
    posted.waitMs = waitMs;
  }
  await failByRollback();
  await failByResume();
  await failByRerun();
  const napping = await pauseWaiting();
  await ask('settleNode', { path: at(napping, 'call'), body: skip });
  await expectFailure('DependantsBegun', 'settleNode', { path: at(napping, 'nap'), body: skip });
  await expectFailure('ExecutionBusy', 'deleteExecution', { path: { id: await startWaiting() } });
  const gone = await stored.add({ workflowId: 'nobody' });
  await expectFailure('RevisionGone', 'getExecutedWorkflow', { path: { id: gone } });

  await expectFailure('NothingToRun', 'createExecution', { body: { workflowId: 'nobody' } });
  await expectFailure('NothingToRun', 'createExecution', { body: { workflowId: 'wf_orders', revision: 99 } });
  await ask('createWorkflow', { body: { ...SMALL, id: 'inactive', status: 'inactive' } });
  await expectFailure('WorkflowInactive', 'createExecution', { body: { workflowId: 'inactive' } });
  await server.database.pool.query('ALTER TABLE executions ADD CONSTRAINT no_99 CHECK (priority <> 99)');
  await expectFailure('Unstorable', 'createExecution', { body: { workflowId: 'wf_orders', priority: 99 } });
}

async function failByRollback(): Promise<void> {
  const attempt = { nodeId: 'call', run: 1, attempt: 1 };
  const [created, started] = everyEvent('waiting');
  const acted = [
    created,
    started,
    { type: 'node:started', timestamp: 1002, ...attempt, key: 'rt_1', instance: 'in_1', config: { method: 'POST' } },
    { type: 'node:completed', timestamp: 1003, ...attempt, startTime: 1002, startSeq: 2, outputs: {} },
    { type: 'execution:completed', timestamp: 1004 },
  ] as JournalEvent[];
  const id = await stored.add({ workflowId: 'waiting', status: 'completed', events: acted });
  const refused = (name: string, body: object) => expectFailure(name, 'rollBackExecution', { path: { id }, body });
  await refused('NodeNotFound', { targetNodeId: 'nobody' });
  await refused('TargetNotCompleted', { targetNodeId: 'nap' });
  await refused('PlanChanged', { toStart: true, planHash: 'old' });
  await refused('RollbackUnsafe', { toStart: true });
}

async function failByResume(): Promise<void> {
  const path = { id: await pauseWaiting() };
  const refused = (name: string, body: object) => expectFailure(name, 'resumeExecution', { path, body });
  await refused('NodeNotFound', { fromNodeId: 'nobody' });
  await refused('DependenciesOpen', { fromNodeId: 'call' });
  await refused('NoSuchRevision', { workflowRevision: 99 });
  const nodes = WAITING.nodes.map((node) =>
    node.id === 'either' ? { ...node, config: { expression: 'false' } } : node,
  );
  await ask('updateWorkflow', { path: { id: 'waiting' }, body: { nodes } });
  await refused('RevisionIncompatible', { workflowRevision: 2 });
  const untouched = await stored.add({ workflowId: 'waiting', status: 'paused' });
  await expectFailure('NothingToMark', 'createCheckpoint', { path: { id: untouched } });
}

async function failByRerun(): Promise<void> {
  const path = { id: await runPaid() };
  const refused = (name: string, request: Request) => expectFailure(name, 'rerunExecution', { path, ...request });
  const headers = { 'idempotency-key': 'rerun-1' };
  await ask('rerunExecution', { path, headers });
  expect((await ask('rerunExecution', { path, headers })).status).toBe(200);
  await refused('KeyTaken', { body: { variables: {} }, headers });
  await refused('ExecutionMovedOn', { headers: { 'if-match': '99' } });
  const { pool } = server.database;
  await pool.query(`ALTER TABLE executions ADD CONSTRAINT no_manual CHECK (trigger_type <> 'manual') NOT VALID`);
  await refused('Unstorable', { body: { trigger: { type: 'manual' } } });
  await pool.query('ALTER TABLE executions DROP CONSTRAINT no_manual');
  await ask('updateWorkflow', { path: { id: 'paid' }, body: { status: 'inactive' } });
  await refused('WorkflowInactive', {});
}

async function removeEverything(ended: string): Promise<void> {
  expect((await ask('deleteExecution', { path: { id: ended } })).status).toBe(200);
  expect((await ask('deleteWorkflow', { path: { id: 'old' } })).status).toBe(200);
}

/** Faults of the server, and its end. */
async function failByServer(): Promise<void> {
  const { pool } = server.database;
  await pool.query('ALTER TABLE workflows RENAME TO hidden');
  await expectFailure('InternalError', 'listWorkflows');
  await pool.query('ALTER TABLE hidden RENAME TO workflows');

  server.app.get(ServerState).stop();
  for (const { operation } of server.contract.operations) {
    if (operation.operationId === 'getLiveness') continue;
    const name = operation.operationId === 'getReadiness' ? 'NotReady' : 'ServiceUnavailable';
    await expectFailure(name, operation.operationId);
  }
}
