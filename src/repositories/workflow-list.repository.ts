import { Injectable } from '@nestjs/common';
import type { WorkflowStatus } from '../engine/definition/workflow-definition.js';
import { Prisma } from './generated/client.js';
import { PrismaService } from './prisma.service.js';
import { storableText } from './storable-text.js';
import {
  contentFrom,
  summaryFrom,
  usageFrom,
  type StoredWorkflow,
  type UsageSums,
  type WorkflowSummary,
} from './workflow-rows.js';

export type WorkflowSort = 'name' | 'createdAt' | 'updatedAt' | 'usageCount';

/** Which workflows a list shows; what is absent does not filter. */
export interface WorkflowFilter {
  /** Any of these. */
  tags?: readonly string[];
  category?: string;
  status?: WorkflowStatus;
  publishedOnly?: boolean;
  author?: string;
  /** Part of the name or the description, upper and lower case alike. */
  search?: string;
}

export interface WorkflowPage {
  sortBy: WorkflowSort;
  sortOrder: 'asc' | 'desc';
  limit: number;
  offset: number;
}

/** A row of the list. */
export interface ListedWorkflow extends WorkflowSummary {
  /** Of the last 12 executions, the newest first. */
  lastStatuses: string[];
}

export interface WorkflowStatistics {
  totalWorkflows: number;
  publishedCount: number;
  draftCount: number;
  byStatus: Record<WorkflowStatus, number>;
  byCategory: Record<string, number>;
  /** Bytes of all current documents as JSON. */
  totalSize: number;
}

type ListRow = UsageSums & {
  id: string;
  revision: number;
  head: string;
  stats: string;
  createdAt: bigint;
  updatedAt: bigint;
};

const LAST_EXECUTIONS = 12;
/** Documents can have megabytes each. */
const EXPORT_BATCH = 10;

const SORT_COLUMNS: Record<WorkflowSort, Prisma.Sql> = {
  name: Prisma.sql`lower(w.name)`,
  createdAt: Prisma.sql`w.created_at`,
  updatedAt: Prisma.sql`w.updated_at`,
  usageCount: Prisma.sql`coalesce(u.used, 0)`,
};

/** `SUM` of a bigint column is numeric, which would come as text. */
const USAGE = Prisma.sql`LEFT JOIN LATERAL (
  SELECT sum(used)::bigint AS used, sum(completed)::bigint AS completed, sum(failed)::bigint AS failed,
    sum(duration_sum)::bigint AS duration_sum, max(last_executed_at) AS last_executed_at
  FROM workflow_usage WHERE workflow_id = w.id) u ON true`;

const COLUMNS = Prisma.sql`w.id, w.revision, w.head, w.stats, w.created_at AS "createdAt", w.updated_at AS "updatedAt",
  u.used, u.completed, u.failed, u.duration_sum AS "durationSum", u.last_executed_at AS "lastExecutedAt"`;

/** What reads many workflows at once. */
@Injectable()
export class WorkflowListRepository {
  constructor(private readonly prisma: PrismaService) {}

  async list(filter: WorkflowFilter, page: WorkflowPage): Promise<{ workflows: ListedWorkflow[]; total: number }> {
    const where = conditions(filter);
    const direction = page.sortOrder === 'asc' ? Prisma.sql`ASC` : Prisma.sql`DESC`;
    const [rows, [count]] = await Promise.all([
      this.prisma.$queryRaw<ListRow[]>`
        SELECT ${COLUMNS} FROM workflows w ${USAGE} WHERE ${where}
        ORDER BY ${SORT_COLUMNS[page.sortBy]} ${direction}, w.id ${direction}
        LIMIT ${page.limit} OFFSET ${page.offset}`,
      this.prisma.$queryRaw<{ total: bigint }[]>`SELECT count(*) AS total FROM workflows w WHERE ${where}`,
    ]);
    const lastStatuses = await this.lastStatuses(rows.map((row) => row.id));
    const workflows = rows.map((row) => ({
      ...summaryFrom(row, usageFrom(row)),
      lastStatuses: lastStatuses.get(row.id) ?? [],
    }));
    return { workflows, total: Number(count?.total ?? 0) };
  }

