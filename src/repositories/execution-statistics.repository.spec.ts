import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { ExecutionStatisticsRepository } from './execution-statistics.repository.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = Date.UTC(2026, 0, 2);
const NOW = TODAY + 10 * HOUR;

interface Row {
  workflow_id: string;
  status: string;
  at: number;
  duration: number;
}

let test: OpenTestDatabase;
let repository: ExecutionStatisticsRepository;

beforeAll(async () => {
  test = await openTestDatabase();
  repository = new ExecutionStatisticsRepository(test.database);
});
afterAll(() => test.close());

describe('the statistics', () => {
  beforeAll(async () => {
    const stored = await new StoredExecutions(test).begin();
    const ended = (createdAt: number, duration: number) => ({
      createdAt,
      startedAt: createdAt,
      endedAt: createdAt + duration,
    });
    await stored.add({ id: 'a', workflowId: 'one', ...ended(TODAY + HOUR, 100) });
    await stored.add({ id: 'b', workflowId: 'one', ...ended(TODAY + HOUR + 1, 300) });
    await stored.add({ id: 'c', workflowId: 'one', status: 'failed', ...ended(TODAY + 2 * HOUR, 5000) });
    await stored.add({ id: 'd', workflowId: 'two', ...ended(TODAY - DAY, 500) });
    await stored.add({ id: 'e', workflowId: 'two', status: 'running', createdAt: TODAY + 3 * HOUR });
    await stored.add({
      id: 'f',
      workflowId: 'two',
      status: 'cancelled',
      startedAt: null,
      endedAt: NOW,
      createdAt: NOW - 1,
    });
  });

  it('count by status, workflow and day', async () => {
    expect(await repository.statistics({}, NOW, false)).toEqual({
      total: 6,
      byStatus: { pending: 0, running: 1, paused: 0, completed: 3, failed: 1, cancelled: 1 },
      byWorkflow: {
        one: { total: 3, completed: 2, failed: 1, avgDuration: 200 },
        two: { total: 3, completed: 1, failed: 0, avgDuration: 500 },
      },
      avgDuration: 300,
      successRate: 0.75,
      recentExecutions: 5,
      byDay: {
        '2026-01-01': { total: 1, completed: 1, failed: 0 },
        '2026-01-02': { total: 5, completed: 2, failed: 1 },
      },
    });
  });

  it('take a range of the ends and one workflow', async () => {
    const range = { from: TODAY, to: TODAY + 2 * HOUR + 5000, workflowId: 'one' };
    expect(await repository.statistics(range, NOW, false)).toMatchObject({
      total: 3,
      byWorkflow: { one: { total: 3 } },
      byDay: { '2026-01-02': { total: 3 } },
    });
    expect(await repository.statistics({ from: TODAY + 2 * HOUR + 5001 }, NOW, false)).toMatchObject({ total: 2 });
  });

  it('are zeros where nothing is counted', async () => {
    expect(await repository.statistics({ workflowId: 'nobody' }, NOW, true)).toEqual({
      total: 0,
      byStatus: { pending: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 },
      byWorkflow: {},
      avgDuration: 0,
      successRate: 0,
      recentExecutions: 0,
      byDay: {},
      byHour: {},
    });
  });

  it('count by hour with p50 and p95 when asked for', async () => {
    const { byHour } = await repository.statistics({ workflowId: 'one' }, NOW, true);
    expect(byHour).toEqual({
      '2026-01-02T01:00:00.000Z': { total: 2, completed: 2, failed: 0, p50: 96, p95: 304 },
      '2026-01-02T02:00:00.000Z': { total: 1, completed: 0, failed: 1, p50: null, p95: null },
    });
  });

  it('are those of the rows, however a range cuts hours', async () => {
    const { rows } = await test.database.pool.query<Row>(
      'SELECT workflow_id, status, coalesce(ended_at, created_at) AS at, duration FROM executions',
    );
    const edges = [
      TODAY - DAY,
      TODAY + HOUR,
      TODAY + HOUR + 100,
      TODAY + HOUR + 301,
      TODAY + 2 * HOUR - 1,
      NOW - 1,
      NOW,
    ];
    for (const from of [undefined, ...edges]) {
      for (const to of [undefined, ...edges]) {
        for (const workflowId of [undefined, 'one']) {
          const taken = rows.filter(
            (row) =>
              row.at >= (from ?? 0) &&
              row.at <= (to ?? Infinity) &&
              row.workflow_id === (workflowId ?? row.workflow_id),
          );
          const completed = taken.filter(({ status }) => status === 'completed');
          const seen = await repository.statistics({ from, to, workflowId }, NOW, true);
          expect({ from, to, workflowId, ...seen }).toMatchObject({
            total: taken.length,
            avgDuration:
              completed.length && Math.round(completed.reduce((sum, row) => sum + row.duration, 0) / completed.length),
            byStatus: {
              completed: completed.length,
              running: taken.filter(({ status }) => status === 'running').length,
            },
            recentExecutions: taken.filter(({ at }) => at >= NOW - DAY).length,
          });
          const hours = Object.values(seen.byHour ?? {});
          expect(hours.reduce((sum, { total }) => sum + total, 0)).toBe(taken.length);
          expect(hours.filter(({ p50 }) => p50 !== null)).toHaveLength(
            new Set(completed.map(({ at }) => Math.floor(at / HOUR))).size,
          );
        }
      }
    }
  });
});
