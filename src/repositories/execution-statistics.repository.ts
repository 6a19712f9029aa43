import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../engine/state/transitions.js';
import { Database } from './database.js';
import { DURATION } from './execution-filter.js';
import { Prisma } from './generated/client.js';
import { storableText } from './storable-text.js';

/** Which executions are counted, by the time of their creation (epoch ms). */
export interface StatisticsFilter {
  from?: number;
  to?: number;
  workflowId?: string;
}

export interface WorkflowCounts {
  total: number;
  completed: number;
  failed: number;
  /** Mean of the completed ones in ms; 0 without any. */
  avgDuration: number;
}

/** The executions that were created in a day or an hour. */
export interface PeriodCounts {
  total: number;
  completed: number;
  failed: number;
}

/** `p50` and `p95` are of the completed ones' durations in ms; null without any. */
export type HourCounts = PeriodCounts & { p50: number | null; p95: number | null };

export interface ExecutionStatistics {
  total: number;
  byStatus: Record<ExecutionStatus, number>;
  byWorkflow: { [workflowId: string]: WorkflowCounts };
  /** Mean of the completed ones in ms; 0 without any. */
  avgDuration: number;
  /** completed / (completed + failed), 0..1; 0 without any. */
  successRate: number;
  /** Created in the last 24 hours. */
  recentExecutions: number;
  /** By the day in UTC, YYYY-MM-DD. */
  byDay: { [day: string]: PeriodCounts };
  /** By the begin of the hour, ISO 8601; only when asked for. */
  byHour?: { [hour: string]: HourCounts };
}

interface GroupRow {
  workflowId: string;
  status: ExecutionStatus;
  count: number;
  durationSum: number;
  recent: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Counts over the summary rows. */
@Injectable()
export class ExecutionStatisticsRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  async statistics(filter: StatisticsFilter, now: number, withHours: boolean): Promise<ExecutionStatistics> {
    const where = condition(filter);
    const [groups, byDay, byHour] = await Promise.all([
      this.groups(where, now - DAY_MS),
      this.days(where),
      withHours ? this.hours(where) : undefined,
    ]);
    return { ...summed(groups), byDay, ...(byHour && { byHour }) };
  }

  private groups(where: Prisma.Sql, recentFrom: number): Promise<GroupRow[]> {
    return this.query(Prisma.sql`SELECT e.workflow_id AS "workflowId", e.status, count(*) AS count,
        coalesce(sum(${DURATION}) FILTER (WHERE e.status = 'completed'), 0)::float8 AS "durationSum",
        count(*) FILTER (WHERE e.created_at >= ${recentFrom}::bigint) AS recent
      FROM executions e WHERE ${where} GROUP BY e.workflow_id, e.status ORDER BY e.workflow_id`);
  }

  private async days(where: Prisma.Sql): Promise<{ [day: string]: PeriodCounts }> {
    const rows = await this.query<PeriodCounts & { period: number }>(Prisma.sql`
      SELECT e.created_at / ${DAY_MS}::bigint AS period, ${COUNTS} FROM executions e WHERE ${where} GROUP BY 1 ORDER BY 1`);
    return Object.fromEntries(rows.map(({ period, ...counts }) => [isoTime(period * DAY_MS).slice(0, 10), counts]));
  }

  private async hours(where: Prisma.Sql): Promise<{ [hour: string]: HourCounts }> {
    const rows = await this.query<HourCounts & { period: number }>(Prisma.sql`
      SELECT e.created_at / ${HOUR_MS}::bigint AS period, ${COUNTS},
        percentile_cont(0.5) WITHIN GROUP (ORDER BY ${DURATION}) FILTER (WHERE e.status = 'completed') AS p50,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY ${DURATION}) FILTER (WHERE e.status = 'completed') AS p95
      FROM executions e WHERE ${where} GROUP BY 1 ORDER BY 1`);
    return Object.fromEntries(rows.map(({ period, ...counts }) => [isoTime(period * HOUR_MS), counts]));
  }

  private async query<T extends object>(sql: Prisma.Sql): Promise<T[]> {
    return (await this.pool.query<T>(sql.text, sql.values)).rows;
  }
}

const COUNTS = Prisma.sql`count(*) AS total, count(*) FILTER (WHERE e.status = 'completed') AS completed,
  count(*) FILTER (WHERE e.status = 'failed') AS failed`;

function condition({ from, to, workflowId }: StatisticsFilter): Prisma.Sql {
  const all = [Prisma.sql`true`];
  if (from !== undefined) all.push(Prisma.sql`e.created_at >= ${from}::bigint`);
  if (to !== undefined) all.push(Prisma.sql`e.created_at <= ${to}::bigint`);
  if (workflowId !== undefined) all.push(Prisma.sql`e.workflow_id = ${storableText(workflowId)}`);
  return Prisma.join(all, ' AND ');
}

function summed(groups: GroupRow[]): Omit<ExecutionStatistics, 'byDay' | 'byHour'> {
  const byStatus = Object.fromEntries(EXECUTION_STATUSES.map((status) => [status, 0])) as Record<
    ExecutionStatus,
    number
  >;
  const byWorkflow = new Map<string, WorkflowCounts>();
  let [recentExecutions, durationSum] = [0, 0];
  for (const { workflowId, status, count, durationSum: duration, recent } of groups) {
    byStatus[status] += count;
    recentExecutions += recent;
    durationSum += duration;
    const counts = byWorkflow.get(workflowId) ?? { total: 0, completed: 0, failed: 0, avgDuration: 0 };
    byWorkflow.set(workflowId, counts);
    counts.total += count;
    if (status === 'completed') [counts.completed, counts.avgDuration] = [count, Math.round(duration / count)];
    if (status === 'failed') counts.failed = count;
  }
  const { completed, failed } = byStatus;
  return {
    total: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
    byStatus,
    byWorkflow: Object.fromEntries(byWorkflow),
    avgDuration: completed === 0 ? 0 : Math.round(durationSum / completed),
    successRate: completed + failed === 0 ? 0 : completed / (completed + failed),
    recentExecutions,
  };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
