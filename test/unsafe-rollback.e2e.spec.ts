import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { RollbackAnswer } from '../src/engine/recovery/rollback-answer.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

let server: TestServer;
let service: HttpService;
let shop: TestDatabase;
/** What the service answers, by method and path; else 200. */
let answers: { [request: string]: number } = {};

beforeAll(async () => {
  shop = await createTestDatabase('template1');
  service = await startHttpService(({ method, path }, response) =>
    answerJson(response, answers[`${method} ${path}`] ?? 200, {}),
  );
  server = await startTestServer({ DATABASE_CONNECTIONS: 'SHOP', SHOP: shop.url });
});
afterAll(async () => {
  await server.close();
  await service.close();
  await shop.drop();
});
beforeEach(() => {
  answers = {};
  service.requests.length = 0;
});

const request = (id: string) => ({
  id,
  type: 'external-api',
  config: { method: 'POST', url: `${service.url}/${id}` },
});
const call = (id: string) => ({ ...request(id), rollback: { method: 'DELETE', url: `${service.url}/${id}` } });
const table = {
  id: 'table',
  type: 'database',
  config: { connection: 'SHOP', sql: 'CREATE TABLE IF NOT EXISTS t (n int)' },
};

/** Runs a chain to its end; gives the id of the execution. */
async function run(id: string, nodes: { id: string }[]): Promise<string> {
  const edges = nodes.slice(1).map((node, index) => ({ source: nodes[index]?.id, target: node.id }));
  const document = { id, name: id, nodes, edges, settings: { retryPolicy: { maxRetries: 0 } } };
  expect((await server.call('POST', '/workflows', document)).status).toBe(201);
  const { body } = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId: id });
  return body.data.id;
}

const rollBack = (id: string, body: object) => server.call<RollbackAnswer>('POST', `/executions/${id}/rollback`, body);
const record = async (id: string) => (await server.call<ExecutionRecord>('GET', `/executions/${id}`)).body.data;
const deletions = () => service.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);

/** The journal as it is stored, byte for byte, and the execution's row but for who has it in memory at the moment. */
async function stored(id: string): Promise<unknown[]> {
  const { pool } = server.database;
  const events = await pool.query('SELECT * FROM execution_events WHERE execution_id = $1 ORDER BY first_seq', [id]);
  const row = await pool.query("SELECT to_jsonb(e) - 'owner' AS row FROM executions e WHERE id = $1", [id]);
  return [events.rows, row.rows];
}

describe('an unsafe rollback', () => {
  it.each([
    ['of an external effect without compensation', 'mail', () => [call('a'), request('mail'), call('c')]],
    ['of what a database has committed', 'table', () => [call('a'), table, call('c')]],
    ['of a node whose outcome is unknown', 'c', () => [call('a'), call('b'), call('c')]],
  ])(
    '%s changes nothing without force, byte for byte; with it it goes on and says what stays',
    async (_, unsafe, nodes) => {
      if (unsafe === 'c') answers['POST /c'] = 502;
      const id = await run(`unsafe_${unsafe}`, nodes());
      const before = await stored(id);
      const refused = await rollBack(id, { targetNodeId: 'a' });
      expect([refused.status, refused.body.error?.code]).toEqual([409, 'ROLLBACK_UNSAFE']);
      expect(refused.body.error?.details).toEqual({
        warnings: [expect.stringContaining(`"${unsafe}"`)],
        hint: expect.stringContaining('"force": true') as string,
      });
      const { body: planned } = await rollBack(id, { targetNodeId: 'a', dryRun: true });
      expect(planned.data).toMatchObject({ status: 'planned', warnings: [expect.stringContaining(`"${unsafe}"`)] });
      expect(await stored(id)).toEqual(before);
      expect(deletions()).toEqual([]);

      const { body } = await rollBack(id, { targetNodeId: 'a', force: true });
      expect(body.data).toMatchObject({
        success: true,
        status: 'completed',
        warnings: [expect.stringContaining(`"${unsafe}"`)],
      });
      expect(deletions()).toEqual(unsafe === 'c' ? ['/c', '/b'] : ['/c']);
      const { rollbacks, nodes: shown } = await record(id);
      expect(rollbacks).toMatchObject([{ force: true, warnings: [expect.stringContaining(`"${unsafe}"`)] }]);
      const outcomeOf = Object.fromEntries((rollbacks[0]?.nodes ?? []).map(({ nodeId, outcome }) => [nodeId, outcome]));
      expect(outcomeOf[unsafe]).toBe(unsafe === 'c' ? 'undone' : 'left');
      expect(shown.map(({ status }) => status)).toEqual(['completed', 'pending', 'pending']);
    },
  );
});

