import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { MetricSample } from '../src/engine/journal/metric-sample.js';
import type { PresentedEvent } from '../src/engine/journal/present-event.js';
import type { MetricList } from '../src/executions/execution-metrics.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let server: TestServer;
let service: HttpService;
/** Requests to /held, which are answered when a test says so. */
let held: (() => void)[] = [];
let sentByService = 0;

beforeAll(async () => {
  service = await startHttpService(({ path }, response, raw) => {
    if (path === '/held') {
      held.push(() => answerJson(response, 200, {}));
      return;
    }
    const isFirst = service.requests.filter((request) => request.path === path).length === 1;
    const body = JSON.stringify({ padding: 'ü'.repeat(isFirst ? 100 : 5000) });
    sentByService += Buffer.byteLength(body);
    response.writeHead(path === '/flaky' && isFirst ? 503 : 200, { 'content-type': 'application/json' });
    response.end(body);
    raw.resume();
  });
  server = await startTestServer({ METRICS_INTERVAL_MS: '100', CANCEL_GRACE_MS: '0' });
  const workflows = {
    short: [{ id: 'in', type: 'input' }],
    held: [
      { id: 'in', type: 'input' },
      { id: 'call', type: 'external-api', config: { method: 'GET', url: `${service.url}/held` } },
    ],
    waiting: [{ id: 'nap', type: 'delay', config: { duration: 9000 } }],
    busy: [
      {
        id: 'spin',
        type: 'script',
        config: { code: 'let sum = 0; for (let n = 0; n < 5e6; n += 1) sum += n; return sum', timeout: 20_000 },
      },
    ],
    network: [
      {
        id: 'flaky',
        type: 'external-api',
        config: { method: 'POST', url: `${service.url}/flaky`, body: { text: 'é'.repeat(200) } },
        retryPolicy: { maxRetries: 2, initialDelay: 1, retryableErrors: ['503'] },
      },
      { id: 'get', type: 'external-api', config: { method: 'GET', url: `${service.url}/get` } },
    ],
  };
  for (const [id, nodes] of Object.entries(workflows))
    await ok('POST', '/workflows', { id, name: id, nodes, edges: [] });
});
afterAll(async () => {
  answerHeld();
  await server.close();
  await service.close();
});

function answerHeld(): void {
  for (const answer of held) answer();
  held = [];
}

async function ok<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await server.call<T>(method, path, body);
  expect([answer.body.error, answer.status < 300]).toEqual([undefined, true]);
  return answer.body.data;
}

const start = (workflowId: string, query = '') => ok<ExecutionRecord>('POST', `/executions${query}`, { workflowId });
const run = (workflowId: string) => start(workflowId, '?wait=25000');
const record = (id: string) => ok<ExecutionRecord>('GET', `/executions/${id}`);
const list = (id: string, query = '') => ok<MetricList>('GET', `/executions/${id}/metrics${query}`);
const setStatus = (id: string, body: object) => ok('PUT', `/executions/${id}/status`, body);

async function until<T>(look: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (isThere(value)) return value;
    await delay(20);
  }
}

/** Resolves when the execution has so many more rows than now. */
async function moreRows(id: string, more: number): Promise<void> {
  const { count } = await list(id);
  await until(
    () => list(id),
    (now) => now.count >= count + more,
  );
}

async function startHeld(): Promise<string> {
  const before = held.length;
  const { id } = await start('held');
  await until(
    () => Promise.resolve(held.length),
    (length) => length > before,
  );
  return id;
}

