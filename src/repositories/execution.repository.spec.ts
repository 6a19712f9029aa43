import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { ExecutionFilter } from './execution-filter.js';
import type { ListPosition, ListWindow } from './execution-list-query.js';
import { ExecutionRepository } from './execution.repository.js';

const NOW = 100_000;

let test: OpenTestDatabase;
let stored: StoredExecutions;
let repository: ExecutionRepository;

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
  repository = new ExecutionRepository(test.database);
});
afterEach(() => test.database.pool.query('TRUNCATE executions, execution_events, execution_logs'));
afterAll(() => test.close());

const window = (more: Partial<ListWindow> = {}): ListWindow => ({
  sortBy: 'createdAt',
  sortOrder: 'desc',
  limit: 20,
  ...more,
});

async function idsOf(filter: ExecutionFilter, more?: Partial<ListWindow>): Promise<string[]> {
  const { rows, total } = await repository.list(filter, window(more), NOW);
  if (more === undefined) expect(total).toBe(rows.length);
  return rows.map(({ id }) => id);
}

describe('a row', () => {
  it('says everything that the list shows', async () => {
    await stored.add({
      id: 'exec_1',
      status: 'failed',
      attention: 'failed',
      trigger: { type: 'manual', userId: 'u1', userName: 'Ann', data: { secret: 1 } },
      labels: { team: 'a' },
      priority: 3,
      totalNodes: 4,
      completedNodes: 1,
      failedNodes: 1,
      skippedNodes: 1,
      startedAt: 2000,
      endedAt: 5000,
      summary: 'Pay: BUSY, no answer',
      error: { message: 'no answer', code: 'BUSY', failedNodeId: 'pay' },
    });
    const { rows } = await repository.list({}, window(), NOW);

    expect(rows).toEqual([
      {
        id: 'exec_1',
        workflowId: 'wf',
        workflowName: 'Orders',
        workflowVersion: '1.0.0',
        workflowRevision: 1,
        status: 'failed',
        activity: null,
        attention: 'failed',
        seq: 1,
        startTime: 2000,
        endTime: 5000,
        duration: 3000,
        trigger: { type: 'manual', userId: 'u1', userName: 'Ann' },
        labels: { team: 'a' },
        priority: 3,
        stats: { totalNodes: 4, completedNodes: 1, failedNodes: 1, skippedNodes: 1, successRate: 0.5 },
        progress: 0.5,
        summary: 'Pay: BUSY, no answer',
        error: { message: 'no answer', code: 'BUSY', failedNodeId: 'pay', failedNodeName: null },
        createdAt: 1000,
        updatedAt: 1000,
      },
    ]);
  });

  it('of a pending one says whether it waits for its time or for a place', async () => {
    await stored.add({ id: 'later', status: 'pending', runAt: NOW + 1 });
    await stored.add({ id: 'due', status: 'pending', runAt: NOW });
    await stored.add({ id: 'now', status: 'pending' });
    const { rows } = await repository.list({}, window({ sortBy: 'startTime', sortOrder: 'asc' }), NOW);

    expect(rows.map(({ id, activity, startTime, duration }) => [id, activity, startTime, duration])).toEqual([
      ['now', 'queued', 1000, null],
      ['due', 'queued', NOW, null],
      ['later', 'scheduled', NOW + 1, null],
    ]);
  });
});

