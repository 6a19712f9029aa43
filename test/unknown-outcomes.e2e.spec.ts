import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { RunRecord } from '../src/engine/journal/node-history.js';
import type { JsonObject } from '../src/engine/json.js';
import { type DatabaseProxy, startDatabaseProxy } from './support/database-proxy.js';
import { answerJson, type HttpService, startHttpService } from './support/http-service.js';
import { ServerProcess } from './support/server-process.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

/** The server dies between the effect of a node and the commit of its outcome; then another process takes over. */
const WITHIN_MS = 20_000;
const WRITTEN = ['all of it', 'one line\n'] as const;

let own: TestDatabase;
let ledger: TestDatabase;
/** Between the server and its database, and between it and that of its nodes. */
let journalProxy: DatabaseProxy;
let ledgerProxy: DatabaseProxy;
let service: HttpService;
let filesDir: string;
let server: ServerProcess;
/** What the service has not answered yet. */
const unanswered: ServerResponse[] = [];
let isAnswering = true;
const pages = new Map<string, string>();
/** Executions by their workflow. */
const executions = new Map<string, string>();

beforeAll(async () => {
  own = await createTestDatabase();
  ledger = await createTestDatabase('template1');
  await inLedger('CREATE TABLE entries (node text)');
  journalProxy = await startDatabaseProxy(own.connection);
  ledgerProxy = await startDatabaseProxy(ledger.connection);
  filesDir = await mkdtemp(join(tmpdir(), 'retrace-unknown-'));
  service = await startHttpService(({ method, path, body }, response) => {
    if (method === 'PUT') pages.set(path, body);
    if (isAnswering || method === 'GET') answer(response, method === 'GET' ? pages.get(path) : undefined);
    else unanswered.push(response);
  });
  server = await start();
  await actAndDie();
  server = await start();
}, 90_000);

afterAll(async () => {
  await server?.stop();
  await journalProxy?.close();
  await ledgerProxy?.close();
  await service?.close();
  await Promise.all([own?.drop(), ledger?.drop(), rm(filesDir, { recursive: true, force: true })]);
});

function start(): Promise<ServerProcess> {
  return ServerProcess.start({
    DATABASE_URL: journalProxy.url,
    DATABASE_CONNECTIONS: 'LEDGER',
    LEDGER: ledgerProxy.url,
    FILES_DIR: filesDir,
    NODE_TYPES_DIR: 'examples/node-types',
    SHUTDOWN_GRACE_MS: '300',
  });
}

function answer(response: ServerResponse, page?: string): void {
  answerJson(response, 200, page === undefined ? { orderId: 7 } : JSON.parse(page));
}

async function inLedger<T>(sql: string): Promise<T[]> {
  const client = new Client(ledger.connection);
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows as T[];
}

const order = (onInterrupted?: string): JsonObject => ({
  id: 'act',
  type: 'external-api',
  config: { method: 'POST', url: `${service.url}/orders` },
  ...(onInterrupted !== undefined && { onInterrupted }),
});

const entry = (name: string, more: JsonObject = {}, onInterrupted?: string): JsonObject => ({
  id: 'act',
  type: 'database',
  config: { connection: 'LEDGER', sql: 'INSERT INTO entries VALUES ($1) RETURNING node', params: [name], ...more },
  ...(onInterrupted !== undefined && { onInterrupted }),
});

const write = (id: string, config: JsonObject): JsonObject => ({ id, type: 'file-write', config });

/** Every node acts, and the server is killed before it has written down what came of any of them. */
async function actAndDie(): Promise<void> {
  const workflows: [name: string, nodes: JsonObject[]][] = [
    ['warm-up', [entry('warm-up', { exactlyOnce: true })]],
    ['api', [order()]],
    ['api-probe', [order('probe')]],
    ['api-ask', [order('ask')]],
    ['page', [{ id: 'act', type: 'publish', config: { server: service.url, slug: 'news', title: 'News' } }]],
    ['db', [entry('db')]],
    ['db-once', [entry('db-once', { exactlyOnce: true })]],
    ['db-retry', [entry('db-retry', { exactlyOnce: true }, 'retry')]],
    [
      'files',
      [
        write('whole', { path: 'whole.txt', content: WRITTEN[0] }),
        write('line', { path: 'lines.txt', content: WRITTEN[1], append: true }),
      ],
    ],
  ];
  for (const [id, nodes] of workflows) {
    const edges = nodes.map(({ id: source }) => ({ source, target: 'after' }));
    const after = { id: 'after', type: 'transform', config: { output: { seen: '{{ inputs }}' } } };
    await call('POST', '/workflows', { id, name: id, nodes: [...nodes, after], edges });
  }
  // It makes the table of the effects, in transactions of its own.
  await execute('warm-up', '?wait=20000');

  isAnswering = false;
  for (const id of ['api', 'api-probe', 'api-ask', 'page']) await execute(id);
  await until('the service has been asked', () => unanswered.length === 4);
  for (const id of ['db', 'db-once', 'db-retry']) {
    const committed = ledgerProxy.holdAnswerTo('COMMIT');
    await execute(id);
    await committed;
  }
  const completed = journalProxy.withhold('node:completed');
  await execute('files');
  await completed;
  await until('both files are written', async () => isDeepStrictEqual(await files(), WRITTEN));
  await server.kill();
  for (const response of unanswered.splice(0)) response.destroy();
  isAnswering = true;
}

