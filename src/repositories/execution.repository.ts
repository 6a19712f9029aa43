import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { ExecutionErrorData, Trigger } from '../engine/journal/events.js';
import { errorRecord, pendingActivity, statsOf, timesOf } from '../engine/journal/execution-record.js';
import type { ExecutionRow } from '../engine/journal/execution-row.js';
import type { Activity, Attention } from '../engine/journal/summary.js';
import { progressShare } from '../engine/progress/progress.js';
import type { ExecutionStatus } from '../engine/state/transitions.js';
import { Database } from './database.js';
import { DURATION, filterCondition, START_TIME, type ExecutionFilter } from './execution-filter.js';
import { Prisma } from './generated/client.js';

export type ExecutionSort = 'startTime' | 'duration' | 'createdAt';

/** A place in a sorted list that holds while rows come in: the last row that was shown. */
export interface ListPosition {
  key: number;
  id: string;
}

export interface ListWindow {
  sortBy: ExecutionSort;
  sortOrder: 'asc' | 'desc';
  limit: number;
  offset?: number;
  /** Go on behind this row. */
  after?: ListPosition;
}

export interface ExecutionList {
  rows: ExecutionRow[];
  /** Exact up to 10,000. */
  total: number;
  totalIsExact: boolean;
  /** Of the last row; null when nothing follows it. */
  next: ListPosition | null;
}

/** What of an execution's row says what it runs. */
export interface ExecutionHead {
  workflowId: string;
  revision: number;
}

interface StoredRow {
  id: string;
  workflowId: string;
  workflowName: string;
  workflowVersion: string;
  workflowRevision: number;
  status: ExecutionStatus;
  activity: Activity | null;
  attention: Attention | null;
  seq: number;
  priority: number;
  triggerType: Trigger['type'];
  userId: string | null;
  userName: string | null;
  labels: { [name: string]: string };
  totalNodes: number;
  completedNodes: number;
  failedNodes: number;
  skippedNodes: number;
  summary: string | null;
  error: string | null;
  runAt: number | null;
  createdAt: number;
  updatedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  sortKey: number;
}

/** Counting further would take longer than it is worth. */
const EXACT_TOTAL = 10_000;

const COLUMNS = Prisma.sql`e.id, e.workflow_id AS "workflowId", e.workflow_name AS "workflowName",
  e.workflow_version AS "workflowVersion", e.workflow_revision AS "workflowRevision", e.status, e.activity, e.attention,
  e.seq, e.priority, e.trigger_type AS "triggerType", e.user_id AS "userId", e.user_name AS "userName", e.labels,
  e.total_nodes AS "totalNodes", e.completed_nodes AS "completedNodes", e.failed_nodes AS "failedNodes",
  e.skipped_nodes AS "skippedNodes", e.summary, e.error, e.run_at AS "runAt", e.created_at AS "createdAt",
  e.updated_at AS "updatedAt", e.started_at AS "startedAt", e.ended_at AS "endedAt"`;

/** The summary rows of executions; they follow the journal and may lag a second. */
@Injectable()
export class ExecutionRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** A window of the list; `now` (epoch ms) tells scheduled ones from queued ones. */
  async list(filter: ExecutionFilter, window: ListWindow, now: number): Promise<ExecutionList> {
    const where = filterCondition(filter, now);
    const [rows, count] = await Promise.all([this.rows(where, window), this.count(where)]);
    const shown = rows.slice(0, window.limit);
    const last = rows.length > window.limit ? shown.at(-1) : undefined;
    return {
      rows: shown.map((row) => listRow(row, now)),
      total: Math.min(count, EXACT_TOTAL),
      totalIsExact: count <= EXACT_TOTAL,
      next: last ? { key: last.sortKey, id: last.id } : null,
    };
  }

  async find(id: string): Promise<ExecutionHead | undefined> {
    const { rows } = await this.pool.query<ExecutionHead>({
      name: 'execution_head',
      text: 'SELECT workflow_id AS "workflowId", workflow_revision AS revision FROM executions WHERE id = $1',
      values: [id],
    });
    return rows[0];
  }

  /** One row more than the window holds, to see whether anything follows. */
  private async rows(where: Prisma.Sql, window: ListWindow): Promise<StoredRow[]> {
    const { sortBy, sortOrder, limit, offset = 0, after } = window;
    const key = sortKey(sortBy, sortOrder);
    const direction = sortOrder === 'asc' ? Prisma.sql`ASC` : Prisma.sql`DESC`;
    const beyond = sortOrder === 'asc' ? Prisma.sql`>` : Prisma.sql`<`;
    const from = after
      ? Prisma.sql`(${key}, e.id) ${beyond} (${after.key}::bigint, ${after.id}::text)`
      : Prisma.sql`true`;
    const query = Prisma.sql`SELECT ${COLUMNS}, ${key} AS "sortKey" FROM executions e WHERE ${where} AND ${from}
      ORDER BY ${key} ${direction}, e.id ${direction} LIMIT ${limit + 1}::int OFFSET ${offset}::int`;
    const { rows } = await this.pool.query<StoredRow>(query.text, query.values);
    return rows;
  }

  private async count(where: Prisma.Sql): Promise<number> {
    const query = Prisma.sql`SELECT count(*) AS total FROM (
      SELECT 1 FROM executions e WHERE ${where} LIMIT ${EXACT_TOTAL + 1}::int) counted`;
    const { rows } = await this.pool.query<{ total: number }>(query.text, query.values);
    return rows[0]?.total ?? 0;
  }
}

/** Never null, so that a position can be compared: what has not ended comes last in both orders of the duration. */
function sortKey(sortBy: ExecutionSort, sortOrder: 'asc' | 'desc'): Prisma.Sql {
  switch (sortBy) {
    case 'createdAt':
      return Prisma.sql`e.created_at`;
    case 'startTime':
      return START_TIME;
    case 'duration':
      return sortOrder === 'asc'
        ? Prisma.sql`coalesce(${DURATION}, 9007199254740991)`
        : Prisma.sql`coalesce(${DURATION}, -1)`;
  }
}

function listRow(row: StoredRow, now: number): ExecutionRow {
  const { status, activity, createdAt, runAt, startedAt, endedAt, totalNodes } = row;
  const counts = { completed: row.completedNodes, failed: row.failedNodes, skipped: row.skippedNodes };
  const times = {
    createdAt,
    runAt: runAt ?? undefined,
    startedAt: startedAt ?? undefined,
    endedAt: endedAt ?? undefined,
  };
  return {
    id: row.id,
    workflowId: row.workflowId,
    workflowName: row.workflowName,
    workflowVersion: row.workflowVersion,
    workflowRevision: row.workflowRevision,
    status,
    activity: status === 'pending' ? pendingActivity(runAt, now) : activity,
    attention: row.attention,
    seq: row.seq,
    ...timesOf(times),
    trigger: { type: row.triggerType, userId: row.userId ?? undefined, userName: row.userName ?? undefined },
    labels: row.labels,
    priority: row.priority,
    stats: statsOf(totalNodes, counts),
    progress: progressShare(status, totalNodes, counts.completed + counts.skipped),
    summary: row.summary,
    error: row.error === null ? null : errorRecord(JSON.parse(row.error) as ExecutionErrorData),
    createdAt,
    updatedAt: row.updatedAt,
  };
}
