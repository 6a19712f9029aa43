import { Client } from 'pg';
import { startDatabaseProxy, type DatabaseProxy } from '../../../test/support/database-proxy.js';
import { nodeContext, type TestNodeContext } from '../../../test/support/node-context.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { loadConfig } from '../../config/env.js';
import { createLog } from '../../config/logger.js';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject, JsonValue } from '../../engine/json.js';
import type { NodeContext, NodeOutput, NodeType } from '../../engine/ports.js';
import { DatabaseConnections } from './database-connections.js';
import { createDatabaseNode } from './database-node.js';

let own: TestDatabase;
let proxy: DatabaseProxy;
let connections: DatabaseConnections;
let node: NodeType;
/** Looks from outside. */
let observer: Client;

beforeAll(async () => {
  own = await createTestDatabase('template1');
  proxy = await startDatabaseProxy(own.connection);
  connections = open({ MAIN: own.url, PROXIED: proxy.url, NOBODY: 'postgresql://me:s3cret@127.0.0.1:1/x' });
  node = createDatabaseNode(connections);
  observer = new Client(own.connection);
  await observer.connect();
  await observer.query('CREATE TABLE items (id int PRIMARY KEY, name text)');
});
beforeEach(async () => {
  await observer.query('TRUNCATE items');
});
afterAll(async () => {
  await connections.onApplicationShutdown();
  await observer.end();
  await proxy.close();
  await own.drop();
});

function open(urls: Record<string, string>): DatabaseConnections {
  const names = { DATABASE_CONNECTIONS: Object.keys(urls).join(',') };
  return new DatabaseConnections(loadConfig({ ...names, ...urls }), createLog('silent'));
}

function context(config: JsonObject, given: Partial<NodeContext> = {}): TestNodeContext {
  return nodeContext({ connection: 'MAIN', ...config }, given);
}

async function run(config: JsonObject, given: Partial<NodeContext> = {}): Promise<JsonObject> {
  const result = (await node.execute(context(config, given))) as NodeOutput;
  return result.outputs as JsonObject;
}

async function failureOf(work: Promise<unknown>): Promise<NodeError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof NodeError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}
const failure = (config: JsonObject, given: Partial<NodeContext> = {}) => failureOf(run(config, given));

async function items(): Promise<unknown[]> {
  const { rows } = await observer.query<{ id: number }>('SELECT id, name FROM items ORDER BY id');
  return rows;
}