/** What the files hold. */
async function files(): Promise<(string | undefined)[]> {
  const read = (name: string) => readFile(join(filesDir, name), 'utf8').catch(() => undefined);
  return Promise.all([read('whole.txt'), read('lines.txt')]);
}

async function call<T = unknown>(method: string, path: string, body?: unknown, expected = 200): Promise<T> {
  const response = await fetch(`${server.url}/api/v2${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-user-id': 'ann' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answered = (await response.json()) as { data: T; error?: unknown };
  const status = response.status === 201 ? 200 : response.status;
  expect([method, path, status, expected === 200 ? answered.error : undefined]).toEqual([
    method,
    path,
    expected,
    undefined,
  ]);
  return expected === 200 ? answered.data : (answered.error as T);
}

async function execute(workflowId: string, query = ''): Promise<string> {
  const { id } = await call<ExecutionRecord>('POST', `/executions${query}`, { workflowId });
  executions.set(workflowId, id);
  return id;
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not in time: ${what}`);
    await delay(20);
  }
}

const idOf = (workflow: string): string => executions.get(workflow) as string;

/** The execution once it has that status. */
async function reached(workflow: string, status: string): Promise<ExecutionRecord> {
  let record: ExecutionRecord | undefined;
  await until(`${workflow} is ${status}`, async () => {
    record = await call<ExecutionRecord>('GET', `/executions/${idOf(workflow)}`);
    return record.status === status;
  });
  return record as ExecutionRecord;
}

const nodeOf = (record: ExecutionRecord, id: string) => record.nodes.find(({ nodeId }) => nodeId === id);

async function runsOf(workflow: string, nodeId = 'act'): Promise<RunRecord[]> {
  return (await call<{ runs: RunRecord[] }>('GET', `/executions/${idOf(workflow)}/nodes/${nodeId}`)).runs;
}

async function settle(workflow: string, body: JsonObject, nodeId = 'act'): Promise<Omit<ExecutionRecord, 'nodes'>> {
  return call('POST', `/executions/${idOf(workflow)}/nodes/${nodeId}/settle`, body);
}

const resume = (workflow: string) => call('PUT', `/executions/${idOf(workflow)}/status`, { status: 'running' });

/** Requests under the key of the execution's node. */
async function requestsOf(workflow: string): Promise<string[]> {
  const keys = (await runsOf(workflow)).flatMap(({ attempts }) => attempts.flatMap(({ intent }) => intent?.key ?? []));
  return service.requests.map(({ headers }) => String(headers['idempotency-key'])).filter((key) => keys.includes(key));
}

const rowsOf = (name: string) => inLedger<{ node: string }>(`SELECT node FROM entries WHERE node = '${name}'`);

const ASKING = { status: 'failed', outcome: 'unknown', error: { code: 'OUTCOME_UNKNOWN' } };

