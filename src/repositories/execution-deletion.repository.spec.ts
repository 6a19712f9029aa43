import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { DeletionBatches } from './deletion-batches.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';
import { ExecutionFolds } from './execution-folds.js';

let test: OpenTestDatabase;
let stored: StoredExecutions;
let folds: ExecutionFolds;
let repository: ExecutionDeletionRepository;

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
  folds = new ExecutionFolds(test.database);
  repository = new ExecutionDeletionRepository(test.database, folds, test.identity, new DeletionBatches(test.identity));
});
afterEach(() => test.database.pool.query('TRUNCATE executions, execution_events, execution_logs'));
afterAll(() => test.close());

const line = { timestamp: 1, level: 'info' as const, message: 'here' };

async function left(): Promise<{ rows: string[]; journals: string[]; logs: string[] }> {
  const ids = async (sql: string) => (await test.database.pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
  return {
    rows: await ids('SELECT id FROM executions ORDER BY 1'),
    journals: await ids('SELECT DISTINCT execution_id AS id FROM execution_events ORDER BY 1'),
    logs: await ids('SELECT DISTINCT execution_id AS id FROM execution_logs ORDER BY 1'),
  };
}

describe('delete', () => {
  it('takes the row, the journal and the log, and nothing of others', async () => {
    await stored.add({ id: 'a', logs: [line] });
    await stored.add({ id: 'b', logs: [line] });
    await folds.load('a');

    expect(await repository.delete('a')).toBe('deleted');
    expect(await left()).toEqual({ rows: ['b'], journals: ['b'], logs: ['b'] });
    expect(await folds.load('a')).toBeUndefined();
    expect(await repository.delete('a')).toBe('missing');
  });

  it('refuses one that has not ended, has an activity or an owner', async () => {
    await stored.add({ id: 'pending', status: 'pending' });
    await stored.add({ id: 'running', status: 'running', activity: 'executing' });
    await stored.add({ id: 'paused', status: 'paused' });
    await stored.add({ id: 'rolling', status: 'completed', activity: 'rolling-back' });
    await stored.add({ id: 'owned', status: 'completed', owner: test.identity.id });

    expect(await repository.delete('pending')).toEqual({ status: 'pending', activity: null, owner: null });
    expect(await repository.delete('running')).toMatchObject({ status: 'running', activity: 'executing' });
    expect(await repository.delete('paused')).toMatchObject({ status: 'paused' });
    expect(await repository.delete('rolling')).toMatchObject({ status: 'completed', activity: 'rolling-back' });
    expect(await repository.delete('owned')).toMatchObject({ status: 'completed', owner: test.identity.id });
    expect((await left()).rows).toHaveLength(5);
  });

  it('leaves nothing behind of an execution that ends while it waits for the lock', async () => {
    await stored.add({ id: 'a', status: 'running', owner: test.identity.id });
    const writer = await test.database.pool.connect();
    try {
      await writer.query('BEGIN');
      await writer.query(
        `UPDATE executions SET status = 'completed', ended_at = 2, seq = 2, owner = NULL WHERE id = 'a'`,
      );
      await writer.query(`INSERT INTO execution_events VALUES ('a', 2, 2, '[{}]')`);
      const deleted = repository.delete('a');
      await untilSomebodyWaits();
      await writer.query('COMMIT');
      expect(await deleted).toBe('deleted');
    } finally {
      writer.release();
    }
    expect(await left()).toEqual({ rows: [], journals: [], logs: [] });
  });
});

describe('cleanup', () => {
  it('takes what ended long enough ago, by status and workflow, and counts the same beforehand', async () => {
    await stored.add({ id: 'old', endedAt: 10 });
    await stored.add({ id: 'old-failed', status: 'failed', endedAt: 10 });
    await stored.add({ id: 'old-other', workflowId: 'other', endedAt: 10 });
    await stored.add({ id: 'new', endedAt: 100 });
    await stored.add({ id: 'busy', endedAt: 10, activity: 'rolling-back' });
    await stored.add({ id: 'running', status: 'running' });

    for (const [filter, taken] of [
      [{ endedUntil: 9 }, []],
      [{ endedUntil: 10, status: 'failed' as const }, ['old-failed']],
      [{ endedUntil: 10, workflowId: 'other' }, ['old-other']],
      [{ endedUntil: 10 }, ['old']],
    ] as const) {
      const before = (await left()).rows;
      expect(await repository.countDeletable(filter)).toBe(taken.length);
      expect((await left()).rows).toEqual(before);
      expect(await repository.cleanup(filter)).toBe(taken.length);
      const { rows, journals } = await left();
      expect(before.filter((id) => !rows.includes(id))).toEqual(taken);
      expect(journals).toEqual(rows);
    }
    expect((await left()).rows).toEqual(['busy', 'new', 'running']);
  });

  it('goes on batch by batch to the end, and leaves what somebody holds', async () => {
    await test.database.pool.query(
      `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq, trigger_type,
         total_nodes, created_at, updated_at, ended_at)
       SELECT 'copy_' || n, 'wf', 'Orders', '1.0.0', 1, 'completed', 1, 'api', 1, 1, 1, 1 FROM generate_series(1, 950) n`,
    );
    await test.database.pool.query(
      `INSERT INTO execution_events SELECT 'copy_' || n, 1, 1, '[{}]' FROM generate_series(1, 950) n`,
    );
    const holder = await test.database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(`SELECT 1 FROM executions WHERE id = 'copy_500' FOR UPDATE`);
      const batches: (readonly string[])[] = [];
      const told = async (ids: readonly string[]) => void batches.push(ids);
      expect(await repository.cleanup({ endedUntil: 1 }, told)).toBe(949);
      expect(batches.map(({ length }) => length)).toEqual([200, 200, 200, 200, 149]);
      expect(new Set(batches.flat()).size).toBe(949);
      await holder.query('COMMIT');
    } finally {
      holder.release();
    }
    expect(await left()).toMatchObject({ rows: ['copy_500'], journals: ['copy_500'] });
  });
});

async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await test.database.pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rowCount) return;
  }
}
