import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { Batch, BatchEntry, CreationRow, SummaryRow } from '../engine/journal/batch.js';
import type { ExecutionSummary } from '../engine/journal/summary.js';
import { InstanceRepository } from './instance.repository.js';
import { JournalRepository } from './journal.repository.js';
import { until } from '../../test/support/until.js';

const PROCESS = { host: 'here', bootId: 'boot', pid: 1, pidStart: '1' };

let test: OpenTestDatabase;
let journal: JournalRepository;
let instances: InstanceRepository;
let no = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  journal = new JournalRepository(test.database);
  instances = new InstanceRepository(test.database);
  await instances.register(test.identity.id, PROCESS);
});

afterAll(() => test.close());

function summary(overrides: Partial<ExecutionSummary> = {}): ExecutionSummary {
  return {
    status: 'running',
    activity: null,
    attention: null,
    seq: 1,
    completedNodes: 0,
    failedNodes: 0,
    skippedNodes: 0,
    runningNodes: 0,
    summary: null,
    error: null,
    updatedAt: 1_700_000_000_000,
    startedAt: 1_700_000_000_000,
    endedAt: null,
    ...overrides,
  };
}

function row(overrides: Partial<SummaryRow> = {}): SummaryRow {
  return { summary: summary(), owner: test.identity.id, wakeAt: null, ...overrides };
}

function creation(id: string, overrides: Partial<CreationRow> = {}): BatchEntry {
  const identity = {
    id,
    workflowId: 'wf',
    workflowName: 'Name',
    workflowVersion: '1.0.0',
    workflowRevision: 1,
    totalNodes: 3,
    trigger: { type: 'api' as const },
    context: {},
    labels: {},
    priority: 0,
    createdAt: 1_700_000_000_000,
  };
  return {
    executionId: id,
    creation: { ...row(), identity, ...overrides },
    chunks: [{ firstSeq: 1, lastSeq: 2, text: '[{"a":1},{"b":2}]' }],
    logs: [],
  };
}

function batch(entries: BatchEntry[], overrides: Partial<Batch> = {}): Batch {
  no += 1;
  return { writer: `${test.identity.id}/0`, no, instanceId: test.identity.id, entries, ...overrides };
}

async function chunksOf(id: string): Promise<{ first_seq: number; last_seq: number; events: string }[]> {
  const { rows } = await test.database.pool.query<{ first_seq: number; last_seq: number; events: string }>(
    'SELECT first_seq, last_seq, events FROM execution_events WHERE execution_id = $1 ORDER BY first_seq',
    [id],
  );
  return rows;
}

const COMMITTED = { kind: 'committed', missing: [], existing: [] };

it('a batch writes creations, changes, events and logs together', async () => {
  const log = {
    nodeId: 'n',
    timestamp: 5,
    level: 'warn' as const,
    message: 'NUL \0 here',
    data: { text: 'a\0\ud800' },
  };
  expect(await journal.write(batch([{ ...creation('e1'), logs: [log] }]))).toEqual(COMMITTED);
  const change = row({ summary: summary({ status: 'completed', endedAt: 9, seq: 3, error: null }), owner: null });
  const more = { executionId: 'e1', change, chunks: [{ firstSeq: 3, lastSeq: 3, text: '[{"ü":"漢字"}]' }], logs: [] };
  expect(await journal.write(batch([more, creation('e2')]))).toEqual(COMMITTED);
  expect(await chunksOf('e1')).toEqual([
    { first_seq: 1, last_seq: 2, events: '[{"a":1},{"b":2}]' },
    { first_seq: 3, last_seq: 3, events: '[{"ü":"漢字"}]' },
  ]);
  const { rows } = await test.database.pool.query(
    `SELECT status, seq, owner, ended_at, total_nodes FROM executions WHERE id = 'e1'`,
  );
  expect(rows).toEqual([{ status: 'completed', seq: 3, owner: null, ended_at: 9, total_nodes: 3 }]);
  const logs = await test.database.pool.query(
    `SELECT node_id, level, message, data FROM execution_logs WHERE execution_id = 'e1'`,
  );
  expect(logs.rows).toEqual([
    { node_id: 'n', level: 'warn', message: 'NUL \ufffd here', data: JSON.stringify(log.data) },
  ]);
});

it('a batch that is sent again is written once and answered as committed', async () => {
  const sent = batch([creation('again')]);
  expect(await journal.write(sent)).toEqual(COMMITTED);
  expect(await journal.write(sent)).toEqual(COMMITTED);
  expect(await chunksOf('again')).toHaveLength(1);
});