describe('a plan that has changed since it was shown', () => {
  it('is refused, and nothing is changed; the new one is taken', async () => {
    answers['POST /c'] = 500;
    const id = await run('stale', [call('a'), call('b'), call('c'), call('d')]);
    const plan = async () => (await rollBack(id, { targetNodeId: 'a', dryRun: true })).body.data.plan;
    const shown = await plan();
    expect((await plan()).hash).toBe(shown.hash);
    answers = {};
    await server.call('POST', `/executions/${id}/resume`);
    await until(async () => (await record(id)).status === 'completed');
    const before = await stored(id);
    for (const dryRun of [true, false]) {
      const refused = await rollBack(id, { targetNodeId: 'a', planHash: shown.hash, dryRun });
      expect([refused.status, refused.body.error?.code]).toEqual([409, 'PLAN_CHANGED']);
    }
    expect(await stored(id)).toEqual(before);
    expect(deletions()).toEqual([]);
    const { hash } = await plan();
    expect(hash).not.toBe(shown.hash);
    expect((await rollBack(id, { targetNodeId: 'a', planHash: hash })).body.data).toMatchObject({ success: true });
    expect(deletions()).toEqual(['/d', '/c', '/b']);
  });
});

describe('a rollback whose second handler fails for good', () => {
  it('says what was undone and what not, takes neither resume nor settle as pending, and is finished by the repeated call', async () => {
    const id = await run('stops', [call('a'), call('b'), call('c'), call('d')]);
    answers['DELETE /c'] = 500;
    const stopped = await rollBack(id, { targetNodeId: 'a' });
    expect(stopped).toMatchObject({
      status: 200,
      body: {
        success: true,
        data: {
          success: false,
          status: 'stopped',
          rolledBack: ['d'],
          failedNodeId: 'c',
          remaining: ['c', 'b'],
          error: { code: 'HTTP_500' },
        },
      },
    });
    const before = await stored(id);
    const settle = { status: 'pending', reason: 'Try again' };
    for (const [method, path, body] of [
      ['POST', 'resume', {}],
      ['POST', 'resume', { fromNodeId: 'a' }],
      ['PUT', 'status', { status: 'running' }],
      ['POST', 'nodes/c/settle', settle],
      ['POST', 'rollback', { targetNodeId: 'b' }],
      ['POST', 'rollback', { targetNodeId: 'a', scope: 'dependants' }],
    ] as const) {
      const { status, body: refused } = await server.call(method, `/executions/${id}/${path}`, body);
      expect([path, status, refused.error]).toMatchObject([path, 409, { code: 'CONFLICT' }]);
    }
    expect(await stored(id)).toEqual(before);
    const node = await server.call('GET', `/executions/${id}/nodes/c`);
    expect(node.body.data).toMatchObject({
      status: 'completed',
      runs: [
        { undone: { outcome: 'failed', attempts: [{ attempt: 1, status: 'failed', error: { code: 'HTTP_500' } }] } },
      ],
    });

    answers = {};
    const finished = await rollBack(id, { targetNodeId: 'a' });
    expect(finished.body.data).toMatchObject({ success: true, status: 'completed', affectedNodes: ['b', 'c', 'd'] });
    expect(deletions()).toEqual(['/d', '/c', '/c', '/b']);
    expect((await record(id)).rollbacks).toHaveLength(1);
  });
});

describe('what a rollback sends', () => {
  it('counts for what the execution has moved over the network', async () => {
    answers['POST /b'] = 500;
    const nodes = [call('a'), call('b')];
    const edges = [{ source: 'a', target: 'b' }];
    const settings = { errorHandling: 'rollback', retryPolicy: { maxRetries: 0 } };
    await server.call('POST', '/workflows', { id: 'undoes', name: 'Undoes', nodes, edges, settings });
    const { body } = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId: 'undoes' });
    const { id } = body.data;
    await until(async () => (await record(id)).endTime !== null);
    expect(service.requests).toHaveLength(3);
    expect((await record(id)).performance?.networkIO.requestCount).toBe(3);
  });
});