/** Answers until the execution has completed. */
function completed(id: string): Promise<ExecutionRecord> {
  const look = () => {
    answerHeld();
    return record(id);
  };
  return until(look, ({ status }) => status === 'completed');
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What the samples of an execution come to. */
function comesTo(metrics: readonly MetricSample[]): object {
  const cpuUsage = expect.closeTo(mean(metrics.map(({ cpu }) => cpu.usage)), 1) as number;
  return { cpuUsage, memoryUsage: Math.max(...metrics.map(({ memory }) => memory.used)) };
}

describe('the shortest execution', () => {
  it('has its closing sample, which the ending event has too, and a performance', async () => {
    const { id, performance, endTime, duration } = await run('short');
    const { metrics, count, executionId } = await list(id);
    const { events } = await ok<{ events: PresentedEvent[] }>('GET', `/executions/${id}/events`);

    expect([executionId, count, metrics.length]).toEqual([id, 1, 1]);
    const [sample] = metrics as [MetricSample];
    const { cpu, memory, network } = sample;
    expect(sample).toMatchObject({ timestamp: endTime, duration });
    expect(sample.throughput).toBeGreaterThan(0);
    expect(cpu.usage).toBeCloseTo(cpu.user + cpu.system, 1);
    expect(memory.used).toBeGreaterThan(20_000_000);
    expect(memory.percentage).toBeCloseTo((memory.used / memory.total) * 100, 1);
    expect(network).toEqual({ bytesReceived: 0, bytesSent: 0, requestCount: 0 });
    expect(performance).toEqual({ cpuUsage: cpu.usage, memoryUsage: memory.used, networkIO: network });
    expect(events.at(-1)?.data).toMatchObject({ performance, sample });
  });

  it('has them also when a person ends it before it has started', async () => {
    const runAt = Date.now() + 3_600_000;
    const { id } = await ok<ExecutionRecord>('POST', '/executions', { workflowId: 'short', runAt });
    expect(await list(id)).toEqual({ executionId: id, metrics: [], count: 0 });
    await ok('POST', `/executions/${id}/cancel`);

    const { performance } = await record(id);
    expect(performance?.memoryUsage).toBeGreaterThan(20_000_000);
    expect((await list(id)).metrics).toMatchObject([{ duration: 0, throughput: 0 }]);
  });
});

describe('an execution that runs', () => {
  it('has a row an interval, and none while it is paused; its performance is of all of them', async () => {
    const [id, other] = [await startHeld(), await startHeld()];
    await moreRows(id, 3);
    await setStatus(id, { status: 'paused', mode: 'abort' });
    await moreRows(other, 1);
    const before = await list(id);
    await moreRows(other, 2);
    expect(await list(id)).toEqual(before);

    await setStatus(id, { status: 'running' });
    await moreRows(id, 2);
    expect((await record(id)).performance).toBeNull();
    const { performance, startTime } = await completed(id);
    const { metrics } = await list(id);
    expect(performance).toMatchObject(comesTo(metrics));
    expect(metrics.length).toBeGreaterThanOrEqual(6);
    for (const [index, { timestamp, duration }] of metrics.entries()) {
      expect(duration).toBe(timestamp - startTime);
      expect(timestamp).toBeGreaterThanOrEqual(metrics[index - 1]?.timestamp ?? startTime);
    }
  });

  it('shows part of its metrics by from, to and points', async () => {
    const id = await startHeld();
    await moreRows(id, 5);
    await completed(id);
    const { metrics: all } = await list(id);
    const times = all.map(({ timestamp }) => timestamp);
    const timesOf = async (query: string) => (await list(id, query)).metrics.map(({ timestamp }) => timestamp);

    expect(await timesOf(`?from=${times[1]}`)).toEqual(times.slice(1));
    expect(await timesOf(`?from=${times[1]}&to=${times[3]}`)).toEqual(times.slice(1, 4));
    expect(await timesOf(`?to=${(times.at(-1) as number) - 1}`)).toEqual(times.slice(0, -1));
    expect(await timesOf('?points=2')).toEqual([times[0], times.at(-1)]);
    expect(await timesOf('?points=1')).toEqual([times.at(-1)]);
    expect((await list(id, '?points=3')).count).toBe(3);
    expect(await list(id, '?points=1000')).toEqual({ executionId: id, metrics: all, count: all.length });
  });

  it('has none while it only waits', async () => {
    const { id } = await start('waiting');
    await until(
      () => record(id),
      ({ activity }) => activity === 'waiting',
    );
    const running = await startHeld();
    await moreRows(running, 5);
    answerHeld();
    expect((await list(id)).metrics).toEqual([]);

    await ok('POST', `/executions/${id}/cancel`);
    expect((await list(id)).count).toBe(1);
  });

  it('shows more CPU when its script is busy', async () => {
    const idle = await startHeld();
    await moreRows(idle, 5);
    const quiet = await completed(idle);
    const busy = await run('busy');

    expect(busy.status).toBe('completed');
    const usage = async (id: string) => (await list(id)).metrics.map(({ cpu }) => cpu.usage);
    const [whileQuiet, whileBusy] = [await usage(quiet.id), await usage(busy.id)];
    // Other tests share the machine: the quietest moment of one against the busiest of the other.
    expect(Math.max(...whileBusy)).toBeGreaterThan(Math.min(...whileQuiet));
    expect(Math.max(...whileQuiet, ...whileBusy)).toBeLessThanOrEqual(100);
  });
});

test('The network is what the nodes of the execution have moved, failed attempts too', async () => {
  const before = service.requests.length;
  sentByService = 0;
  const { id, status, performance } = await run('network');
  const requests = service.requests.slice(before);

  expect([status, requests.length]).toEqual(['completed', 3]);
  const bytesSent = requests.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
  const networkIO = { requestCount: 3, bytesSent, bytesReceived: sentByService };
  expect(performance).toMatchObject({ networkIO });
  expect((await list(id)).metrics.at(-1)).toMatchObject({ network: networkIO });
});

test('Metrics go with their execution', async () => {
  const id = await startHeld();
  await moreRows(id, 1);
  await completed(id);
  const rows = 'SELECT 1 FROM execution_metrics WHERE execution_id = $1';
  expect((await server.database.pool.query(rows, [id])).rowCount).toBeGreaterThan(0);

  await ok('DELETE', `/executions/${id}`);
  expect((await server.call('GET', `/executions/${id}/metrics`)).status).toBe(404);
  expect((await server.database.pool.query(rows, [id])).rowCount).toBe(0);
});

test('A database that takes no metrics holds nothing up', async () => {
  const { pool } = server.database;
  // A sequence counts the tries, since it is not rolled back.
  await pool.query(`CREATE SEQUENCE tries; CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM nextval('tries'); RAISE EXCEPTION 'no'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON execution_metrics FOR EACH ROW EXECUTE FUNCTION refuse()`);
  const id = await startHeld();
  const tries = async () => (await pool.query<{ last: number }>('SELECT last_value AS last FROM tries')).rows[0]?.last;
  await until(tries, (last) => Number(last) >= 3);
  expect((await list(id)).count).toBe(0);

  await pool.query('DROP TRIGGER refuse ON execution_metrics');
  await moreRows(id, 1);
  expect((await completed(id)).performance).not.toBeNull();
});

test('What is asked for must exist and make sense', async () => {
  const { status, body } = await server.call('GET', '/executions/nobody/metrics');
  expect([status, body.message]).toEqual([404, 'Execution not found']);

  const { id } = await run('short');
  for (const [query, field] of [
    ['from=-1', 'from'],
    ['to=yesterday', 'to'],
    ['from=8640000000000001', 'from'],
    ['points=0', 'points'],
    ['points=1001', 'points'],
    ['points=1.5', 'points'],
    ['limit=5', 'limit'],
  ]) {
    const answer = await server.call('GET', `/executions/${id}/metrics?${query}`);
    expect([answer.status, answer.body.error]).toMatchObject([400, { details: [{ field }] }]);
  }
  expect((await list(id, '?from=5&to=4')).count).toBe(0);
});