/** Sessions of nodes in this database, by what they do. */
async function sessions(where: string): Promise<number> {
  const { rows } = await observer.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'retrace' AND ${where}`,
  );
  return rows[0]?.n ?? 0;
}
const transactions = () => sessions('xact_start IS NOT NULL');

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It does not become so');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const insert = (id: JsonValue, name: JsonValue = null): JsonObject => ({
  sql: 'INSERT INTO items VALUES ($1, $2)',
  params: [id, name],
});

describe('the outputs of a database node', () => {
  it.each<[string, JsonValue]>([
    ['true', true],
    ['7::int2', 7],
    ['-7::int4', -7],
    ['9007199254740993::int8', '9007199254740993'],
    ['12.50::numeric', '12.50'],
    ["'NaN'::numeric", 'NaN'],
    ['1.5::float4', 1.5],
    ['0.1::float8', 0.1],
    ["'NaN'::float8", 'NaN'],
    ["'-Infinity'::float8", '-Infinity'],
    ["'a ü 😀'::text", 'a ü 😀'],
    ["'x'::char(3)", 'x  '],
    ["DATE '2026-03-01'", '2026-03-01'],
    ["TIME '09:00:00.25'", '09:00:00.25'],
    ["TIMESTAMP '2026-03-01 09:00'", '2026-03-01T09:00:00.000'],
    ["TIMESTAMPTZ '2026-03-01 09:00+01'", '2026-03-01T08:00:00.000Z'],
    ["TIMESTAMPTZ '2026-03-01 09:00:00.123456+01'", '2026-03-01T08:00:00.123456Z'],
    ["INTERVAL '1 day 2 hours'", '1 day 02:00:00'],
    ["'\\x00ff10'::bytea", 'AP8Q'],
    [`'{"a": [1, null, "x"]}'::json`, { a: [1, null, 'x'] }],
    [`'[true]'::jsonb`, [true]],
    [`'"text"'::jsonb`, 'text'],
    ["'null'::jsonb", null],
    ["'8c3e0a3c-0a3c-4b6e-9d6e-0a3c8c3e0a3c'::uuid", '8c3e0a3c-0a3c-4b6e-9d6e-0a3c8c3e0a3c'],
    ['NULL::int', null],
    ['ARRAY[1, NULL, 3]', [1, null, 3]],
    [
      'ARRAY[[1, 2], [3, 4]]',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['ARRAY[9007199254740993]', ['9007199254740993']],
    ["ARRAY['\\x00'::bytea]", ['AA==']],
    ["ARRAY[TIMESTAMPTZ '2026-03-01 09:00+01']", ['2026-03-01T08:00:00.000Z']],
    [`ARRAY['{"a": "b,\\"c"}'::jsonb]`, [{ a: 'b,"c' }]],
    ["ARRAY['a', '', 'NULL', NULL, '{', '\"\\']", ['a', '', 'NULL', null, '{', '"\\']],
    ["'{}'::text[]", []],
    ["'sad'::mood", 'sad'],
    ["ARRAY['sad', 'so so']::mood[]", ['sad', 'so so']],
    ['ARRAY[1, 2]::positive[]', [1, 2]],
    ["'1 2'::int2vector", '1 2'],
    ["ARRAY['((1,1),(0,0))'::box]", '{(1,1),(0,0)}'],
    ["(1, 'a')", '(1,a)'],
    ["'[1,3)'::int4range", '[1,3)'],
  ])('hold %s in rows as JSON', async (sql, value) => {
    await observer.query(`DO $$ BEGIN
      CREATE TYPE mood AS ENUM ('sad', 'so so'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
      EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    expect(await run({ sql: `SELECT ${sql} AS v` })).toEqual({ rows: [{ v: value }], rowCount: 1, committed: false });
  });

  it('are ISO whatever the database is set to', async () => {
    const statements = [
      { sql: "SET datestyle = 'German'" },
      { sql: "SET timezone = 'Asia/Kathmandu'" },
      { sql: "SELECT TIMESTAMPTZ '2026-03-01 09:00+00' AS v" },
    ];
    await observer.query(
      "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET datestyle = German'; END $$",
    );
    try {
      const fresh = open({ MAIN: own.url });
      const result = (await createDatabaseNode(fresh).execute(
        context({ statements: statements.slice(1) }),
      )) as NodeOutput;
      await fresh.onApplicationShutdown();
      expect(result.outputs).toMatchObject({ rows: [{ v: '2026-03-01T09:00:00.000Z' }] });
    } finally {
      await observer.query("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' RESET datestyle'; END $$");
    }
  });

  it('keep the last of two columns with one name, and a column named __proto__', async () => {
    const { rows } = await run({ sql: 'SELECT 1 AS a, 2 AS a, 3 AS "__proto__"' });
    expect(JSON.stringify(rows)).toBe('[{"a":2,"__proto__":3}]');
  });

  it('tell in rowCount how many rows a statement was about, and in committed whether anything was written', async () => {
    expect(await run(insert(1, 'a'))).toEqual({ rows: [], rowCount: 1, committed: true });
    expect(await run({ sql: 'UPDATE items SET name = $1 RETURNING id, name', params: ['b'] })).toEqual({
      rows: [{ id: 1, name: 'b' }],
      rowCount: 1,
      committed: true,
    });
    expect(await run({ sql: 'UPDATE items SET name = $1 WHERE false', params: ['c'] })).toEqual({
      rows: [],
      rowCount: 0,
      committed: false,
    });
    expect(await run({ sql: 'SELECT * FROM items' })).toMatchObject({ rowCount: 1, committed: false });
    expect(await run({ sql: 'CREATE TABLE made ()' })).toEqual({ rows: [], rowCount: 0, committed: true });
    expect(await run({ sql: '-- nothing' })).toEqual({ rows: [], rowCount: 0, committed: false });
  });

  it('say committed when a function wrote', async () => {
    await observer.query(
      `CREATE FUNCTION add_item() RETURNS int LANGUAGE sql AS 'INSERT INTO items VALUES (1, NULL) RETURNING id'`,
    );
    expect(await run({ sql: 'SELECT add_item() AS id' })).toEqual({ rows: [{ id: 1 }], rowCount: 1, committed: true });
  });

  it('of several statements (statements.sql, statements.params) are those of the last', async () => {
    const statements = [insert(1, 'a'), insert(2, 'b'), { sql: 'SELECT name FROM items ORDER BY id' }];
    expect(await run({ statements })).toEqual({ rows: [{ name: 'a' }, { name: 'b' }], rowCount: 2, committed: true });
  });
});

