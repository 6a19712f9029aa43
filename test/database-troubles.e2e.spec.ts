import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { ActiveExecutions } from '../src/executions/active-executions.js';
import { ExecutionIntake } from '../src/executions/execution-intake.js';
import { answerJson, type HttpService, startHttpService } from './support/http-service.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';
import { type ApiAnswer, startTestServer, type TestServer } from './support/test-server.js';

/** The database is there and does not do what it should: no room on its disk, read-only, short of something. */
const QUEUE_LIMIT = 1024 * 1024;
const NODES = 40;
/** Of the output of a node, in characters. */
const LARGE = 100_000;
const REFUSED = { status: 503, body: { error: { code: 'SERVICE_UNAVAILABLE' } } };

let own: TestDatabase;
let admin: Client;
let server: TestServer;
let service: HttpService;
/** What the service has not answered yet. */
let unanswered: ServerResponse[] = [];

beforeAll(async () => {
  own = await createTestDatabase();
  admin = new Client(own.connection);
  await admin.connect();
  await admin.query('SET default_transaction_read_only = off');
  service = await startHttpService((_, response) => void unanswered.push(response));
  server = await startTestServer({ DATABASE_URL: own.url, QUEUE_LIMIT: String(QUEUE_LIMIT) });
  const call = (id: string) => ({ id, type: 'external-api', config: { method: 'POST', url: service.url } });
  await create('calls', [call('a'), call('b')]);
  const text = `{{ $pad('', ${LARGE}, 'x') }}`;
  const large = (n: number) => ({ id: `n${n}`, type: 'transform', config: { output: { text } } });
  await create(
    'large',
    Array.from({ length: NODES }, (_, n) => large(n)),
  );
  await create('pure', [{ id: 'only', type: 'transform', config: { output: { n: 1 } } }]);
});
afterAll(async () => {
  await server?.close();
  await service?.close();
  await admin?.end();
  await own?.drop();
});
beforeEach(() => {
  Object.assign(server.app.get(ExecutionIntake), { waitForRoomMs: 5000, waitForCommitMs: 30_000 });
  service.requests.length = 0;
  unanswered = [];
});

describe.each(['53100', '53200', '53300', '57P03', '25006', '40P01'])('a database that answers with %s', (code) => {
  it('stores nothing, is sent it again, and goes on where it was; no execution fails', async () => {
    const running = await started('calls');
    await until(() => unanswered.length === 1);
    await refuseWrites(code);
    answerAll();
    const created = server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'pure' });
    await until(async () => (await ready()).status === 503);
    // The outcome of the first call waits in memory, and so the second one does not begin.
    for (let looks = 0; looks < 5; looks += 1) {
      expect(await ready()).toMatchObject({ status: 503, retryAfter: '1', state: 'database-away' });
    }
    expect(service.requests).toHaveLength(1);
    expect(await journaled(running)).toBe(false);
    await takeWrites();

    await until(() => unanswered.length === 1);
    answerAll();
    const { status, body } = await created;
    expect(status).toBe(201);
    expect(await Promise.all([ended(running), ended(body.data.id)])).toEqual(['completed', 'completed']);
    expect(service.requests).toHaveLength(2);
    expect((await ready()).status).toBe(200);
  });
});

it('a database that is made read-only is not ready, and everything goes on once it takes writes again', async () => {
  const running = await started('calls');
  await until(() => unanswered.length === 1);
  await admin.query(`ALTER DATABASE ${own.connection.database} SET default_transaction_read_only = on`);
  await endSessions();
  await until(async () => (await ready()).status === 503);
  answerAll();
  const creations = [
    server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'pure' }),
    server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'calls' }),
  ];
  // What only reads goes on; what writes past the journal is refused.
  expect((await server.call('GET', '/workflows')).status).toBe(200);
  for (const [method, path, body] of writes('refused')) {
    expect([path, await server.call(method, path, body)]).toMatchObject([path, REFUSED]);
  }
  expect((await ready()).status).toBe(503);
  expect(service.requests).toHaveLength(1);
  await admin.query(`ALTER DATABASE ${own.connection.database} RESET default_transaction_read_only`);

  const answers = await Promise.all(creations);
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  await until(() => unanswered.length === 2);
  answerAll();
  await until(() => unanswered.length === 1);
  answerAll();
  const ids = [running, ...answers.map(({ body }) => body.data.id)];
  expect(await Promise.all(ids.map(ended))).toEqual(ids.map(() => 'completed'));
  expect((await ready()).status).toBe(200);
  // No session is left behind that still takes itself for read-only.
  for (let times = 0; times < 15; times += 1) {
    const refused = await Promise.all(writes(`after-${times}`).map((write) => server.call(...write)));
    expect(refused.map(({ status }) => status)).toEqual([201, 200]);
  }
});

