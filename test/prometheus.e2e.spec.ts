import { readFileSync } from 'node:fs';
import { PrometheusMetrics } from '../src/monitoring/prometheus-metrics.js';
import { readExposition, type Exposition } from './support/exposition.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

const TOKEN = 'geheim';

let server: TestServer;
let guarded: TestServer;
let service: HttpService;
/** Requests to the service, which are answered when a test says so. */
const held: (() => void)[] = [];

beforeAll(async () => {
  service = await startHttpService((_, response) => {
    held.push(() => answerJson(response, 200, {}));
  });
  [server, guarded] = await Promise.all([
    startTestServer({ MAX_ACTIVE_EXECUTIONS: '2', HEARTBEAT_MS: '100' }),
    startTestServer({ API_TOKEN: TOKEN }),
  ]);
  const workflows = {
    quick: [{ id: 'in', type: 'input' }],
    broken: [{ id: 'no', type: 'fail', config: { message: 'no' } }],
    held: [{ id: 'call', type: 'external-api', config: { method: 'GET', url: service.url } }],
  };
  for (const [id, nodes] of Object.entries(workflows)) {
    const { status } = await server.call('POST', '/workflows', { id, name: id, nodes, edges: [] });
    expect(status).toBe(201);
  }
});
afterAll(async () => {
  for (const answer of held) answer();
  await Promise.all([server.close(), guarded.close()]);
  await service.close();
});

async function scrape({ url }: TestServer = server, headers: Record<string, string> = {}): Promise<Exposition> {
  return readExposition(await (await fetch(`${url}/metrics`, { headers })).text());
}

async function start(workflowId: string, query = ''): Promise<string> {
  const answer = await server.call<{ id: string }>('POST', `/executions${query}`, { workflowId });
  expect(answer.status).toBe(201);
  return answer.body.data.id;
}

async function untilShows(sample: string, value: number): Promise<void> {
  await until(async () => (await scrape()).samples.get(sample) === value);
}