describe('external-api', () => {
  it('with onInterrupted retry sends the request again under the same key', async () => {
    const record = await reached('api', 'completed');
    expect(nodeOf(record, 'act')).toMatchObject({ attempt: 2, run: 1, outputs: { status: 200, body: { orderId: 7 } } });
    expect(await requestsOf('api')).toHaveLength(2);
    expect(await runsOf('api')).toMatchObject([
      {
        run: 1,
        attempts: [
          { status: 'interrupted', outcome: 'unknown', interrupted: { cause: 'crash', then: 'retry' } },
          { status: 'completed' },
        ],
      },
    ]);
  });

  it.each(['api-ask', 'api-probe'])('%s waits for a person, who says what came of it', async (workflow) => {
    const paused = await reached(workflow, 'paused');
    expect(paused.attention).toBe('unknown');
    expect(nodeOf(paused, 'act')).toMatchObject(ASKING);
    const listed = await call<{ executions: { id: string }[] }>('GET', '/executions?attention=unknown');
    expect(listed.executions.map(({ id }) => id)).toContain(idOf(workflow));
    const outputs = { status: 200, headers: {}, body: { orderId: 7 } };
    const settled = await settle(workflow, { status: 'completed', outputs, reason: 'It is in the shop' });
    expect(settled).toMatchObject({ status: 'paused', attention: null });
    expect(settled.history.at(-1)).toMatchObject({ type: 'settle', by: 'ann', reason: 'It is in the shop' });
    await resume(workflow);
    const record = await reached(workflow, 'completed');
    expect(nodeOf(record, 'act')).toMatchObject({ status: 'completed', settledBy: 'ann', outputs });
    expect(nodeOf(record, 'after')?.outputs).toEqual({ seen: outputs });
    expect(await requestsOf(workflow)).toHaveLength(1);
  });
});

describe('a type of one’s own with a probe', () => {
  it('is asked, and what it found is the outcome: nothing is sent again', async () => {
    const record = await reached('page', 'completed');
    const [attempt] = (await runsOf('page'))[0]?.attempts ?? [];
    expect(attempt).toMatchObject({ attempt: 1, status: 'completed', interrupted: { cause: 'crash', then: 'probe' } });
    const key = attempt?.intent?.key;
    expect(nodeOf(record, 'act')).toMatchObject({ attempt: 1, outputs: { key, url: `${service.url}/pages/news` } });
    const sent = service.requests.filter(({ path }) => path === '/pages/news').map(({ method }) => method);
    expect(sent).toEqual(['PUT', 'GET']);
  });
});

describe('database', () => {
  it('without exactlyOnce asks: a person who says that it did not happen lets it run under a new key', async () => {
    expect(nodeOf(await reached('db', 'paused'), 'act')).toMatchObject(ASKING);
    expect(await rowsOf('db')).toHaveLength(1);
    await inLedger(`DELETE FROM entries WHERE node = 'db'`);
    await settle('db', { status: 'pending', reason: 'The row is gone' });
    await resume('db');
    const record = await reached('db', 'completed');
    expect(nodeOf(record, 'act')).toMatchObject({ run: 2, attempt: 1, outputs: { rowCount: 1, committed: true } });
    expect(await rowsOf('db')).toHaveLength(1);
    const runs = await runsOf('db');
    expect(runs).toMatchObject([{ run: 1, settled: { status: 'pending', by: 'ann' } }, { run: 2 }]);
    expect(new Set(runs.map(({ attempts }) => attempts[0]?.intent?.key)).size).toBe(2);
  });

  it('with exactlyOnce is probed: it finds what the transaction gave', async () => {
    const record = await reached('db-once', 'completed');
    expect(nodeOf(record, 'act')).toMatchObject({
      attempt: 1,
      outputs: { rows: [{ node: 'db-once' }], rowCount: 1, committed: true },
    });
    expect((await runsOf('db-once'))[0]?.attempts).toMatchObject([{ interrupted: { then: 'probe' } }]);
    expect(await rowsOf('db-once')).toHaveLength(1);
  });

  it('with exactlyOnce and onInterrupted retry finds the first result instead of acting again', async () => {
    const record = await reached('db-retry', 'completed');
    expect(nodeOf(record, 'act')).toMatchObject({ attempt: 2, outputs: { rows: [{ node: 'db-retry' }], rowCount: 1 } });
    expect(await rowsOf('db-retry')).toHaveLength(1);
  });
});

describe('file-write', () => {
  it('that appends asks, and holds up one that writes the whole file again', async () => {
    const paused = await reached('files', 'paused');
    expect(nodeOf(paused, 'line')).toMatchObject(ASKING);
    expect(nodeOf(paused, 'whole')).toMatchObject({ status: 'pending', outcome: 'unknown' });
    await settle('files', { status: 'completed', outputs: { path: 'lines.txt', bytes: 9 }, reason: 'Seen' }, 'line');
    await resume('files');
    const record = await reached('files', 'completed');
    expect(nodeOf(record, 'whole')).toMatchObject({ attempt: 2, outputs: { path: 'whole.txt', bytes: 9 } });
    expect(nodeOf(record, 'line')).toMatchObject({ attempt: 1, settledBy: 'ann' });
    expect(await files()).toEqual(WRITTEN);
  });
});

