import { Injectable } from '@nestjs/common';
import { EngineError, invalidParams } from '../engine/errors.js';
import type { ExecutionRecord } from '../engine/journal/execution-record.js';
import type { ExecutionRow } from '../engine/journal/execution-row.js';
import { pagination, type Pagination } from '../http/pagination.js';
import type { ExecutionFilter } from '../repositories/execution-filter.js';
import {
  ExecutionStatisticsRepository,
  type ExecutionStatistics,
} from '../repositories/execution-statistics.repository.js';
import { ExecutionRepository } from '../repositories/execution.repository.js';
import { Clock } from './clock.js';
import type { CleanupExecutionsDto } from './dto/cleanup-executions.dto.js';
import type { ExecutionStatisticsQuery } from './dto/execution-statistics.query.js';
import type { GetExecutionQuery } from './dto/get-execution.query.js';
import type { ListExecutionsQuery } from './dto/list-executions.query.js';
import { readCursor, writeCursor } from './execution-cursor.js';
import { ExecutionDeletion } from './execution-deletion.js';
import { executionNotFound } from './execution-not-found.js';
import { ExecutionReader } from './execution-reader.js';

/** A page of the list. `nextCursor` is there unless a page was asked for by its number; null at the end. */
export interface ExecutionPage {
  executions: ExecutionRow[];
  pagination: Pagination & { totalIsExact?: false; nextCursor?: string | null };
}

/** What a cleanup deleted, or as a dry run would delete now. */
export interface CleanupOutcome {
  deletedCount: number;
  olderThanDays: number;
}

/** Rows that a page by number may skip and show at most. */
const DEEPEST_ROW = 100_000;
const DAY_MS = 24 * 3_600_000;

/** All executions, those under way and those that have ended. */
@Injectable()
export class ExecutionHistory {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly deletions: ExecutionDeletion,
    private readonly counts: ExecutionStatisticsRepository,
    private readonly reader: ExecutionReader,
    private readonly clock: Clock,
  ) {}

  /** The record, exact. @throws EngineError NOT_FOUND, INVALID_PARAMS */
  get(executionId: string, query?: GetExecutionQuery): Promise<ExecutionRecord> {
    return this.reader.record(executionId, query);
  }

  /** @throws EngineError INVALID_PARAMS for a page too far or a cursor that is none */
  async query(query: ListExecutionsQuery): Promise<ExecutionPage> {
    const { sortBy, sortOrder, page = 1, pageSize: limit, cursor } = query;
    if (page * limit > DEEPEST_ROW) {
      const message = `page × pageSize must be at most ${DEEPEST_ROW}: use cursor`;
      throw invalidParams([{ field: 'page', message }]);
    }
    if (cursor !== undefined && query.page !== undefined) {
      throw invalidParams([{ field: 'cursor', message: 'cursor and page exclude each other' }]);
    }
    const before = cursor === undefined ? undefined : readCursor(cursor, { sortBy, sortOrder });
    const window = { sortBy, sortOrder, limit, offset: (page - 1) * limit, after: before?.position };
    const { rows, total, totalIsExact, next } = await this.executions.list(filterOf(query), window, this.clock.now());
    const number = before ? before.page + 1 : page;
    const nextCursor = next && writeCursor({ sortBy, sortOrder, position: next, page: number });
    return {
      executions: rows,
      pagination: {
        ...pagination({ page: number, pageSize: limit }, total),
        ...(!totalIsExact && { totalIsExact: false }),
        ...(query.page === undefined && { nextCursor }),
      },
    };
  }

  statistics({ from, to, workflowId, interval }: ExecutionStatisticsQuery): Promise<ExecutionStatistics> {
    return this.counts.statistics({ from, to, workflowId }, this.clock.now(), interval === 'hour');
  }

  /** @throws EngineError NOT_FOUND; CONFLICT unless it has ended and has no activity and no owner */
  async delete(executionId: string): Promise<void> {
    const outcome = await this.deletions.delete(executionId);
    if (outcome === 'missing') throw executionNotFound(executionId);
    if (outcome === 'deleted') return;
    const { status, activity } = outcome;
    const doing = activity === null ? status : `${status} (${activity})`;
    throw new EngineError('CONFLICT', `The execution is ${doing}: cancel it first`, { status, activity });
  }

  /** Deletes what ended long enough ago; with `dryRun` it only counts. `stop` ends it after the batch under way. */
  async cleanup(body: CleanupExecutionsDto, stop?: AbortSignal): Promise<CleanupOutcome> {
    const { olderThanDays, status, workflowId, dryRun } = body;
    const filter = { endedUntil: Math.floor(this.clock.now() - olderThanDays * DAY_MS), status, workflowId };
    const deletedCount = dryRun
      ? await this.deletions.countDeletable(filter)
      : await this.deletions.cleanup(filter, stop);
    return { deletedCount, olderThanDays };
  }
}

function filterOf(query: ListExecutionsQuery): ExecutionFilter {
  const { workflowId, status, activity, attention, startTimeFrom, startTimeTo, triggerType, userId, labels, search } =
    query;
  const times = { startTimeFrom, startTimeTo };
  return { workflowId, statuses: status, activity, attention, ...times, triggerType, userId, labels, search };
}