it('labels hold what jsonb refuses, replaced', async () => {
  const entry = creation('labelled');
  if (entry.creation) entry.creation.identity.labels = { 'a\0b': 'x\ud800y', order: '4711' };
  expect(await journal.write(batch([entry]))).toEqual(COMMITTED);
  const { rows } = await test.database.pool.query(`SELECT labels FROM executions WHERE id = 'labelled'`);
  expect(rows).toEqual([{ labels: { 'a\ufffdb': 'x\ufffdy', order: '4711' } }]);
});

it('data that the database refuses writes nothing', async () => {
  const bad = creation('bad');
  bad.chunks = [{ firstSeq: 0, lastSeq: 0, text: '[]' }];
  expect(await journal.write(batch([creation('good'), bad]))).toMatchObject({ kind: 'refused' });
  expect(await chunksOf('good')).toEqual([]);
});

it('two writers that go on from the same seq collide', async () => {
  await journal.write(batch([creation('shared')]));
  const more = { executionId: 'shared', chunks: [{ firstSeq: 1, lastSeq: 9, text: '[]' }], logs: [] };
  expect(await journal.write(batch([more]))).toEqual({ kind: 'collision' });
});

it('a change of an execution that is gone or of another owner is told as missing', async () => {
  await journal.write(batch([creation('other', { owner: 'inst_other' })]));
  const change = (executionId: string) => ({ executionId, change: row(), chunks: [], logs: [] });
  expect(await journal.write(batch([change('gone'), change('other'), change('e2')]))).toEqual({
    ...COMMITTED,
    missing: expect.arrayContaining(['gone', 'other']) as string[],
  });
});

it('a creation whose idempotency key is taken is written neither in its row nor in its journal', async () => {
  const idempotency = { key: 'k1', bodyHash: 'h' };
  expect(await journal.write(batch([creation('keyed1', { idempotency })]))).toEqual(COMMITTED);
  const second = batch([
    creation('keyed2', { idempotency }),
    creation('keyed3', { idempotency: { key: 'k3', bodyHash: 'h' } }),
  ]);
  expect(await journal.write(second)).toEqual({ ...COMMITTED, existing: ['keyed2'] });
  expect(await journal.write(second)).toEqual({ ...COMMITTED, existing: ['keyed2'] });
  expect(await chunksOf('keyed2')).toEqual([]);
  expect(await chunksOf('keyed3')).toHaveLength(1);
});

it('an instance that was taken over writes nothing more, but learns of what it had written', async () => {
  const mine = 'inst_fenced';
  await instances.register(mine, PROCESS);
  const before = batch([creation('before', { owner: mine })], { writer: `${mine}/0`, instanceId: mine });
  expect(await journal.write(before)).toEqual(COMMITTED);
  expect(await instances.takeOver(mine, 60_000)).toBe(false);
  expect(await instances.takeOver(mine, null)).toBe(true);
  expect(await instances.renew(mine)).toBeNull();
  const after = batch([creation('after', { owner: mine })], { writer: `${mine}/0`, instanceId: mine });
  expect(await journal.write(after)).toEqual({ kind: 'lease-lost' });
  expect(await journal.write(before)).toEqual(COMMITTED);
  expect(await chunksOf('after')).toEqual([]);
});

it('a takeover waits for the batch in flight, and what comes after it writes nothing', async () => {
  const mine = 'inst_slow';
  await instances.register(mine, PROCESS);
  const client = await test.database.pool.connect();
  await client.query('BEGIN');
  await client.query(`SELECT 1 FROM instances WHERE id = $1 FOR KEY SHARE`, [mine]);
  let over = false;
  const takeover = instances.takeOver(mine, null).then((done) => {
    over = done;
  });
  await until(async () => (await waitingLocks()) > 0);
  expect(over).toBe(false);
  await client.query('COMMIT');
  client.release();
  await takeover;
  expect(over).toBe(true);
  const late = batch([creation('late', { owner: mine })], { writer: `${mine}/0`, instanceId: mine });
  expect(await journal.write(late)).toEqual({ kind: 'lease-lost' });
});

it('the update of a batch goes by the primary key, also when it was planned while the table was empty', async () => {
  await test.database.pool.query(`
    INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq, trigger_type,
      total_nodes, created_at, updated_at, ended_at)
    SELECT 'many_' || i, 'wf', 'n', '1', 1, 'completed', 1, 'api', 1, i, i, i FROM generate_series(1, 50000) i`);
  const scans = async () => {
    await test.database.journalPool.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await test.database.pool.query<{ seq_scan: number }>(
      `SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'executions'`,
    );
    return rows[0]?.seq_scan;
  };
  const before = await scans();
  for (let round = 0; round < 20; round += 1) {
    await journal.write(batch([{ executionId: 'e2', change: row(), chunks: [], logs: [] }]));
  }
  expect(await scans()).toBe(before);
});

async function waitingLocks(): Promise<number> {
  const { rows } = await test.database.pool.query<{ count: number }>(
    `SELECT count(*) AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows[0]?.count ?? 0;
}
