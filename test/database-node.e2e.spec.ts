import { Client } from 'pg';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

let server: TestServer;
let shop: TestDatabase;
let client: Client;
let workflows = 0;

beforeAll(async () => {
  shop = await createTestDatabase('template1');
  client = new Client(shop.connection);
  await client.connect();
  await client.query('CREATE TABLE orders (id bigint PRIMARY KEY, item text, at timestamptz DEFAULT now())');
  server = await startTestServer({ DATABASE_CONNECTIONS: 'SHOP', SHOP: shop.url });
});
afterAll(async () => {
  await server.close();
  await client.end();
  await shop.drop();
});

async function run(nodes: Json[], edges: Json[] = [], trigger: Json = {}): Promise<ExecutionRecord> {
  workflows += 1;
  const workflowId = `wf_${workflows}`;
  const workflow = await server.call('POST', '/workflows', { id: workflowId, name: 'Orders', nodes, edges });
  expect([workflow.status, workflow.body.error]).toEqual([201, undefined]);
  const answer = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', {
    workflowId,
    trigger: { type: 'api', data: trigger },
  });
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data;
}

const nodeOf = (record: ExecutionRecord, id: string) => record.nodes.find(({ nodeId }) => nodeId === id);

const validate = async (config: Json, more: Json = {}) => {
  const nodes = [{ id: 'a', type: 'database', config: { connection: 'SHOP', ...config }, ...more }];
  const { body } = await server.call<{ errors: Json[] }>('POST', '/workflows/validate', {
    name: 'x',
    nodes,
    edges: [],
  });
  return body.data.errors.map(({ code, field, message }) => ({ code, field, message }));
};

describe('a database node in a workflow', () => {
  it('writes and reads back, with params of their own type and none of them read as SQL or as an expression', async () => {
    const item = `'; DROP TABLE orders; -- {{ $eval("1") }}`;
    const record = await run(
      [
        {
          id: 'write',
          type: 'database',
          config: {
            connection: 'SHOP',
            sql: 'INSERT INTO orders (id, item) VALUES ($1, $2) RETURNING id',
            params: ['{{ trigger.data.id }}', '{{ trigger.data.item }}'],
          },
        },
        {
          id: 'read',
          type: 'database',
          config: {
            connection: 'SHOP',
            sql: 'SELECT id, item FROM orders WHERE id = $1',
            params: ['{{ inputs.order }}'],
          },
          inputs: { order: { from: 'write', output: 'rowCount' } },
        },
        { id: 'out', type: 'output' },
      ],
      [
        { source: 'write', target: 'read' },
        { source: 'read', target: 'out' },
      ],
      { id: 1, item },
    );
    expect(record).toMatchObject({
      status: 'completed',
      result: { rows: [{ id: '1', item }], rowCount: 1, committed: false },
    });
    expect(nodeOf(record, 'write')?.outputs).toEqual({ rows: [{ id: '1' }], rowCount: 1, committed: true });
  });

  it('fails with the state of its SQL, once and with a known outcome', async () => {
    const record = await run([{ id: 'a', type: 'database', config: { connection: 'SHOP', sql: 'SELEC 1' } }]);
    expect(record).toMatchObject({ status: 'failed', error: { code: 'SQL_42601' } });
    expect(nodeOf(record, 'a')).toMatchObject({ attempt: 1, error: { details: { sqlState: '42601' } } });
    expect(nodeOf(record, 'a')?.outcome ?? null).toBeNull();
  });

  it('tries a TIMEOUT again by its default policy, from either limit', async () => {
    const sleep = { connection: 'SHOP', sql: 'SELECT pg_sleep(60)' };
    const [own, ofNode] = await Promise.all([
      run([{ id: 'a', type: 'database', config: { ...sleep, timeout: 200 }, retryPolicy: { initialDelay: 10 } }]),
      run([{ id: 'a', type: 'database', config: sleep, timeout: 200, retryPolicy: { initialDelay: 10 } }]),
    ]);
    for (const record of [own, ofNode]) {
      expect(record).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
      expect(nodeOf(record, 'a')).toMatchObject({ attempt: 3 });
      expect(nodeOf(record, 'a')?.outcome ?? null).toBeNull();
    }
  });

  it('names the known connections when it has another one', async () => {
    const record = await run([{ id: 'a', type: 'database', config: { connection: 'ELSE', sql: 'SELECT 1' } }]);
    expect(record.error).toMatchObject({ code: 'INVALID_CONFIG' });
    expect(record.error?.message).toContain('known are SHOP');
  });
});

describe('the config of a database node', () => {
  it.each([
    [{ sql: "SELECT '{{ inputs.x }}'" }, 'sql', /use params/],
    [{ statements: [{ sql: 'SELECT {{ inputs.x }}' }] }, 'statements.0.sql', /use params/],
    [{ statements: ['{{ inputs.x }}'] }, 'statements.0', /use params/],
    [{ statements: '{{ inputs.x }}' }, 'statements', /use params/],
    [{ statements: [] }, 'statements', /fewer than 1/],
    [{}, '', /exactly one of "sql" and "statements"/],
    [{ sql: 'SELECT 1', statements: [{ sql: 'SELECT 1' }] }, '', /exactly one of "sql" and "statements"/],
    [{ statements: [{ sql: 'SELECT 1' }], params: [1] }, '', /property sql when property params/],
    [{ sql: 'SELECT 1', param: [1] }, 'param', /did you mean "params"/],
    [{ sql: 'SELECT 1', timeout: 0 }, 'timeout', />= 1/],
    [{ sql: 'SELECT 1', exactlyOnce: '{{ true }}' }, 'exactlyOnce', /boolean/],
  ])('%j is refused at %s', async (config, field, message) => {
    expect(await validate(config)).toContainEqual({
      code: 'INVALID_CONFIG',
      field: field === '' ? expect.any(String) : expect.stringMatching(new RegExp(`${field.replaceAll('.', '\\.')}$`)),
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [{ sql: 'SELECT $1', params: '{{ inputs.all }}' }, {}],
    [{ sql: 'SELECT $1', params: ['{{ inputs.x }}'], timeout: '{{ variables.ms }}' }, {}],
    [
      { sql: 'SELECT 1', exactlyOnce: true },
      { rollback: { sql: 'DELETE FROM a WHERE b = $1', params: ['{{ outputs.rowCount }}'] } },
    ],
    [{ sql: 'SELECT 1' }, { rollback: { statements: [{ sql: 'SELECT 1' }] } }],
  ])('%j with %j is taken', async (config, more) => {
    expect(await validate(config, more)).toEqual([]);
  });

  it('has a compensation of the same rules', async () => {
    const errors = await validate({ sql: 'SELECT 1' }, { rollback: { sql: 'DELETE {{ outputs.rowCount }}' } });
    expect(errors).toMatchObject([{ message: expect.stringMatching(/use params/) as string }]);
    expect(await validate({ sql: 'SELECT 1' }, { rollback: { params: [] } })).not.toEqual([]);
  });
});