describe('the filters', () => {
  it('take the workflow, any of several statuses, the trigger and its user', async () => {
    await stored.add({ id: 'a', workflowId: 'one', status: 'completed', trigger: { type: 'manual', userId: 'ann' } });
    await stored.add({ id: 'b', workflowId: 'two', status: 'failed', trigger: { type: 'event', userId: 'bob' } });
    await stored.add({ id: 'c', workflowId: 'two', status: 'running' });

    expect(await idsOf({ workflowId: 'two' })).toEqual(['c', 'b']);
    expect(await idsOf({ statuses: ['failed', 'running'] })).toEqual(['c', 'b']);
    expect(await idsOf({ triggerType: 'manual' })).toEqual(['a']);
    expect(await idsOf({ userId: 'bob' })).toEqual(['b']);
    expect(await idsOf({ workflowId: 'two', statuses: ['completed'] })).toEqual([]);
  });

  it('take an activity, the two derived ones of pending too', async () => {
    await stored.add({ id: 'a', status: 'running', activity: 'executing' });
    await stored.add({ id: 'b', status: 'pending', runAt: NOW + 1 });
    await stored.add({ id: 'c', status: 'pending', runAt: NOW });
    await stored.add({ id: 'd', status: 'pending' });

    expect(await idsOf({ activity: 'executing' })).toEqual(['a']);
    expect(await idsOf({ activity: 'scheduled' })).toEqual(['b']);
    expect(await idsOf({ activity: 'queued' })).toEqual(['d', 'c']);
  });

  it('take what needs a person', async () => {
    await stored.add({ id: 'a', status: 'failed', attention: 'failed' });
    await stored.add({ id: 'b', status: 'paused', attention: 'unknown' });
    await stored.add({ id: 'c' });
    await stored.add({ id: 'd', status: 'paused', attention: 'crash-loop' });
    await stored.add({ id: 'e', status: 'failed', attention: 'rollback-stopped' });

    expect(await idsOf({ attention: 'any' })).toEqual(['e', 'd', 'b', 'a']);
    expect(await idsOf({ attention: 'unknown' })).toEqual(['b']);
    expect(await idsOf({ attention: 'crash-loop' })).toEqual(['d']);
    expect(await idsOf({ attention: 'rollback-stopped' })).toEqual(['e']);
  });

  it('take the start, which is the planned one until it starts', async () => {
    await stored.add({ id: 'a', startedAt: 2000, endedAt: 2000 });
    await stored.add({ id: 'b', status: 'pending', runAt: 3000 });
    await stored.add({ id: 'c', status: 'pending', runAt: 10 });

    expect(await idsOf({ startTimeFrom: 2000 })).toEqual(['b', 'a']);
    expect(await idsOf({ startTimeTo: 2000 })).toEqual(['c', 'a']);
    expect(await idsOf({ startTimeFrom: 1001, startTimeTo: 2999 })).toEqual(['a']);
  });

  it('take labels, all of them, with any text in them', async () => {
    await stored.add({ id: 'a', labels: { team: 'x', 'it"s': "o'clock", nul: 'a\0b', lone: '\ud800' } });
    await stored.add({ id: 'b', labels: { team: 'x' } });

    expect(await idsOf({ labels: { team: 'x' } })).toEqual(['b', 'a']);
    expect(await idsOf({ labels: { team: 'x', 'it"s': "o'clock" } })).toEqual(['a']);
    expect(await idsOf({ labels: { nul: 'a\0b' } })).toEqual(['a']);
    expect(await idsOf({ labels: { lone: '\ud800' } })).toEqual(['a']);
    expect(await idsOf({ labels: { team: 'y' } })).toEqual([]);
    expect(await idsOf({ labels: JSON.parse('{"__proto__":"x"}') as { [name: string]: string } })).toEqual([]);
  });

  it('search part of the name in any case, and the beginning of an id, with nothing special in the text', async () => {
    await stored.add({ id: 'exec_100%_a', workflowName: 'Bestellübersicht' });
    await stored.add({ id: 'exec_1000_b', workflowName: '订单 50% off' });

    expect(await idsOf({ search: 'STELLÜ' })).toEqual(['exec_100%_a']);
    expect(await idsOf({ search: '订单' })).toEqual(['exec_1000_b']);
    expect(await idsOf({ search: 'exec_100' })).toEqual(['exec_1000_b', 'exec_100%_a']);
    expect(await idsOf({ search: 'exec_100%' })).toEqual(['exec_100%_a']);
    expect(await idsOf({ search: '100' })).toEqual([]);
    expect(await idsOf({ search: '%' })).toEqual(['exec_1000_b']);
    expect(await idsOf({ search: "'; DROP TABLE executions; --" })).toEqual([]);
  });
});

