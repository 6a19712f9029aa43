import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { PresentedEvent } from '../src/engine/journal/present-event.js';
import { ActiveExecutions } from '../src/executions/active-executions.js';
import type { ExecutionExplanation } from '../src/executions/execution-explainer.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestInstances, type TestInstances, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

/** A busy machine is late, and the clock of the database may be ahead of that of the test for a moment; ms. */
const AT_MOST_LATE = 3000;
const AT_MOST_EARLY = 30;

const HOUR = 3_600_000;

let instances: TestInstances;
let service: HttpService;
/** When requests came, by path, on the test's own clock. */
const arrivals = new Map<string, number[]>();

beforeAll(async () => {
  service = await startHttpService(({ method, path }, response) => {
    arrivals.set(path, [...(arrivals.get(path) ?? []), performance.now()]);
    const isFirst = arrivals.get(path)?.length === 1;
    if (path === '/limited') answerJson(response, isFirst ? 429 : 200, {}, isFirst ? { 'retry-after': '1' } : {});
    else answerJson(response, method === 'PUT' ? 200 : 503, {});
  });
  instances = await startTestInstances(1);
});
afterAll(async () => {
  await instances.close();
  await service.close();
});

const server = () => instances.servers[0] as TestServer;
const record = async (id: string) => (await server().call<ExecutionRecord>('GET', `/executions/${id}`)).body.data;
const explain = async (id: string) =>
  (await server().call<ExecutionExplanation>('GET', `/executions/${id}/explain`)).body.data;

const node = (id: string, retryPolicy: object) => ({
  id,
  type: 'external-api',
  config: { method: 'POST', url: `${service.url}/${id}` },
  retryPolicy,
});

/** Runs nodes at once to their ends; gives the pauses of the journal and those that the service saw, of each. */
async function pausesOf(workflowId: string, nodes: { id: string }[]) {
  const settings = { errorHandling: 'continue' };
  const document = { id: workflowId, name: workflowId, nodes, edges: [], settings };
  expect((await server().call('POST', '/workflows', document)).status).toBe(201);
  const { body } = await server().call<ExecutionRecord>('POST', '/executions?wait=30000', { workflowId });
  expect(body.data.endTime).not.toBeNull();
  const path = `/executions/${body.data.id}/events?type=node:retrying&limit=1000`;
  const { events } = (await server().call<{ events: PresentedEvent[] }>('GET', path)).body.data;
  return nodes.map(({ id }) => {
    const times = arrivals.get(`/${id}`) ?? [];
    const measured = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    return { planned: events.flatMap(({ nodeId, data }) => (nodeId === id ? [Number(data.delay)] : [])), measured };
  });
}

function expectAsPlanned({ planned, measured }: { planned: number[]; measured: number[] }): void {
  expect(measured).toHaveLength(planned.length);
  for (const [index, gap] of measured.entries()) {
    expect(gap).toBeGreaterThanOrEqual((planned[index] ?? 0) - AT_MOST_EARLY);
    expect(gap).toBeLessThan((planned[index] ?? 0) + AT_MOST_LATE);
  }
}

test('the gaps that a service sees between attempts agree with the formulas', async () => {
  const policy = { maxRetries: 4, initialDelay: 150, maxDelay: 500 };
  const measures = await pausesOf('formulas', [
    node('fixed', { ...policy, backoff: 'fixed' }),
    node('linear', { ...policy, backoff: 'linear' }),
    node('exponential', { ...policy, backoff: 'exponential' }),
  ]);
  expect(measures.map(({ planned }) => planned)).toEqual([
    [150, 150, 150, 150],
    [150, 300, 450, 500],
    [150, 300, 500, 500],
  ]);
  measures.forEach(expectAsPlanned);
});

test('jitter stays between half and the whole, in what is planned and in what the service sees', async () => {
  const nodes = Array.from({ length: 6 }, (_, index) =>
    node(`jitter${index}`, { maxRetries: 3, backoff: 'linear', initialDelay: 200, jitter: true }),
  );
  const measures = await pausesOf('jitter', nodes);
  for (const measure of measures) {
    for (const [index, delay] of measure.planned.entries()) {
      expect(delay).toBeGreaterThanOrEqual(100 * (index + 1));
      expect(delay).toBeLessThanOrEqual(200 * (index + 1));
    }
    expectAsPlanned(measure);
  }
  expect(new Set(measures.map(({ planned }) => planned[0])).size).toBeGreaterThan(1);
});