describe('/metrics', () => {
  test('is in the text format of Prometheus, under its type, without an envelope', async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(response.headers.get('x-request-id')).not.toBeNull();
    expect(readExposition(await response.text()).samples.size).toBeGreaterThan(50);
  });

  test('counts the executions that ended by status, and the durations of their nodes by type', async () => {
    await start('quick', '?wait=20000');
    await start('quick', '?wait=20000');
    await start('broken', '?wait=20000');
    await untilShows('retrace_executions_ended_total{status="completed"}', 2);
    await untilShows('retrace_executions_ended_total{status="failed"}', 1);

    const { samples } = await scrape();
    expect(samples.get('retrace_executions_ended_total{status="cancelled"}')).toBe(0);
    expect(samples.get('retrace_node_duration_seconds_count{type="input",status="completed"}')).toBe(2);
    expect(samples.get('retrace_node_duration_seconds_count{type="fail",status="failed"}')).toBe(1);
    expect(samples.get('retrace_node_duration_seconds_bucket{le="+Inf",type="input",status="completed"}')).toBe(2);
  });

  test('counts the batches, their events and the time of their commits', async () => {
    const id = await start('quick', '?wait=20000');
    const { samples } = await scrape();
    const before = (await server.database.pool.query<{ count: number }>('SELECT count(*) FROM journal_batches'))
      .rows[0];
    const [batches, commits, events] = ['batch_events_count', 'commit_duration_seconds_count', 'batch_events_sum'].map(
      (name) => samples.get(`retrace_journal_${name}`) ?? 0,
    );
    expect(batches).toBe(commits);
    expect(batches).toBeGreaterThan(0);
    expect(before?.count).toBeGreaterThanOrEqual(batches ?? 0);
    const { body } = await server.call<{ seq: number }>('GET', `/executions/${id}`);
    expect(events).toBeGreaterThanOrEqual(body.data.seq);
    expect(samples.get('retrace_journal_commit_duration_seconds_sum')).toBeGreaterThan(0);
    expect(samples.get('retrace_journal_commit_failures_total{result="unknown"}')).toBe(0);
    expect(samples.get('retrace_journal_queue_characters')).toBe(0);
  });

  test('shows what is in memory by status, and what waits for a place there', async () => {
    const ids = [await start('held'), await start('held'), await start('held')];
    await until(() => held.length === 2);
    await untilShows('retrace_executions_active{status="running"}', 2);
    await untilShows('retrace_executions_queued', 1);

    await until(async () => {
      for (const answer of held.splice(0)) answer();
      const { body } = await server.call<{ status: string }>('GET', `/executions/${ids[2]}`);
      return body.data.status === 'completed';
    });
    await untilShows('retrace_executions_active{status="running"}', 0);
    await untilShows('retrace_executions_queued', 0);
  });

  test('counts the clients of the feed', async () => {
    const { feedClients } = server.app.get(PrometheusMetrics);
    const before = (await scrape()).samples.get('retrace_feed_clients') ?? Number.NaN;
    feedClients.inc();
    feedClients.inc();
    feedClients.dec();
    expect((await scrape()).samples.get('retrace_feed_clients')).toBe(before + 1);
    feedClients.dec();
  });

  test('counts the takeovers', async () => {
    expect((await scrape()).samples.get('retrace_takeovers_total')).toBe(0);
    await server.database.pool.query(
      `INSERT INTO instances (id, host, boot_id, pid, pid_start, heartbeat_at)
       VALUES ('silent', 'elsewhere', '', 1, '', clock_timestamp() - interval '1 hour')`,
    );
    await untilShows('retrace_takeovers_total', 1);
  });

  test('tells of the process, its event loop too', async () => {
    const { samples } = await scrape();
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  });

  test('has labels with few values: no ids of workflows or executions', async () => {
    const { samples } = await scrape();
    const own = [...samples.keys()].filter((key) => key.startsWith('retrace_'));
    const names = own.flatMap((key) => [...key.matchAll(/(\w+)="/g)].map(([, name]) => name));
    expect(new Set(names)).toEqual(new Set(['status', 'type', 'le', 'result']));
    expect(own.join()).not.toMatch(/quick|exec_/);
  });

  test('is of each server alone, also of two in one process', async () => {
    const { samples } = await scrape(guarded, { authorization: `Bearer ${TOKEN}` });
    expect(samples.get('retrace_executions_ended_total{status="completed"}')).toBe(0);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  test('wants the API_TOKEN; without one it is for this machine alone', async () => {
    const status = async (url: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}/metrics`, { headers });
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await status(guarded.url, {})).toEqual([401, 'UNAUTHORIZED']);
    expect(await status(guarded.url, { authorization: 'Bearer wrong' })).toEqual([401, 'UNAUTHORIZED']);
    expect(await status(server.url, { origin: 'https://evil.example.com' })).toEqual([403, 'FORBIDDEN']);
  });
});

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}

/** The names of metrics in a query: what is neither a label, nor a function, nor a range. */
function metricsIn(expr: string): string[] {
  const bare = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '').replaceAll(/\b(by|without|on|ignoring) \([^)]*\)/g, '');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([name]) => name);
}

test('Every query of the Grafana dashboard in examples names metrics and labels that are there', async () => {
  await start('quick', '?wait=20000');
  const { names, samples } = await scrape();
  const labels = new Set([...samples.keys()].flatMap((key) => [...key.matchAll(/(\w+)="/g)].map(([, name]) => name)));
  const { panels } = JSON.parse(readFileSync('examples/grafana/retrace.json', 'utf8')) as { panels: Panel[] };
  const queried = panels.filter(({ type }) => type !== 'row');
  const asked = queried.flatMap(({ title, targets = [] }) => {
    expect([title, targets.length]).not.toEqual([title, 0]);
    return targets.map(({ expr }) => expr);
  });
  for (const expr of asked) {
    const metrics = metricsIn(expr);
    expect([expr, metrics.length]).not.toEqual([expr, 0]);
    expect([expr, metrics.filter((name) => !names.has(name))]).toEqual([expr, []]);
    // Prometheus itself adds the instance.
    const used = [...expr.matchAll(/(\w+)=~?"|\bby \(([^)]*)\)/g)].flatMap(
      ([, one, list = '']) => one ?? list.split(', '),
    );
    expect([expr, used.filter((name) => name !== 'instance' && !labels.has(name))]).toEqual([expr, []]);
  }
  const shown = new Set(asked.flatMap(metricsIn).map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  const own = [...names]
    .filter((name) => name.startsWith('retrace_'))
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  expect(own.filter((name) => !shown.has(name))).toEqual([]);
});
