import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { InstanceRepository } from '../src/repositories/instance.repository.js';
import { JournalRepository } from '../src/repositories/journal.repository.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

/** The lease is lost at an awkward moment; the instance goes on under a new id. */
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ HEARTBEAT_MS: '100' });
  const nodes = [{ id: 'only', type: 'transform', config: { output: { n: 1 } } }];
  await server.call('POST', '/workflows', { id: 'pure', name: 'pure', nodes, edges: [] });
});
afterAll(() => server.close());

const sql = async <T extends object>(text: string, values: unknown[] = []) =>
  (await server.database.pool.query<T>(text, values)).rows;

const declareDead = () => sql(`UPDATE instances SET state = 'dead'`);

const create = (more: object = {}) =>
  server.call<ExecutionRecord>('POST', '/executions', { workflowId: 'pure', ...more });

test('an execution that is claimed before the new id is known to be registered is driven all the same', async () => {
  const repository = server.app.get(InstanceRepository);
  const id = (await create({ runAt: Date.now() + 1000 })).body.data.id;
  const register = repository.register.bind(repository);
  const isTaken = async () =>
    (await sql('SELECT 1 FROM executions WHERE id = $1 AND (owner IS NOT NULL OR ended_at IS NOT NULL)', [id])).length >
    0;
  // Its answer is lost until the execution has been claimed under the new id.
  repository.register = async (...given) => {
    await register(...given);
    if (!(await isTaken())) throw new Error('the connection broke');
  };
  await declareDead();
  await until(async () => (await server.call<ExecutionRecord>('GET', `/executions/${id}`)).body.data.endTime !== null);
  repository.register = register;
});

test('a creation whose batch is under way when the lease is lost may exist, and the answer says so', async () => {
  const journal = server.app.get(JournalRepository);
  const write = journal.write.bind(journal);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let isWritten = false;
  journal.write = async (batch) => {
    const result = await write(batch);
    isWritten = true;
    await released;
    return result;
  };
  const answer = create();
  await until(() => isWritten);
  journal.write = write;
  await declareDead();
  const { status, body } = await answer;
  release();

  expect([status, body.error]).toMatchObject([503, { code: 'SERVICE_UNAVAILABLE', details: { committed: 'unknown' } }]);
  const details = body.error?.details as { executionId: string } | undefined;
  expect(await sql('SELECT 1 FROM executions WHERE id = $1', [details?.executionId])).toHaveLength(1);
});
