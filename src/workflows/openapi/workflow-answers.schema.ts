import type { JsonObject } from '../../engine/json.js';
import type { WorkflowStatus } from '../../engine/definition/workflow-definition.js';
import {
  choice,
  component,
  count,
  list,
  mapOf,
  milliseconds,
  nullable,
  optional,
  record,
  share,
  text,
} from '../../http/openapi/api-schema.js';
import { pagination } from '../../http/openapi/pagination.schema.js';
import type { WorkflowStatistics } from '../../repositories/workflow-list.repository.js';
import type { NodeStatisticsList, NodeStatisticsRow } from '../node-statistics.js';
import type { WorkflowList } from '../workflow-catalog.js';
import type { ImportAnswer } from '../workflow-import.js';
import type { WorkflowAnswer } from '../workflow-storage.js';
import { validationErrors, validationWarnings } from './validation.schema.js';
import { workflowStats } from './workflow-stats.schema.js';
import { workflow, workflowRow } from './workflow.schema.js';

export const workflowAnswer = component(
  'StoredWorkflow',
  record<WorkflowAnswer>(
    { workflow, stats: workflowStats, warnings: validationWarnings },
    'A workflow as it is stored now',
  ),
);

export const workflowList = record<WorkflowList>({
  workflows: list(workflowRow, 'The rows of the page'),
  pagination,
});

export const workflowStatistics = component(
  'WorkflowStatistics',
  record<WorkflowStatistics>({
    totalWorkflows: count('All workflows that were not deleted'),
    publishedCount: count('Those of them with isPublished'),
    draftCount: count('Those of them with version.isDraft'),
    byStatus: record<Record<WorkflowStatus, number>>(
      { active: count('Active ones'), inactive: count('Inactive ones'), deprecated: count('Deprecated ones') },
      'How many there are in each status',
    ),
    byCategory: mapOf(count('How many there are'), 'By metadata.category; `uncategorized` for none'),
    totalSize: count('Bytes of all documents as JSON'),
  }),
);

export const nodeStatistics = record<NodeStatisticsList>({
  workflowId: text('Id of the workflow'),
  nodes: list(
    component(
      'NodeStatistics',
      record<NodeStatisticsRow>(
        {
          nodeId: text('Id of the node'),
          nodeName: text('Display name'),
          nodeType: text('Node type'),
          count: count(
            'How often it has ended; skipped, cached, settled and cancelled ones and attempts that were retried do not count',
          ),
          failures: count('How often it failed for good'),
          failureShare: share('failures / count; 0 when it never ended'),
          p50: nullable(milliseconds('Half of what did not fail took at most so long, within 6 %; null without any')),
          p95: nullable(milliseconds('95 of 100 that did not fail took at most so long, within 6 %; null without any')),
        },
        'How a node has run, in all executions and revisions of its workflow',
      ),
    ),
    'Of the current revision, in the order of the document',
  ),
  count: count('How many nodes there are'),
});

export const exportedWorkflows = record<{ workflows: JsonObject[]; count: number }>({
  workflows: list(workflow, 'The documents in the order of their ids'),
  count: count('How many there are'),
});

const index = count('Place in the list that was sent, from 0');
const importedId = nullable(text('Id of the workflow; null when the document has none, or none that can be used'));

export const importAnswer = component(
  'ImportAnswer',
  record<ImportAnswer>({
    imported: count('Documents that were stored'),
    skipped: count('Documents whose id exists, without `overwrite`'),
    errors: list(
      record<ImportAnswer['errors'][number]>({
        index,
        id: importedId,
        message: text('Why it was not taken'),
        problems: optional({ ...validationErrors, description: 'The first 50 problems of an invalid one' }),
      }),
      'Documents that were not taken',
    ),
    documents: list(
      record<ImportAnswer['documents'][number]>({
        index,
        id: importedId,
        name: nullable(text('Name of the workflow; null when the document has none')),
        action: choice(['created', 'overwritten', 'skipped', 'failed'], 'What became of it, or would become of it'),
      }),
      'What became of each document',
    ),
  }),
);
