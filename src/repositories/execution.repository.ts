import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { ExecutionErrorData, Trigger } from '../engine/journal/events.js';
import { errorRecord, pendingActivity, statsOf, timesOf } from '../engine/journal/execution-record.js';
import type { ExecutionRow } from '../engine/journal/execution-row.js';
import type { Activity, Attention } from '../engine/journal/summary.js';
import { progressShare } from '../engine/progress/progress.js';
import type { ExecutionStatus } from '../engine/state/transitions.js';
import { Database } from './database.js';
import { filterParts, type ExecutionFilter, type FilterPart, type WorkflowName } from './execution-filter.js';
import { countQuery, EXACT_TOTAL, pageQuery, type ListPosition, type ListWindow } from './execution-list-query.js';
import { Prisma } from './generated/client.js';
import { storableText } from './storable-text.js';

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

  /**
   * A window of the list; `now` (epoch ms) tells scheduled ones from queued ones. First it is counted, since how to find
   * the window depends on how much there is.
   */
  async list(filter: ExecutionFilter, window: ListWindow, now: number): Promise<ExecutionList> {
    const found = filter.search === undefined ? [] : await this.namesWith(filter.search);
    const parts = filterParts(filter, found, now);
    const counts = await this.counts(filter, parts);
    const count = counts.reduce((sum, more) => sum + more, 0);
    const isBeyond = count <= EXACT_TOTAL && count <= (window.offset ?? 0);
    const rows = isBeyond ? [] : await this.query<StoredRow>(pageQuery(COLUMNS, parts, counts, window));
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

  /** Those of these in which something may still go on: they have not ended, or have an activity. */
  async open(ids: readonly string[]): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>({
      name: 'executions_open',
      text: 'SELECT id FROM executions WHERE id = ANY($1) AND (ended_at IS NULL OR activity IS NOT NULL)',
      values: [ids],
    });
    return rows.map(({ id }) => id);
  }

  private async counts({ startTimeFrom, startTimeTo }: ExecutionFilter, parts: FilterPart[]): Promise<number[]> {
    if (parts.length === 0) return [];
    const byStart = startTimeFrom !== undefined || startTimeTo !== undefined;
    const [row] = await this.query<{ counts: number[] }>(countQuery(parts, byStart));
    return row?.counts ?? [];
  }

  private namesWith(search: string): Promise<WorkflowName[]> {
    return this.query(Prisma.sql`SELECT workflow_id AS "workflowId", name FROM workflow_names
      WHERE strpos(lower(name), lower(${storableText(search)}::text)) > 0`);
  }

  /** Without a name, so that each is planned for its own values: what is rare is found otherwise than what is common. */
  private async query<T extends object>({ text, values }: Prisma.Sql): Promise<T[]> {
    return (await this.pool.query<T>(text, values)).rows;
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
