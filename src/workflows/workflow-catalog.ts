import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { EngineError } from '../engine/errors.js';
import type { JsonObject } from '../engine/json.js';
import { pageOffset, pagination, type Pagination } from '../http/pagination.js';
import { WorkflowListRepository, type WorkflowStatistics } from '../repositories/workflow-list.repository.js';
import type { ListWorkflowsQuery } from './dto/list-workflows.query.js';
import { documentHead, joinDocument } from './workflow-document.js';
import { WorkflowEstimates } from './workflow-estimates.js';

export interface WorkflowList {
  workflows: JsonObject[];
  pagination: Pagination;
}

/** What reads many workflows at once: the list, the statistics and the export. */
@Injectable()
export class WorkflowCatalog {
  constructor(
    private readonly lists: WorkflowListRepository,
    private readonly estimates: WorkflowEstimates,
  ) {}

  async list(query: ListWorkflowsQuery): Promise<WorkflowList> {
    const { page, pageSize, sortBy, sortOrder, ...filter } = query;
    const paging = { sortBy, sortOrder, limit: pageSize, offset: pageOffset({ page, pageSize }) };
    const { workflows, total } = await this.lists.list(filter, paging);
    const stats = await this.estimates.completeListed(workflows);
    const rows = workflows.map((workflow, index) => ({
      ...documentHead(workflow),
      stats: stats[index] as unknown as JsonObject,
      lastStatuses: workflow.lastStatuses,
    }));
    return { workflows: rows, pagination: pagination({ page, pageSize }, total) };
  }

  statistics(): Promise<WorkflowStatistics> {
    return this.lists.statistics();
  }

  /**
   * The whole answer with its envelope, as it is read: never more than a few documents are in memory.
   * @throws EngineError NOT_FOUND when the choice names one that does not exist
   */
  async export(ids: readonly string[] | undefined): Promise<Readable> {
    const missing = ids ? await this.lists.missing(ids) : [];
    if (missing.length > 0) {
      const message = `These workflows do not exist: ${missing.slice(0, 20).join(', ')}`;
      throw new EngineError('NOT_FOUND', message, { ids: missing });
    }
    return Readable.from(this.exportText(ids), { objectMode: false });
  }

  private async *exportText(ids: readonly string[] | undefined): AsyncGenerator<string, void, undefined> {
    let count = 0;
    yield '{"code":200,"success":true,"data":{"workflows":[';
    for await (const workflow of this.lists.documents(ids)) {
      yield `${count === 0 ? '' : ','}${JSON.stringify(joinDocument(workflow))}`;
      count += 1;
    }
    const end = { message: 'Workflows exported successfully', timestamp: Date.now() };
    yield `],"count":${count}},${JSON.stringify(end).slice(1)}`;
  }
}