  /** The ids of this choice that do not exist. */
  async missing(ids: readonly string[]): Promise<string[]> {
    const rows = await this.prisma.workflow.findMany({
      where: { id: { in: ids.map(storableText) }, deletedAt: null },
      select: { id: true },
    });
    const found = new Set(rows.map((row) => row.id));
    return ids.filter((id) => !found.has(id));
  }

  /** The current documents in the order of their ids, a few at a time; of a choice when one is given. */
  async *documents(ids?: readonly string[]): AsyncGenerator<StoredWorkflow, void, undefined> {
    const choice = ids ? Prisma.sql`w.id = ANY(${ids.map(storableText)}::text[])` : Prisma.sql`true`;
    let after = '';
    for (;;) {
      const rows = await this.prisma.$queryRaw<(ListRow & { content: string })[]>`
        SELECT ${COLUMNS}, r.content FROM workflows w
        JOIN workflow_revisions r ON r.workflow_id = w.id AND r.revision = w.revision ${USAGE}
        WHERE w.deleted_at IS NULL AND w.id > ${after} AND ${choice} ORDER BY w.id LIMIT ${EXPORT_BATCH}`;
      for (const row of rows) yield { ...summaryFrom(row, usageFrom(row)), content: contentFrom(row.content) };
      const last = rows.at(-1);
      if (!last || rows.length < EXPORT_BATCH) return;
      after = last.id;
    }
  }

  async statistics(): Promise<WorkflowStatistics> {
    const rows = await this.prisma.workflow.groupBy({
      by: ['status', 'isPublished', 'isDraft', 'category'],
      where: { deletedAt: null },
      _count: true,
    });
    const [size] = await this.prisma.$queryRaw<{ total: bigint | null }[]>`
      SELECT sum(size_bytes)::bigint AS total FROM workflows WHERE deleted_at IS NULL`;
    const statistics: WorkflowStatistics = {
      totalWorkflows: 0,
      publishedCount: 0,
      draftCount: 0,
      byStatus: { active: 0, inactive: 0, deprecated: 0 },
      byCategory: {},
      totalSize: Number(size?.total ?? 0),
    };
    const byCategory = new Map<string, number>();
    for (const { status, isPublished, isDraft, category, _count } of rows) {
      statistics.totalWorkflows += _count;
      if (isPublished) statistics.publishedCount += _count;
      if (isDraft) statistics.draftCount += _count;
      statistics.byStatus[status as WorkflowStatus] += _count;
      const name = category || 'uncategorized';
      byCategory.set(name, (byCategory.get(name) ?? 0) + _count);
    }
    return { ...statistics, byCategory: Object.fromEntries(byCategory) };
  }

  private async lastStatuses(ids: readonly string[]): Promise<Map<string, string[]>> {
    if (ids.length === 0) return new Map();
    const rows = await this.prisma.$queryRaw<{ id: string; statuses: string[] }[]>`
      SELECT w.id, ARRAY(
        SELECT status FROM executions e WHERE e.workflow_id = w.id
        ORDER BY e.created_at DESC, e.id DESC LIMIT ${LAST_EXECUTIONS}) AS statuses
      FROM unnest(${[...ids]}::text[]) AS w(id)`;
    return new Map(rows.map((row) => [row.id, row.statuses]));
  }
}

/** Deleted ones are never listed. */
function conditions(filter: WorkflowFilter): Prisma.Sql {
  const all = [Prisma.sql`w.deleted_at IS NULL`];
  if (filter.tags) all.push(Prisma.sql`w.tags && ${filter.tags.map(storableText)}::text[]`);
  if (filter.category !== undefined) all.push(Prisma.sql`w.category = ${storableText(filter.category)}`);
  if (filter.status !== undefined) all.push(Prisma.sql`w.status = ${filter.status}`);
  if (filter.publishedOnly) all.push(Prisma.sql`w.is_published`);
  if (filter.author !== undefined) all.push(Prisma.sql`w.author = ${storableText(filter.author)}`);
  if (filter.search !== undefined) {
    const search = storableText(filter.search);
    all.push(
      Prisma.sql`(strpos(lower(w.name), lower(${search})) > 0 OR strpos(lower(w.description), lower(${search})) > 0)`,
    );
  }
  return Prisma.join(all, ' AND ');
}