test('a 429 with Retry-After waits that long, above maxDelay too', async () => {
  const [measure] = await pausesOf('limited', [node('limited', { maxRetries: 2, initialDelay: 10, maxDelay: 50 })]);
  expect(measure?.planned).toEqual([1000]);
  if (measure) expectAsPlanned(measure);
});

test('a retry that waits an hour holds no memory, survives a restart, and comes when its time has come', async () => {
  const far = node('far', { maxRetries: 1, initialDelay: HOUR, maxDelay: HOUR });
  await server().call('POST', '/workflows', { id: 'far', name: 'Far', nodes: [far], edges: [] });
  const start = async () => {
    const { id } = (await server().call<ExecutionRecord>('POST', '/executions', { workflowId: 'far' })).body.data;
    await until(async () => (await record(id)).activity === 'retrying');
    await until(() => server().app.get(ActiveExecutions).size === 0);
    return id;
  };
  const [id, due] = [await start(), await start()];
  const [before] = (await explain(id)).waitingFor;
  expect(before).toMatchObject({ kind: 'retry', nodeId: 'far', attempt: 2 });
  expect((before?.until ?? 0) - (before?.since ?? 0)).toBe(HOUR);

  const first = instances.servers.shift();
  await instances.add();
  await first?.close();
  // An hour passes for one of them: what the journal and the row say of it is an hour older.
  const { pool } = server().database;
  await pool.query(
    `UPDATE execution_events v SET events = replace(v.events, '"until":' || e.wake_at, '"until":' || e.wake_at - $2::int8)
     FROM executions e WHERE e.id = $1 AND v.execution_id = e.id`,
    [due, HOUR],
  );
  await pool.query('UPDATE executions SET wake_at = wake_at - $2 WHERE id = $1', [due, HOUR]);
  await until(async () => (await record(due)).status === 'failed');
  expect(arrivals.get('/far')).toHaveLength(3);
  const [call] = (await record(due)).nodes;
  expect(call).toMatchObject({ status: 'failed', run: 1, attempt: 2, error: { code: 'HTTP_503' } });

  expect(server().app.get(ActiveExecutions).size).toBe(0);
  expect((await explain(id)).waitingFor).toEqual([before]);
});

test('a handler that is called again in an hour holds no memory either', async () => {
  const url = `${service.url}/undone`;
  const undone = {
    ...node('undone', { maxRetries: 1, initialDelay: HOUR, maxDelay: HOUR }),
    config: { method: 'PUT', url },
    rollback: { method: 'DELETE', url },
  };
  await server().call('POST', '/workflows', { id: 'undone', name: 'Undone', nodes: [undone], edges: [] });
  const { body } = await server().call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId: 'undone' });
  const { id } = body.data;
  await server().call('POST', `/executions/${id}/rollback`, { toStart: true }, { prefer: 'respond-async' });
  await until(async () => arrivals.get('/undone')?.length === 2 && (await explain(id)).waitingFor[0]?.kind === 'retry');
  await until(() => server().app.get(ActiveExecutions).size === 0);
  const explained = await explain(id);
  const [{ since = 0, until: due = 0 } = {}] = explained.waitingFor;
  expect(explained).toMatchObject({ activity: 'rolling-back', waitingFor: [{ nodeId: 'undone', attempt: 2 }] });
  expect([due - since >= HOUR, due - since < HOUR + AT_MOST_LATE]).toEqual([true, true]);
  const { rows } = await server().database.pool.query('SELECT owner, wake_at FROM executions WHERE id = $1', [id]);
  expect(rows).toEqual([{ owner: null, wake_at: due }]);
  const cancelled = await server().call<ExecutionRecord>('POST', `/executions/${id}/cancel`);
  expect(cancelled.body.data).toMatchObject({ status: 'cancelled', activity: null });
  expect(arrivals.get('/undone')).toHaveLength(2);
});