describe('the params of a statement', () => {
  it('are data, whatever stands in them', async () => {
    const evil = "'); DROP TABLE items; --";
    await run(insert(1, evil));
    expect(await items()).toEqual([{ id: 1, name: evil }]);
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['$1::int', 5, 5],
    ['$1::int', null, null],
    ['$1::text', '{{ no expression }}', '{{ no expression }}'],
    ['$1::bool', false, false],
    ['$1::float8', 1e300, 1e300],
    ['$1::int8', '9007199254740993', '9007199254740993'],
    ['$1::jsonb', { a: [1, { b: null }] }, { a: [1, { b: null }] }],
    ['$1::int[]', [1, null, 2], [1, null, 2]],
    ['$1::text[]', ['a', 'NULL', '"', ''], ['a', 'NULL', '"', '']],
    ['$1::jsonb[]', [{ a: 1 }, { b: 2 }], [{ a: 1 }, { b: 2 }]],
    ['$1::timestamptz', '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z'],
  ])('%s takes %j', async (sql, param, value) => {
    expect(await run({ sql: `SELECT ${sql} AS v`, params: [param] })).toMatchObject({ rows: [{ v: value }] });
  });

  it('with a NUL are refused before anything is sent', async () => {
    expect(await failure({ ...insert(1, 'a\0b'), connection: 'NOBODY' })).toMatchObject({
      code: 'INVALID_CONFIG',
      effect: 'none',
      message: 'params.1 has U+0000 or half a surrogate pair in it, which PostgreSQL cannot hold',
    });
  });
});