describe('the order', () => {
  beforeEach(async () => {
    await stored.add({ id: 'a', createdAt: 1, startedAt: 30, endedAt: 31 });
    await stored.add({ id: 'b', createdAt: 2, startedAt: 20, endedAt: 40 });
    await stored.add({ id: 'c', createdAt: 3, status: 'running', startedAt: 10 });
    await stored.add({ id: 'd', createdAt: 3, startedAt: 5, endedAt: 10 });
  });

  it.each([
    ['createdAt', 'desc', 'dcba'],
    ['createdAt', 'asc', 'abcd'],
    ['startTime', 'desc', 'abcd'],
    ['startTime', 'asc', 'dcba'],
    ['duration', 'desc', 'bdac'],
    ['duration', 'asc', 'adbc'],
  ] as const)('by %s %s, page by page, without a gap or a repetition', async (sortBy, sortOrder, expected) => {
    expect((await idsOf({}, { sortBy, sortOrder })).join('')).toBe(expected);
    for (const limit of [1, 2, 3]) {
      const seen: string[] = [];
      for (let after: ListPosition | undefined; ; ) {
        const { rows, next } = await repository.list({}, window({ sortBy, sortOrder, limit, after }), NOW);
        seen.push(...rows.map(({ id }) => id));
        if (!next) break;
        after = next;
      }
      expect(seen.join('')).toBe(expected);
    }
  });

  it('goes on behind the last row that was seen while newer ones come in', async () => {
    const first = await repository.list({}, window({ limit: 2 }), NOW);
    await stored.add({ id: 'e', createdAt: 9 });
    const rest = await repository.list({}, window({ limit: 2, after: first.next ?? undefined }), NOW);
    expect([...first.rows, ...rest.rows].map(({ id }) => id).join('')).toBe('dcba');
  });
});

it('a walk by cursor shows what was there once, in every order, while others come in', async () => {
  for (const sortBy of ['createdAt', 'startTime', 'duration'] as const) {
    for (const sortOrder of ['asc', 'desc'] as const) {
      const before = Array.from({ length: 12 }, (_, index) => `${sortBy}_${sortOrder}_${index}`);
      const workflowId = `walk_${sortBy}_${sortOrder}`;
      const add = (id: string, at: number) =>
        stored.add({ id, workflowId, createdAt: at, startedAt: at, endedAt: 2 * at + (at % 3) });
      for (const [index, id] of before.entries()) await add(id, 100 + (index % 5) * 10);
      const seen: string[] = [];
      for (let after: ListPosition | undefined, page = 0; ; page += 1) {
        const { rows, next } = await repository.list(
          { workflowId },
          window({ sortBy, sortOrder, limit: 2, after }),
          NOW,
        );
        seen.push(...rows.map(({ id }) => id));
        if (!next) break;
        after = next;
        if (page < 8) await add(`${workflowId}_new_${page}`, 95 + page * 7);
      }
      expect(seen.filter((id) => before.includes(id)).sort()).toEqual([...before].sort());
      expect(new Set(seen).size).toBe(seen.length);
    }
  }
});

describe('the total', () => {
  it('is exact up to 10,000, and said not to be above', async () => {
    const copies = (count: number, from: number) =>
      test.database.pool.query(
        `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq, trigger_type,
           total_nodes, created_at, updated_at)
         SELECT 'copy_' || n, 'wf', 'Orders', '1.0.0', 1, 'pending', 1, 'api', 1, n, n
         FROM generate_series($2::int, $2::int + $1::int - 1) n`,
        [count, from],
      );
    await copies(10_000, 1);
    expect(await repository.list({}, window(), NOW)).toMatchObject({ total: 10_000, totalIsExact: true });
    await copies(1, 10_001);
    expect(await repository.list({}, window(), NOW)).toMatchObject({ total: 10_000, totalIsExact: false });
    const last = await repository.list({}, window({ offset: 10_000 }), NOW);
    expect(last).toMatchObject({ rows: [{ id: 'copy_1' }], next: null });
  });
});

describe('find', () => {
  it('says what an execution runs', async () => {
    await stored.add({ id: 'a', workflowId: 'one' });
    expect(await repository.find('a')).toEqual({ workflowId: 'one', revision: 1 });
    expect(await repository.find('b')).toBeUndefined();
  });
});
