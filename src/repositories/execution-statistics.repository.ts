import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DurationHistogram } from '../engine/progress/duration-histogram.js';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../engine/state/transitions.js';
import { Database } from './database.js';
import { countsQuery, histogramsQuery, HOUR_MS, type StatisticsFilter } from './execution-counts.js';
import { Prisma } from './generated/client.js';

export interface WorkflowCounts {
  total: number;
  completed: number;
  failed: number;
  /** Mean of the completed ones in ms; 0 without any. */
  avgDuration: number;
}

/** The executions that ended in a day or an hour, and those created in it that have not ended. */
export interface PeriodCounts {
  total: number;
  completed: number;
  failed: number;
}

/** `p50` and `p95` are of the completed ones' durations in ms, at most 6 % off; null without any. */
export type HourCounts = PeriodCounts & { p50: number | null; p95: number | null };

export interface ExecutionStatistics {
  total: number;
  byStatus: Record<ExecutionStatus, number>;
  byWorkflow: { [workflowId: string]: WorkflowCounts };
  /** Mean of the completed ones in ms; 0 without any. */
  avgDuration: number;
  /** completed / (completed + failed), 0..1; 0 without any. */
  successRate: number;
  /** Ended in the last 24 hours, or created in them and not ended. */
  recentExecutions: number;
  /** By the day in UTC, YYYY-MM-DD. */
  byDay: { [day: string]: PeriodCounts };
  /** By the begin of the hour, ISO 8601; only when asked for. */
  byHour?: { [hour: string]: HourCounts };
}

interface WorkflowRow {
  workflowId: string;
  status: ExecutionStatus;
  count: number;
  durationSum: number;
}

interface PeriodRow {
  /** Hours or days since 1970. */
  period: number;
  status: ExecutionStatus;
  count: number;
}

type Periods = Map<number, PeriodCounts>;

const DAY_HOURS = 24;

/** Counts of executions, from counters that the journal's batches keep: however many there are, none is looked at. */
@Injectable()
export class ExecutionStatisticsRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  async statistics(filter: StatisticsFilter, now: number, withHours: boolean): Promise<ExecutionStatistics> {
    const [workflows, periodRows, recentExecutions, histograms] = await Promise.all([
      this.workflows(filter),
      this.periods(filter, withHours ? 1 : DAY_HOURS),
      this.recent(filter, now),
      withHours ? this.histograms(filter) : undefined,
    ]);
    const periods = periodsOf(periodRows);
    return {
      ...summed(workflows),
      recentExecutions,
      byDay: daysOf(withHours ? merged(periods) : periods),
      ...(histograms && { byHour: hoursOf(periods, histograms) }),
    };
  }

  /** How many executions there are, by status. */
  async countByStatus(filter: Pick<StatisticsFilter, 'workflowId'>): Promise<Record<ExecutionStatus, number>> {
    const rows = await this.query<{ status: ExecutionStatus; count: number }>(
      Prisma.sql`SELECT status, sum(count)::bigint AS count FROM (${countsQuery(filter, true)}) c GROUP BY 1`,
    );
    const found = new Map(rows.map(({ status, count }) => [status, count]));
    const all = EXECUTION_STATUSES.map((status) => [status, found.get(status) ?? 0]);
    return Object.fromEntries(all) as Record<ExecutionStatus, number>;
  }

  private workflows(filter: StatisticsFilter): Promise<WorkflowRow[]> {
    return this.query(Prisma.sql`
      SELECT workflow_id AS "workflowId", status, sum(count)::bigint AS count, sum(duration_sum)::bigint AS "durationSum"
      FROM (${countsQuery(filter, false)}) c GROUP BY 1, 2 HAVING sum(count) <> 0 ORDER BY 1`);
  }

  private periods(filter: StatisticsFilter, hours: number): Promise<PeriodRow[]> {
    return this.query(Prisma.sql`
      SELECT hour / ${hours}::bigint AS period, status, sum(count)::bigint AS count
      FROM (${countsQuery(filter, true)}) c GROUP BY 1, 2 HAVING sum(count) <> 0 ORDER BY 1`);
  }

  private async recent(filter: StatisticsFilter, now: number): Promise<number> {
    const from = Math.max(filter.from ?? 0, now - DAY_HOURS * HOUR_MS);
    const [row] = await this.query<{ count: number }>(
      Prisma.sql`SELECT coalesce(sum(count), 0)::bigint AS count FROM (${countsQuery({ ...filter, from }, true)}) c`,
    );
    return row?.count ?? 0;
  }

  private async histograms(filter: StatisticsFilter): Promise<Map<number, DurationHistogram>> {
    const rows = await this.query<{ hour: number; histogram: number[] }>(
      Prisma.sql`SELECT hour, sum_histograms(histogram) AS histogram FROM (${histogramsQuery(filter)}) c GROUP BY hour`,
    );
    return new Map(rows.map(({ hour, histogram }) => [hour, new DurationHistogram(histogram)]));
  }

  private async query<T extends object>(sql: Prisma.Sql): Promise<T[]> {
    return (await this.pool.query<T>(sql.text, sql.values)).rows;
  }
}