describe('the transaction of a database node', () => {
  it('takes back everything when one statement fails', async () => {
    const error = await failure({ statements: [insert(1), insert(2), insert(1)] });
    expect(error).toMatchObject({ code: 'SQL_23505', effect: 'none' });
    expect(error.details).toMatchObject({ sqlState: '23505', table: 'items', constraint: 'items_pkey' });
    expect(JSON.stringify(error.details)).not.toContain('(1)');
    expect(await items()).toEqual([]);
    await until(async () => (await transactions()) === 0);
  });

  it('takes back everything when the statements end it', async () => {
    expect(await failure({ statements: [insert(1), { sql: '/* well */ COMMIT' }] })).toMatchObject({
      code: 'INVALID_CONFIG',
      effect: 'none',
    });
    expect(await items()).toEqual([]);
  });

  it('knows that a COMMIT which the database refused did nothing', async () => {
    await observer.query('CREATE TABLE deferred (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
    const sql = 'INSERT INTO deferred VALUES ($1)';
    const twice = [1, 1].map((id) => ({ sql, params: [id] }));
    expect(await failure({ statements: twice })).toMatchObject({ code: 'SQL_23505', effect: 'none' });
    expect(await run({ sql: 'SELECT * FROM deferred' })).toMatchObject({ rowCount: 0 });
  });

  it('may be of the isolation level that its first statement chooses, and have savepoints', async () => {
    const statements = [
      { sql: 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE' },
      { sql: 'SAVEPOINT a' },
      insert(1),
      { sql: 'ROLLBACK TO a' },
      { sql: "SELECT current_setting('transaction_isolation') AS level, (SELECT count(*)::int FROM items) AS n" },
    ];
    expect(await run({ statements })).toMatchObject({ rows: [{ level: 'serializable', n: 0 }] });
  });

  it('leaves nothing of its session to the next one', async () => {
    const one = open({ MAIN: own.url });
    one.get('MAIN').pool.options.max = 1;
    const single = createDatabaseNode(one);
    const ask = async (config: JsonObject) => ((await single.execute(context(config))) as NodeOutput).outputs;
    const statements = [
      { sql: "SET statement_timeout = '77s'" },
      { sql: 'CREATE TEMP TABLE mine ()' },
      { sql: 'SELECT pg_advisory_lock(5), pg_backend_pid() AS pid' },
    ];
    const first = await ask({ statements });
    const sql = `SELECT pg_backend_pid() AS pid, to_regclass('mine') AS mine, current_setting('statement_timeout') AS ms,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
      current_setting('client_connection_check_interval') AS watch`;
    expect(await ask({ sql, timeout: 30_000 })).toMatchObject({
      rows: [{ pid: ((first as JsonObject).rows as JsonObject[])[0]?.pid, mine: null, locks: 0, watch: '1s' }],
    });
    expect(await ask({ sql: "SELECT reset_val AS v FROM pg_settings WHERE name = 'statement_timeout'" })).toMatchObject(
      {
        rows: [{ v: '0' }],
      },
    );
    await one.onApplicationShutdown();
  });
});

describe('the errors of a database node', () => {
  it.each([
    ['SELEC 1', 'SQL_42601'],
    ['SELECT 1; SELECT 2', 'SQL_42601'],
    ['SELECT * FROM nowhere', 'SQL_42P01'],
    ['SELECT 1/0', 'SQL_22012'],
    ["SELECT 'x'::int", 'SQL_22P02'],
    ['VACUUM', 'SQL_25001'],
    ['SELECT $1::int', 'SQL_08P01'],
    [`DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = 'XY123'; END $$`, 'SQL_XY123'],
    [`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`, 'SQL_40001'],
    ["SELECT '1e400'::json", 'UNSTORABLE'],
    ["SELECT (repeat('[', 600) || repeat(']', 600))::json", 'UNSTORABLE'],
    ["SELECT repeat('x', 10500000)", 'OUTPUT_TOO_LARGE'],
    ["SELECT repeat('x', 100000000)", 'OUTPUT_TOO_LARGE'],
    ["SELECT repeat('x', 1000), generate_series(1, 100000000)", 'OUTPUT_TOO_LARGE'],
    ["SELECT array_fill(repeat('x', 1000), ARRAY[11000])", 'OUTPUT_TOO_LARGE'],
  ])('%s fails with %s and has taken no effect', async (sql, code) => {
    expect(await failure({ statements: [insert(1), { sql }] })).toMatchObject({ code, effect: 'none' });
    await until(async () => (await transactions()) === 0);
    expect(await items()).toEqual([]);
  });

  it('name with INVALID_CONFIG an unknown connection and the known ones, never a URL', async () => {
    const error = await failure({ connection: 'OTHER', sql: 'SELECT 1' });
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      effect: 'none',
      message: 'connection: DATABASE_CONNECTIONS has no "OTHER"; known are MAIN, PROXIED, NOBODY',
    });
    const none = createDatabaseNode(open({}));
    const work = Promise.resolve().then(() => none.execute(context({ sql: 'SELECT 1' })));
    expect((await failureOf(work)).message).toContain('it lists none');
  });

  it('say with CONNECTION_ERROR that nobody answers, without the password', async () => {
    const error = await failure({ connection: 'NOBODY', sql: 'SELECT 1' });
    expect(error).toMatchObject({ code: 'CONNECTION_ERROR', effect: 'none' });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).not.toContain('s3cret');
  });

  it('say with CONNECTION_ERROR that the database does not exist', async () => {
    const nowhere = open({ MAIN: own.url.replace(/\/test_\w+/, '/nowhere') });
    const work = Promise.resolve().then(() => createDatabaseNode(nowhere).execute(context({ sql: 'SELECT 1' })));
    expect(await failureOf(work)).toMatchObject({ code: 'CONNECTION_ERROR', effect: 'none' });
  });

  it('call a transaction that gave way to another one a DEADLOCK', async () => {
    await run({ sql: 'INSERT INTO items SELECT n FROM generate_series(1, 2) n' });
    const update = (id: number) => ({ sql: 'UPDATE items SET name = $1 WHERE id = $2', params: ['x', id] });
    const pause = { sql: 'SELECT pg_sleep(0.5)' };
    const both = await Promise.allSettled([
      run({ statements: [update(1), pause, update(2)] }),
      run({ statements: [update(2), pause, update(1)] }),
    ]);
    const failed = both.filter(({ status }) => status === 'rejected');
    expect(failed).toMatchObject([{ reason: { code: 'DEADLOCK', effect: 'none' } }]);
  });

  it('call a session that was ended a CONNECTION_ERROR', async () => {
    const work = failure({ statements: [insert(1), { sql: 'SELECT pg_sleep(60) /* ended */' }] });
    await until(async () => (await sessions("query LIKE '%ended%'")) === 1);
    await observer.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%/* ended%' AND pid <> pg_backend_pid()",
    );
    expect(await work).toMatchObject({ code: 'CONNECTION_ERROR', effect: 'none' });
    expect(await items()).toEqual([]);
  });
});

describe('the timeout of a database node', () => {
  let locker: Client;
  beforeAll(async () => {
    locker = new Client(own.connection);
    await locker.connect();
  });
  afterAll(() => locker.end());

  it.each([
    ['a statement', { sql: 'SELECT pg_sleep(60)' }],
    ['statements together', { statements: Array.from({ length: 20 }, () => ({ sql: 'SELECT pg_sleep(0.1)' })) }],
    ['a lock', { sql: 'SELECT * FROM items FOR UPDATE' }],
  ])('ends %s with TIMEOUT, and nothing is left of it', async (_, config) => {
    await locker.query('BEGIN; LOCK items');
    try {
      expect(await failure({ ...config, timeout: 300 })).toMatchObject({ code: 'TIMEOUT', effect: 'none' });
      await until(async () => (await transactions()) === 0);
    } finally {
      await locker.query('ROLLBACK');
    }
  });

  it('runs while it waits for a connection', async () => {
    const busy = Array.from({ length: 5 }, () => run({ sql: 'SELECT pg_sleep(2)' }));
    await until(async () => (await transactions()) === 5);
    expect(await failure({ sql: 'SELECT 1', timeout: 100 })).toMatchObject({ code: 'TIMEOUT', effect: 'none' });
    const patient = run({ sql: 'SELECT 1 AS n' });
    await Promise.all(busy);
    expect(await patient).toMatchObject({ rowCount: 1 });
  });

  it('ends with the abort of its attempt, under the reason of that', async () => {
    const asked = context({ statements: [insert(1), { sql: 'SELECT pg_sleep(60)' }] });
    const work = failureOf(Promise.resolve(node.execute(asked)));
    await until(async () => (await transactions()) === 1);
    asked.abort(new NodeError('CANCELLED', 'The execution was cancelled'));
    expect(await work).toMatchObject({ code: 'CANCELLED', effect: 'none' });
    await until(async () => (await transactions()) === 0);
    expect(await items()).toEqual([]);
  });

  it('has not begun when the attempt was aborted before', async () => {
    const aborted = AbortSignal.abort(new NodeError('CANCELLED', 'late'));
    expect(await failure(insert(1), { signal: aborted })).toMatchObject({ code: 'CANCELLED', effect: 'none' });
    expect(await items()).toEqual([]);
  });
});

describe('a COMMIT without an answer', () => {
  it('leaves the outcome unknown with OUTCOME_UNKNOWN, and exactlyOnce finds out and does not repeat it', async () => {
    const config = { ...insert(1, 'once'), connection: 'PROXIED', exactlyOnce: true };
    const given = { idempotencyKey: 'rt_cut' };
    await run({ sql: 'SELECT 1', exactlyOnce: true, connection: 'PROXIED' }, { idempotencyKey: 'rt_warm' });
    void proxy.cutAnswerTo('COMMIT');
    const error = await failure(config, given);
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: undefined });
    const outputs = { rows: [], rowCount: 1, committed: true };
    expect(await node.probe?.(context(config, given))).toEqual({ happened: true, outputs });
    expect(await run(config, given)).toEqual(outputs);
    expect(await items()).toEqual([{ id: 1, name: 'once' }]);
  });

  it('is awaited for a moment when the time is up, then unknown', async () => {
    const sent = proxy.holdAnswerTo('COMMIT');
    const asked = context({ ...insert(1), connection: 'PROXIED' });
    const work = failureOf(Promise.resolve(node.execute(asked)));
    await sent;
    asked.abort(new NodeError('TIMEOUT', 'The attempt took longer than 1 ms'));
    expect(await work).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: undefined });
    expect(await items()).toHaveLength(1);
  });

  it('is known when nothing was written, or when another statement was cut', async () => {
    void proxy.cutAnswerTo('COMMIT');
    expect(await failure({ sql: 'SELECT 1', connection: 'PROXIED' })).toMatchObject({
      code: 'CONNECTION_ERROR',
      effect: 'none',
    });
    void proxy.cutAnswerTo('INSERT');
    expect(await failure({ ...insert(1), connection: 'PROXIED' })).toMatchObject({
      code: 'CONNECTION_ERROR',
      effect: 'none',
    });
    expect(await items()).toEqual([]);
  });
});

describe('exactlyOnce of a database node', () => {
  const give: JsonObject = {
    sql: 'INSERT INTO items SELECT coalesce(max(id), 0) + 1 FROM items RETURNING id, now() AS at',
    exactlyOnce: true,
  };

  it('gives the first result again instead of acting again', async () => {
    const first = await run(give, { idempotencyKey: 'rt_1' });
    expect(first).toMatchObject({ rows: [{ id: 1 }], rowCount: 1, committed: true });
    expect(await run(give, { idempotencyKey: 'rt_1', attempt: 2 })).toEqual(first);
    expect(await run(give, { idempotencyKey: 'rt_2' })).toMatchObject({ rows: [{ id: 2 }] });
    expect(await items()).toHaveLength(2);
  });

  it('acts once for many at the same time, also in a database that has no table for it yet', async () => {
    await observer.query('DROP TABLE IF EXISTS retrace_effects');
    const results = await Promise.all(Array.from({ length: 10 }, () => run(give, { idempotencyKey: 'rt_many' })));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(await items()).toHaveLength(1);
  });

  it('keeps nothing of a failure, and says committed of what was written beside the key', async () => {
    const bad = { ...insert(1), exactlyOnce: true };
    await run(insert(1));
    expect(await failure(bad, { idempotencyKey: 'rt_f' })).toMatchObject({ code: 'SQL_23505', effect: 'none' });
    await observer.query('TRUNCATE items');
    expect(await run(bad, { idempotencyKey: 'rt_f' })).toMatchObject({ committed: true });
    expect(await run({ sql: 'SELECT 1', exactlyOnce: true }, { idempotencyKey: 'rt_r' })).toMatchObject({
      committed: false,
    });
  });

  it('finds its table wherever the statements set the search path to', async () => {
    await run(
      { statements: [{ sql: 'SET LOCAL search_path = pg_catalog' }], exactlyOnce: true },
      { idempotencyKey: 'rt_s' },
    );
    const { rows } = await observer.query("SELECT key FROM public.retrace_effects WHERE key = 'rt_s'");
    expect(rows).toHaveLength(1);
  });

  it('needs no right to make the table where it is there', async () => {
    await run(give, { idempotencyKey: 'rt_own' });
    await observer.query(`CREATE ROLE clerk_${own.connection.database} LOGIN;
      GRANT SELECT, INSERT ON items, retrace_effects TO clerk_${own.connection.database}`);
    const url = own.url.replace(/\/\/[^@]*@/, `//clerk_${own.connection.database}@`);
    const clerk = open({ MAIN: url });
    const result = await createDatabaseNode(clerk).execute(context(give, { idempotencyKey: 'rt_clerk' }));
    expect(result).toMatchObject({ outputs: { committed: true } });
    await clerk.onApplicationShutdown();
    await observer.query(`DROP OWNED BY clerk_${own.connection.database}; DROP ROLE clerk_${own.connection.database}`);
  });

  it('lets a probe wait for an attempt that is under way', async () => {
    const slow = { statements: [insert(1), { sql: 'SELECT pg_sleep(0.7)' }], exactlyOnce: true };
    const given = { idempotencyKey: 'rt_slow' };
    const work = run(slow, given);
    await until(async () => (await sessions("query LIKE '%pg_sleep(0.7)%'")) === 1);
    const probed = node.probe?.(context(slow, given));
    expect(await probed).toEqual({ happened: true, outputs: await work });
  });

  it('lets a probe say that nothing happened, and that it cannot tell', async () => {
    expect(await node.probe?.(context(give, { idempotencyKey: 'rt_never' }))).toEqual({ happened: false });
    expect(await node.probe?.(context({ ...give, connection: 'NOBODY' }))).toEqual({ happened: 'unknown' });
    expect(await node.probe?.(context({ sql: 'SELECT 1' }))).toEqual({ happened: 'unknown' });
    await observer.query('DROP TABLE retrace_effects');
    expect(await node.probe?.(context(give, { idempotencyKey: 'rt_never' }))).toEqual({ happened: false });
  });

  it('makes the type probe after an interruption, others ask', () => {
    const { onInterrupted } = node;
    if (typeof onInterrupted !== 'function') throw new Error('It depends on the config');
    expect([onInterrupted({ exactlyOnce: true }), onInterrupted({ exactlyOnce: false }), onInterrupted({})]).toEqual([
      'probe',
      'ask',
      'ask',
    ]);
  });
});

describe('the compensation of a database node', () => {
  const undo = (rollback: JsonObject, outputs: JsonObject | undefined, config: JsonObject = {}, key = 'rt_key_undo') =>
    node.rollback?.({ ...context(config, { idempotencyKey: key }), rollback, outputs }) ?? Promise.reject(new Error());

  it('runs rollback.statements (rollback.statements.sql, rollback.statements.params) in one transaction, or rollback.sql with rollback.params', async () => {
    const outputs = await run(insert(1));
    const remove = { sql: 'DELETE FROM items WHERE id = $1', params: [1] };
    expect(await failureOf(undo({ statements: [remove, { sql: 'SELECT 1/0' }] }, outputs))).toMatchObject({
      code: 'SQL_22012',
      effect: 'none',
    });
    expect(await items()).toHaveLength(1);
    await undo(remove, outputs);
    expect(await items()).toEqual([]);
  });

  it('acts once under exactlyOnce, beside the effect that it undoes', async () => {
    const config = { ...insert(1), exactlyOnce: true };
    const outputs = await run(config, { idempotencyKey: 'rt_u' });
    const compensate = { sql: 'INSERT INTO items SELECT max(id) + 1 FROM items' };
    await undo(compensate, outputs, config, 'rt_u_undo');
    await undo(compensate, outputs, config, 'rt_u_undo');
    expect(await items()).toHaveLength(2);
  });

  it('is described by its statements', () => {
    const statements = [{ sql: 'DELETE FROM items\n  WHERE id = $1' }, { sql: `SELECT '${'x'.repeat(500)}'` }];
    expect(node.describeRollback?.({ sql: 'DELETE FROM items' })).toBe('DELETE FROM items');
    expect(node.describeRollback?.({ statements })).toMatch(/^DELETE FROM items WHERE id = \$1; SELECT 'x{200,}$/);
    expect(node.describeRollback?.({ statements })).toHaveLength(300);
  });

  it('is missing for what wrote, and not needed for what only read', async () => {
    expect(await failureOf(undo({}, { committed: true }))).toMatchObject({ code: 'INVALID_CONFIG', effect: 'none' });
    expect(await failureOf(undo({}, undefined))).toMatchObject({ code: 'INVALID_CONFIG' });
    await undo({}, { committed: false });
  });
});

describe('the connections of database nodes', () => {
  it('are five at most for each name, and closed at the end', async () => {
    const some = open({ MAIN: own.url });
    const several = createDatabaseNode(some);
    const before = await sessions('true');
    const nap = async () => several.execute(context({ sql: 'SELECT pg_sleep(0.1)' }));
    await Promise.all(Array.from({ length: 12 }, nap));
    expect(await sessions('true')).toBeLessThanOrEqual(before + 5);
    await some.onApplicationShutdown();
    await until(async () => (await sessions('true')) <= before);
  });

  it('that broke while nobody used them are replaced', async () => {
    await run({ sql: 'SELECT 1' });
    await until(async () => (await sessions("state = 'idle'")) > 0);
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'retrace' AND datname = current_database()`,
    );
    await until(() => connections.get('MAIN').pool.totalCount === 0);
    expect(await run({ sql: 'SELECT 1 AS n' })).toMatchObject({ rows: [{ n: 1 }] });
  });
});