it('a queue that is full holds nodes up and refuses creations in time; what it took in is completed', async () => {
  const intake = server.app.get(ExecutionIntake);
  intake.waitForRoomMs = 500;
  intake.waitForCommitMs = 500;
  await refuseWrites('53100');
  const unknown = await server.call('POST', '/executions', { workflowId: 'large' });
  expect(unknown).toMatchObject(REFUSED);
  expect(unknown.headers.get('retry-after')).toBe('1');
  const id = unknownId(unknown);
  // Nodes that are done wait to hand in what they have made; no further one begins.
  const done = () => server.app.get(ActiveExecutions).get(id)?.state.nodes.size ?? 0;
  await until(() => done() * LARGE > QUEUE_LIMIT);
  const before = done();
  expect(before).toBeLessThan(QUEUE_LIMIT / LARGE + 3);

  const sent = performance.now();
  const full = await server.call('POST', '/executions', { workflowId: 'pure' });
  expect(full).toMatchObject(REFUSED);
  expect(full.headers.get('retry-after')).toBe('1');
  expect(full.body.error?.details).toBeUndefined();
  expect(performance.now() - sent).toBeGreaterThanOrEqual(450);
  expect(done()).toBe(before);
  await takeWrites();

  expect(await ended(id)).toBe('completed');
});

it('a creation of which nobody knew in time whether it was written runs once it is, also one with a key', async () => {
  const intake = server.app.get(ExecutionIntake);
  intake.waitForCommitMs = 100;
  await refuseWrites('53100');
  const body = { workflowId: 'pure' };
  const post = () => server.call<ExecutionRecord>('POST', '/executions', body, { 'idempotency-key': 'k' });
  const executionId = unknownId(await post());
  const repeated = await post();
  expect(repeated).toMatchObject(REFUSED);
  await takeWrites();

  expect(await ended(executionId)).toBe('completed');
  expect(await post()).toMatchObject({ status: 200, body: { data: { id: executionId } } });
});

it('creations that cannot be written are no more than the queue has room for, however small they are', async () => {
  const intake = server.app.get(ExecutionIntake);
  intake.waitForRoomMs = 300;
  intake.waitForCommitMs = 1500;
  await refuseWrites('53100');
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'pure' })),
  );
  const taken = answers.flatMap(({ body }) => (body.error?.details as { executionId?: string })?.executionId ?? []);
  const active = server.app.get(ActiveExecutions);
  expect(answers.every(({ status }) => status === 503)).toBe(true);
  // An execution in memory takes some 16 kB.
  expect(taken.length).toBeGreaterThan(QUEUE_LIMIT / 32_000);
  expect(taken.length).toBeLessThan(QUEUE_LIMIT / 8000);
  expect(active.size).toBe(taken.length);
  await takeWrites();

  expect(new Set(await Promise.all(taken.map(ended)))).toEqual(new Set(['completed']));
  await until(() => active.size === 0);
});

function writes(id: string): [method: string, path: string, body: object][] {
  const nodes = [{ id: 'a', type: 'transform', config: { output: { n: 1 } } }];
  return [
    ['POST', '/workflows', { id, name: id, nodes, edges: [] }],
    ['PUT', '/workflows/pure', { name: id, nodes, edges: [] }],
  ];
}

async function create(id: string, nodes: { id: string; [field: string]: unknown }[]): Promise<void> {
  const edges = nodes.slice(1).map((node, index) => ({ source: nodes[index]?.id, target: node.id }));
  expect((await server.call('POST', '/workflows', { id, name: id, nodes, edges })).status).toBe(201);
}

async function started(workflowId: string): Promise<string> {
  const { body } = await server.call<ExecutionRecord>('POST', '/executions', { workflowId });
  return body.data.id;
}

/** The execution of a creation of which nobody knows. */
function unknownId({ body }: ApiAnswer<unknown>): string {
  expect(body.error?.details).toEqual({ executionId: expect.any(String) as string, committed: 'unknown' });
  const details = body.error?.details as { executionId: string } | undefined;
  return details?.executionId ?? '';
}

/** The status in which it ends; one that is not there yet is waited for. */
async function ended(id: string): Promise<string> {
  for (;;) {
    const { status, body }: ApiAnswer<ExecutionRecord | null> = await server.call('GET', `/executions/${id}`);
    if (status === 200 && body.data?.endTime) return body.data.status;
    await delay(20);
  }
}

async function journaled(id: string): Promise<boolean> {
  const { rows } = await admin.query<{ events: string }>(
    'SELECT events FROM execution_events WHERE execution_id = $1',
    [id],
  );
  return rows.some(({ events }) => events.includes('"node:completed"'));
}

async function ready(): Promise<{ status: number; retryAfter: string | null; state: string | undefined }> {
  const response = await fetch(`${server.url}/health/ready`);
  const { error } = (await response.json()) as { error?: { details: { state: string } } };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), state: error?.details.state };
}

/** Whatever the journal writes fails with this SQLSTATE. */
async function refuseWrites(code: string): Promise<void> {
  await admin.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '${code}'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON execution_events FOR EACH STATEMENT EXECUTE FUNCTION refuse()`);
}

async function takeWrites(): Promise<void> {
  await admin.query('DROP FUNCTION refuse CASCADE');
}

async function endSessions(): Promise<void> {
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
}

function answerAll(): void {
  for (const response of unanswered.splice(0)) answerJson(response, 200, {});
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(5);
}
