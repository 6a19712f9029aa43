import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { answerJson, startHttpService, type HttpService } from '../support/http-service.js';
import type { ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { call, eventsOf, InstanceCluster, run, settled } from './instance-cluster.js';

const DEADLY_TYPE = `export default {
  type: 'deadly', name: 'Deadly', category: 'test', description: 'Ends its process', version: '1.0.0', effect: 'pure',
  configSchema: { type: 'object', properties: {}, additionalProperties: false },
  execute() { process.exit(7); },
};`;
const BESIDE = 6;

let folder: string;
let service: HttpService;
let cluster: InstanceCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retrace-deadly-'));
  await writeFile(join(folder, 'deadly.js'), DEADLY_TYPE);
  service = await startHttpService((_, response) => void setTimeout(() => answerJson(response, 200, {}), 20));
  cluster = await InstanceCluster.make({ NODE_TYPES_DIR: folder, LOG_LEVEL: 'warn' });
});
afterAll(async () => {
  await cluster.close();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

test('an execution that ends its process is paused with CRASH_LOOP after ten times, and those beside it run on', async () => {
  const first = await cluster.start();
  const quick = { type: 'external-api', config: { method: 'POST', url: service.url } };
  const edges = [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'c' },
  ];
  const nodes = (b: object) => [
    { id: 'a', ...quick },
    { id: 'b', ...b },
    { id: 'c', ...quick },
  ];
  await call(first, 'POST', '/workflows', { id: 'deadly', name: 'deadly', nodes: nodes({ type: 'deadly' }), edges });
  await call(first, 'POST', '/workflows', { id: 'beside', name: 'beside', nodes: nodes(quick), edges });
  const beside = await Promise.all(Array.from({ length: BESIDE }, () => run(first, 'beside')));
  const id = await run(first, 'deadly');
  await first.ended;
  const counts = [await claimsOf(id)];
  // A start takes seconds: the deaths in the middle are put on record without dying them.
  for (const skippedTo of [undefined, 8]) {
    if (skippedTo !== undefined) await sql('UPDATE executions SET claims = $2 WHERE id = $1', [id, skippedTo]);
    expect(await start()).toBeUndefined();
    counts.push(await claimsOf(id));
  }
  const server = (await start()) as ServerProcess;

  expect(counts).toEqual([0, 1, 9]);
  expect(await settled(server, id)).toMatchObject({ status: 'paused', attention: 'crash-loop' });
  expect(await claimsOf(id)).toBe(0);
  expect((await eventsOf(server, id)).at(-1)).toMatchObject({ type: 'execution:paused', code: 'CRASH_LOOP' });
  const { logs } = await call<{ logs: object[] }>(server, 'GET', `/executions/${id}/logs?level=error`);
  expect(logs).toMatchObject([{ message: expect.stringContaining('CRASH_LOOP') as string }]);
  await until(() => server.output().includes('CRASH_LOOP'));
  for (const other of beside) expect((await settled(server, other)).status).toBe('completed');
}, 120_000);

/** Starts a server; undefined when it dies once more, else it lives and something is paused. */
async function start(): Promise<ServerProcess | undefined> {
  const server = await cluster.start().catch(() => undefined);
  if (!server) return undefined;
  const isPaused = async () => {
    const found = await call<{ executions: object[] }>(server, 'GET', '/executions?attention=crash-loop');
    return found.executions.length > 0;
  };
  const lives = await Promise.race([server.ended.then(() => false), until(isPaused).then(() => true)]).catch(
    () => false,
  );
  return lives ? server : undefined;
}

async function claimsOf(id: string): Promise<number | undefined> {
  const { rows } = await sql<{ claims: number }>('SELECT claims FROM executions WHERE id = $1', [id]);
  return rows[0]?.claims;
}

async function sql<T extends object>(text: string, values: unknown[]): Promise<{ rows: T[] }> {
  const client = new Client(cluster.database.connection);
  await client.connect();
  try {
    return await client.query<T>(text, values);
  } finally {
    await client.end();
  }
}