describe('settle', () => {
  beforeAll(async () => {
    const nap = { id: 'nap', type: 'delay', config: { duration: 3_600_000 } };
    const either = { id: 'either', type: 'condition', config: { expression: 'true' } };
    const nodes = [nap, either, { id: 'yes', type: 'transform', config: { output: {} } }, { ...nap, id: 'far' }];
    const edges = [
      { source: 'nap', target: 'either' },
      { source: 'either', target: 'yes', sourceOutput: 'false', condition: 'result = false and $nodes.nap.waited = 1' },
      { source: 'yes', target: 'far' },
    ];
    await call('POST', '/workflows', { id: 'napping', name: 'Napping', nodes, edges });
    await execute('napping');
    await until('it naps', async () => (await reached('napping', 'running')).activity === 'waiting');
  });

  const path = (nodeId: string) => `/executions/${idOf('napping')}/nodes/${nodeId}/settle`;
  const body = { status: 'completed', reason: 'Enough' };

  it('is refused while the execution runs, with both states', async () => {
    const error = await call('POST', path('nap'), body, 409);
    expect(error).toMatchObject({ code: 'INVALID_TRANSITION', details: { from: 'running', to: 'paused' } });
  });

  it('says what became of any node of a paused one; the conditions behind it are decided at once', async () => {
    await call('PUT', `/executions/${idOf('napping')}/status`, { status: 'paused' });
    await settle('napping', { ...body, outputs: { waited: 1 } }, 'nap');
    expect(await call('POST', path('either'), body, 400)).toMatchObject({ details: [{ field: 'port' }] });
    const decided = await settle('napping', { ...body, outputs: { result: false }, port: 'false' }, 'either');
    const { events } = await call<{ events: { data: JsonObject }[] }>(
      'GET',
      `/executions/${idOf('napping')}/events?type=node:settled&nodeId=either`,
    );
    expect(events.map(({ data }) => Object.values(data.edges as JsonObject))).toEqual([[true]]);
    expect(decided.stats.completedNodes).toBe(2);
    await resume('napping');
    await until('it naps again', async () => (await reached('napping', 'running')).activity === 'waiting');
    const record = await reached('napping', 'running');
    expect(nodeOf(record, 'yes')?.status).toBe('completed');
  });

  it('is refused once something that depends on the node has begun', async () => {
    await call('PUT', `/executions/${idOf('napping')}/status`, { status: 'paused' });
    const error = await call('POST', path('either'), { ...body, status: 'skipped' }, 409);
    expect(error).toMatchObject({ code: 'CONFLICT', details: { nodes: ['yes', 'far'] } });
  });

  it('of a node that is not there is 404, without a reason 400', async () => {
    expect(await call('POST', path('nobody'), body, 404)).toMatchObject({ details: { nodeId: 'nobody' } });
    expect(await call('POST', path('far'), { status: 'skipped' }, 400)).toMatchObject({
      details: [{ field: 'reason' }],
    });
  });
});

describe('what runs at', () => {
  beforeAll(() => {
    isAnswering = false;
  });
  afterEach(() => {
    for (const response of unanswered.splice(0)) response.destroy();
  });

  const acting = async (workflow: string) => {
    await execute(workflow);
    await until('the service has been asked', () => unanswered.length === 1);
  };

  it('a pause with mode abort is cut off; the resume repeats it under the same key', async () => {
    await acting('api');
    await call('PUT', `/executions/${idOf('api')}/status`, { status: 'paused', mode: 'abort' });
    const paused = await reached('api', 'paused');
    expect(nodeOf(paused, 'act')).toMatchObject({ status: 'pending', outcome: 'unknown' });
    isAnswering = true;
    await resume('api');
    await reached('api', 'completed');
    expect(await requestsOf('api')).toHaveLength(2);
    isAnswering = false;
  });

  it('a cancellation is failed with CANCELLED, and its outcome is unknown', async () => {
    await acting('api');
    await call('POST', `/executions/${idOf('api')}/cancel`, {});
    const cancelled = await reached('api', 'cancelled');
    expect(nodeOf(cancelled, 'act')).toMatchObject({
      status: 'failed',
      outcome: 'unknown',
      error: { code: 'CANCELLED' },
    });
  });

  it('a shutdown is cut off after the grace, and goes by onInterrupted at the next start', async () => {
    await acting('page');
    await server.stop();
    isAnswering = true;
    server = await start();
    const record = await reached('page', 'completed');
    expect((await runsOf('page'))[0]?.attempts).toMatchObject([
      { attempt: 1, status: 'completed', interrupted: { cause: 'shutdown', then: 'probe' } },
    ]);
    expect(nodeOf(record, 'act')?.attempt).toBe(1);
  });
});
