import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { BAD_BODIES } from './bad-input/bad-bodies.js';
import { BAD_COMMANDS } from './bad-input/bad-commands.js';
import { BAD_DOCUMENTS } from './bad-input/bad-documents.js';
import { BAD_PARAMETERS } from './bad-input/bad-parameters.js';
import { BAD_PATHS } from './bad-input/bad-paths.js';
import type { BadRequest } from './bad-input/bad-request.js';
import { MALFORMED_REQUESTS, type MalformedRequest } from './bad-input/malformed-requests.js';
import { dumpDatabase } from './support/database-dump.js';
import { type RawAnswer, requestBytes, sendBytes } from './support/raw-request.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const TABLE = [...BAD_BODIES, ...BAD_PARAMETERS, ...BAD_PATHS, ...BAD_COMMANDS, ...BAD_DOCUMENTS];

const MIB = 1024 * 1024;

interface Row {
  field?: string;
  message?: string;
  code?: string;
}

interface ErrorEnvelope {
  code: number;
  success: boolean;
  data: unknown;
  message: string;
  error: { code: string; details?: unknown };
  timestamp: number;
}

let server: TestServer;
/** Ids by the placeholder that stands for them in the table. */
const executions: Record<string, string> = {};
let before: unknown;
let received: ReadonlyMap<BadRequest, RawAnswer>;

beforeAll(async () => {
  server = await startTestServer({ BODY_LIMIT: String(MIB) });
  const nap = { id: 'nap', type: 'delay', config: { duration: 3_600_000 } };
  await store('/workflows', { id: 'wf', name: 'W', nodes: [{ id: 'in', type: 'input' }], edges: [] });
  await store('/workflows', { id: 'napping', name: 'Napping', nodes: [nap], edges: [] });
  await store('/workflows', { id: 'resting', name: 'R', nodes: [], edges: [], status: 'inactive' });
  await server.call('PUT', '/workflows/wf', { settings: { maxConcurrency: 2 } });

  executions[':done'] = await create('/executions?wait=20000', { workflowId: 'wf' }, { 'idempotency-key': 'taken' });
  executions[':asleep'] = await create('/executions', { workflowId: 'napping' });
  executions[':paused'] = await create('/executions', { workflowId: 'napping' });
  await server.call('PUT', `/executions/${executions[':paused']}/status`, { status: 'paused' });
  executions[':planned'] = await create('/executions', { workflowId: 'napping', runAt: Date.now() + 3_600_000 });
  before = await settledState();
  received = await sendTable();
});
afterAll(() => server.close());

async function store<T>(path: string, body: unknown, headers?: Record<string, string>): Promise<T> {
  const answer = await server.call<T>('POST', path, body, headers);
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data;
}

async function create(path: string, body: unknown, headers?: Record<string, string>): Promise<string> {
  return (await store<ExecutionRecord>(path, body, headers)).id;
}

/** Everything stored, and what the lists say of it. */
async function state(): Promise<unknown> {
  const lists = ['/workflows', '/workflows/stats', '/workflows/export', '/executions', '/executions/stats'];
  const answers = await Promise.all(lists.map(async (path) => (await server.call('GET', path)).body.data));
  return { tables: await dumpDatabase(server.database.pool), answers };
}

/** Summaries and counters are written a little later. */
async function settledState(): Promise<unknown> {
  for (let last = JSON.stringify(await state()); ; ) {
    await delay(1500);
    const now = await state();
    if (JSON.stringify(now) === last) return now;
    last = JSON.stringify(now);
  }
}

const withIds = (text: string) => text.replace(/:(done|paused|asleep|planned)/g, (name) => executions[name] ?? name);

function send({ request, json, raw, headers }: BadRequest): Promise<RawAnswer> {
  const [method = '', path = ''] = withIds(request).split(/ (.*)/s);
  const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
  const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const full = /^\/(health|metrics)\b/.test(path) ? path : `/api/v2${path}`;
  return sendBytes(server.url, requestBytes({ method, path: full, headers: { ...type, ...headers }, body }));
}

/** Sends every row, a few at a time. */
async function sendTable(): Promise<Map<BadRequest, RawAnswer>> {
  const answers = new Map<BadRequest, RawAnswer>();
  const rows = TABLE.values();
  const lane = async () => {
    for (const row of rows) answers.set(row, await send(row));
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return answers;
}

/** The answer as an envelope that refuses with this status. */
function refusal({ status, headers, body }: RawAnswer, expected: number): ErrorEnvelope {
  const envelope = JSON.parse(body) as ErrorEnvelope;
  expect({ status, message: envelope.message }).toEqual({ status: expected, message: envelope.message });
  expect(envelope).toMatchObject({
    code: expected,
    success: false,
    data: null,
    timestamp: expect.any(Number) as number,
  });
  expect(envelope.message).toMatch(/\S/);
  expect(headers['x-request-id']).toBeTruthy();
  return envelope;
}

/** What an answer says is wrong, in the terms of {@link BadRequest.names}. */
function named({ message, error: { code, details } }: ErrorEnvelope): string[] {
  if (code === 'INVALID_PARAMS') return (details as Row[]).map(({ field = '' }) => field);
  if (code !== 'VALIDATION_FAILED') return [`${message} ${JSON.stringify(details)}`];
  const { errors } = details as { errors: Row[] };
  return errors.flatMap((row) => [row.code ?? '', `${row.code} ${row.field}`]);
}

function expectRefused(row: BadRequest): void {
  const [status, code] = row.answer;
  const envelope = refusal(received.get(row) as RawAnswer, status);
  expect(envelope.error.code).toBe(code);
  const names = withIds(row.names);
  if (code === 'INVALID_PARAMS' || code === 'VALIDATION_FAILED') expect(named(envelope)).toContain(names);
  else expect(named(envelope)).toEqual([expect.stringContaining(names)]);
}

async function expectMalformed({ bytes, isComplete, status, says }: MalformedRequest): Promise<void> {
  expect(refusal(await sendBytes(server.url, bytes, isComplete), status).message).toContain(says);
}

describe('bad input', () => {
  it.each(TABLE.map((row): [string, string, BadRequest] => [row.request.slice(0, 80), row.what, row]))(
    'is refused by name: %s, %s',
    (_request, _what, row) => expectRefused(row),
  );

  it.each(MALFORMED_REQUESTS.map((row): [string, MalformedRequest] => [row.what, row]))(
    'that is no proper HTTP is refused in the envelope: %s',
    (_what, row) => expectMalformed(row),
  );

  it('is tried on every operation that the API document knows', async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Record<string, object> };
    const operations = Object.entries(paths).flatMap(([path, methods]) => {
      const pattern = path.replace(/^\/api\/v2/, '').replace(/\{\w+\}/g, '[^/?]+');
      return Object.keys(methods).map((method) => `^${method.toUpperCase()} ${pattern}(\\?|$)`);
    });
    const untried = operations.filter((pattern) => {
      const rows = TABLE.filter(({ request, answer: [status] }) => status !== 404 && new RegExp(pattern).test(request));
      return rows.length < 3;
    });
    expect(operations.length).toBeGreaterThan(30);
    expect(untried).toEqual([]);
  });

  it('leaves everything that was stored as it was', async () => {
    expect(await settledState()).toEqual(before);
  });

  it('leaves nothing behind in memory', async () => {
    // The second time round the last of the code is compiled.
    await sendTable();
    const settled = heapBytes();
    await sendTable();

    // More than a thousand requests that left a kilobyte each would show.
    expect(heapBytes() - settled).toBeLessThan(MIB);
  });
});

/** Bytes of what is in use, once what is not has been collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