function summed(rows: WorkflowRow[]): Omit<ExecutionStatistics, 'recentExecutions' | 'byDay' | 'byHour'> {
  const byStatus = Object.fromEntries(EXECUTION_STATUSES.map((status) => [status, 0])) as Record<
    ExecutionStatus,
    number
  >;
  const byWorkflow = new Map<string, WorkflowCounts>();
  let durationSum = 0;
  for (const { workflowId, status, count, durationSum: duration } of rows) {
    byStatus[status] += count;
    const counts = byWorkflow.get(workflowId) ?? { total: 0, completed: 0, failed: 0, avgDuration: 0 };
    byWorkflow.set(workflowId, counts);
    counts.total += count;
    if (status === 'failed') counts.failed = count;
    if (status !== 'completed') continue;
    durationSum += duration;
    [counts.completed, counts.avgDuration] = [count, Math.round(duration / count)];
  }
  const { completed, failed } = byStatus;
  return {
    total: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
    byStatus,
    byWorkflow: Object.fromEntries(byWorkflow),
    avgDuration: completed === 0 ? 0 : Math.round(durationSum / completed),
    successRate: completed + failed === 0 ? 0 : completed / (completed + failed),
  };
}

function periodsOf(rows: PeriodRow[]): Periods {
  const periods: Periods = new Map();
  for (const { period, status, count } of rows) {
    const [completed, failed] = [status === 'completed' ? count : 0, status === 'failed' ? count : 0];
    addTo(periods, period, { total: count, completed, failed });
  }
  return periods;
}

/** The days of hours. */
function merged(hours: Periods): Periods {
  const days: Periods = new Map();
  for (const [hour, counts] of hours) addTo(days, Math.floor(hour / DAY_HOURS), counts);
  return days;
}

function addTo(periods: Periods, period: number, { total, completed, failed }: PeriodCounts): void {
  const counts = periods.get(period) ?? { total: 0, completed: 0, failed: 0 };
  periods.set(period, counts);
  counts.total += total;
  counts.completed += completed;
  counts.failed += failed;
}

function daysOf(days: Periods): ExecutionStatistics['byDay'] {
  return Object.fromEntries([...days].map(([day, counts]) => [isoTime(day * DAY_HOURS).slice(0, 10), counts]));
}

function hoursOf(hours: Periods, histograms: Map<number, DurationHistogram>): ExecutionStatistics['byHour'] {
  const rows = [...hours].map(([hour, counts]) => {
    const [p50, p95] = [0.5, 0.95].map((share) => histograms.get(hour)?.percentile(share) ?? null);
    return [isoTime(hour), { ...counts, p50, p95 }] as const;
  });
  return Object.fromEntries(rows) as ExecutionStatistics['byHour'];
}

function isoTime(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}
