import { connect } from 'node:net';
import { type HttpService, startHttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

const GRACE_MS = 2000;
const DAY_MS = 86_400_000;

let server: TestServer;
/** Never answers. */
let service: HttpService;

beforeEach(async () => {
  service = await startHttpService(() => undefined);
  server = await startTestServer({ SHUTDOWN_GRACE_MS: String(GRACE_MS), CANCEL_GRACE_MS: '0' });
  await create('pure', { type: 'transform', config: { output: { n: 1 } } });
  await create('endless', { type: 'external-api', config: { method: 'POST', url: service.url } });
});
afterEach(async () => {
  await server.close();
  await service.close();
});

test('a workflow id with U+0000 is refused, and no other request with it', async () => {
  const ids = ['pure', 'pu\0re', 'pure'];
  const answers = await Promise.all(ids.map((workflowId) => server.call('POST', '/executions', { workflowId })));

  expect(answers.map(({ status }) => status)).toEqual([201, 404, 201]);
});

test('an execution whose claim was answered to nobody is taken up by the instance that it belongs to', async () => {
  const runAt = Date.now() + DAY_MS;
  const { body } = await server.call<{ id: string }>('POST', '/executions', { workflowId: 'pure', runAt });
  const { pool } = server.database;
  const row = async () => {
    const { rows } = await pool.query<{ owner: string | null; wakeAt: number | null; status: string }>(
      'SELECT owner, wake_at AS "wakeAt", status FROM executions WHERE id = $1',
      [body.data.id],
    );
    return rows[0];
  };
  // What such a claim leaves: a row that names an instance which knows nothing of it.
  await pool.query('UPDATE executions SET owner = (SELECT id FROM instances), wake_at = NULL WHERE id = $1', [
    body.data.id,
  ]);
  expect((await row())?.owner).not.toBeNull();

  await until(async () => (await row())?.owner === null);
  expect(await row()).toEqual({ owner: null, wakeAt: runAt, status: 'pending' });
});

test('a request that is never sent whole and a node that never ends have one grace between them', async () => {
  const { hostname, port } = new URL(server.url);
  await server.call('POST', '/executions', { workflowId: 'endless' });
  await until(() => Promise.resolve(service.requests.length === 1));
  const half = connect(Number(port), hostname).on('error', () => undefined);
  half.write(
    'POST /api/v2/executions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
  );
  await server.call('GET', '/executions');
  const began = performance.now();
  await server.close();

  expect(performance.now() - began).toBeLessThan(2 * GRACE_MS);
});

async function create(id: string, node: object): Promise<void> {
  await server.call('POST', '/workflows', { id, name: id, nodes: [{ id: 'a', ...node }], edges: [] });
}
