import type { ServerResponse } from 'node:http';
import { jest } from '@jest/globals';
import { answerJson, startHttpService, type HttpService } from '../support/http-service.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { call, eventsOf, InstanceCluster, instances, run, settled } from './instance-cluster.js';

const HEARTBEAT_MS = 200;
const LEASE_MS = 3000;
/** The service takes so long for what is not held. */
const ANSWER_MS = 20;
const SERVERS = 3;
const CHAIN = ['a', 'b', 'c', 'd', 'e'];

// Most of it is the start of servers, on a machine that may have other work.
jest.setTimeout(120_000);

let service: HttpService;
/** Requests to /held wait here until a test answers them. */
const held: ServerResponse[] = [];
let cluster: InstanceCluster;

beforeAll(async () => {
  service = await startHttpService(({ path }, response) => {
    if (path.startsWith('/held')) held.push(response);
    else setTimeout(() => answerJson(response, 200, {}), ANSWER_MS);
  });
  cluster = await InstanceCluster.make({
    HEARTBEAT_MS: String(HEARTBEAT_MS),
    LEASE_MS: String(LEASE_MS),
    SHUTDOWN_GRACE_MS: '200',
    MAX_ACTIVE_EXECUTIONS: '4',
  });
  await Promise.all(Array.from({ length: SERVERS }, () => cluster.start()));
  await create(
    'chain',
    CHAIN.map((id) => post(id, '/quick')),
  );
  await create('held', [post('a', '/held')]);
});

afterAll(async () => {
  await cluster.close();
  await service.close();
});

/** A node that calls the service. */
function post(id: string, path: string) {
  const url = `${service.url}${path}/{{ trigger.data.n }}/${id}`;
  return { id, type: 'external-api', config: { method: 'POST', url } };
}

async function create(id: string, nodes: { id: string }[]): Promise<void> {
  const edges = nodes.slice(1).map((node, index) => ({ source: nodes[index]?.id, target: node.id }));
  await call(cluster.servers[0] as ServerProcess, 'POST', '/workflows', { id, name: id, nodes, edges });
}

/** Takes the last server out of the cluster and starts another one meanwhile. */
function pick(): { victim: ServerProcess; others: ServerProcess[]; first: ServerProcess } {
  const victim = cluster.servers.pop() as ServerProcess;
  const others = [...cluster.servers];
  return { victim, others, first: others[0] as ServerProcess };
}

function said(servers: ServerProcess[]): string {
  return servers.map(({ output }) => output()).join('');
}

/** Starts an execution whose only node hangs, on this very server. */
async function runHeld(server: ServerProcess, n: string): Promise<{ id: string; answer: ServerResponse }> {
  const before = held.length;
  const id = await run(server, 'held', { n });
  await until(() => held.length > before);
  return { id, answer: held.at(-1) as ServerResponse };
}

test('what a killed server drove goes on elsewhere at once, and no recorded node runs again', async () => {
  const { victim, others, first } = pick();
  const ids = await Promise.all(
    Array.from({ length: 60 }, (_, n) => run([victim, ...others][n % SERVERS] as ServerProcess, 'chain', { n })),
  );
  await until(() => service.requests.length > 20);
  await victim.kill();
  await until(() => said(others).includes('its process is gone'));
  const records = await Promise.all(ids.map((id) => settled(first, id)));

  expect(new Set(records.map(({ status }) => status))).toEqual(new Set(['completed']));
  let repeated = 0;
  for (const [n, id] of ids.entries()) {
    const events = await eventsOf(first, id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const times = events.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const nodeId of CHAIN) {
      const effects = service.requests.filter(({ path }) => path === `/quick/${n}/${nodeId}`);
      const intents = events.filter((event) => event.type === 'node:started' && event.nodeId === nodeId);
      const completions = events.filter((event) => event.type === 'node:completed' && event.nodeId === nodeId);
      expect([completions.length, effects.length <= intents.length]).toEqual([1, true]);
      expect(new Set(effects.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
      repeated += effects.length - 1;
    }
  }
  // Only what was under way at the kill is done once more: at most one node of each of its executions.
  expect(repeated).toBeLessThanOrEqual(ids.length / SERVERS);
  await until(async () => (await instances(first)).length === others.length);
});

test('a server that was stopped past its lease writes nothing more, says so, and goes on under a new id', async () => {
  await cluster.start();
  const { victim, others, first } = pick();
  const { id, answer } = await runHeld(victim, 'stopped');
  const before = (await instances(first)).find(({ pid }) => pid === victim.pid);
  victim.signal('SIGSTOP');
  await until(() => held.length > 0 && held.at(-1) !== answer);
  answerJson(held.at(-1) as ServerResponse, 200, { by: 'the second' });
  const record = await settled(first, id);
  const events = await eventsOf(first, id);
  answerJson(answer, 200, { by: 'the first' });
  victim.signal('SIGCONT');
  cluster.servers.push(victim);
  await until(() => victim.output().includes('goes on under a new id'));
  const goneOn = (await instances(first)).find(({ pid, state }) => pid === victim.pid && state === 'alive');
  const next = await run(victim, 'chain', { n: 'next' });

  expect(said(others)).toMatch(/silent for \d+ ms/);
  expect(record).toMatchObject({ status: 'completed', nodes: [{ outputs: { body: { by: 'the second' } } }] });
  await until(() => victim.output().includes('the lease is lost'));
  expect(before?.executions).toBe(1);
  expect(goneOn?.id).not.toBe(before?.id);
  expect((await settled(victim, next)).status).toBe('completed');
  expect(await eventsOf(victim, id)).toEqual(events);
  const keys = service.requests.filter(({ path }) => path.startsWith('/held/stopped'));
  expect(new Set(keys.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('what an ending server could not finish is claimed by the others', async () => {
  const { victim, first } = pick();
  const { id, answer } = await runHeld(victim, 'ended');
  await victim.stop();
  await until(() => held.at(-1) !== answer);
  answerJson(held.at(-1) as ServerResponse, 200, {});

  expect((await settled(first, id)).status).toBe('completed');
  const interrupted = (await eventsOf(first, id)).filter(({ type }) => type === 'node:interrupted');
  expect(interrupted).toMatchObject([{ cause: 'shutdown', then: 'retry' }]);
  await until(async () => (await instances(first)).every(({ state }) => state === 'alive'));
});

test('servers that have few places share what waits for one', async () => {
  const servers = [...cluster.servers];
  const [first] = servers as [ServerProcess];
  const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => run(first, 'chain', { n })));
  const drivers = new Map<string, number>();
  for (const id of ids) {
    expect((await settled(first, id)).status).toBe('completed');
    const started = (await eventsOf(first, id)).find((event) => event.type === 'node:started');
    const driver = started?.instance ?? '';
    drivers.set(driver, (drivers.get(driver) ?? 0) + 1);
  }

  expect(drivers.size).toBe(servers.length);
  expect(Math.min(...drivers.values())).toBeGreaterThan(ids.length / 5);
});
