import { TAGS } from '../../http/openapi/api-overview.js';
import { nothing } from '../../http/openapi/api-schema.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { cursorHeader } from '../../http/cursor-header.js';
import { operation } from '../../http/openapi/operation.js';
import { cleanupOutcome } from './execution-answers.schema.js';
import { exampleCreated, exampleRecord, exampleRequest, exampleRow } from './execution-examples.js';
import {
  busy,
  creationUnknown,
  executionNotFound,
  keyTaken,
  nothingToRun,
  unstorable,
  workflowInactive,
} from './execution-failures.js';
import { executionList } from './execution-list.schema.js';
import { executionIdParameter, idempotencyKeyHeader } from './execution-parameters.js';
import { executionRecord } from './execution-record.schema.js';
import { executionStatistics } from './execution-statistics.schema.js';

const tag = TAGS.executions.name;

export const createExecution = operation({
  operationId: 'createExecution',
  tag,
  summary: 'Run a workflow',
  description:
    'The answer comes once the execution is stored: from then on it ends, or is paused, cancelled or failed with a reason, whatever crashes. It runs by itself, the current revision unless the body names one. With `wait` the answer comes when it has ended, or after that time as it then stands.',
  parameters: [idempotencyKeyHeader, actorHeader],
  body: {
    description: 'What to run, and with what',
    examples: {
      order: { summary: 'Run "Order intake" with an order', value: exampleRequest },
      later: {
        summary: 'Run it on the second of January 2099, before others',
        value: { workflowId: 'wf_orders', runAt: 4_070_995_200_000, priority: 10 },
      },
    },
  },
  answers: {
    201: { description: 'The execution as it was created', data: executionRecord, example: exampleCreated },
    200: {
      description: 'The Idempotency-Key has this execution already: as it stands now',
      data: executionRecord,
      example: exampleRecord,
    },
  },
  failures: [nothingToRun, executionNotFound, workflowInactive, keyTaken, unstorable, creationUnknown],
});

export const listExecutions = operation({
  operationId: 'listExecutions',
  tag,
  summary: 'List executions',
  description:
    'By default the newest first. All filters together must hold. Without `page` the answer has a `nextCursor`, which is fast at any depth and right while new executions come in; `page × pageSize` is at most 100,000. A `total` above 10,000 is not counted out: `totalIsExact` is false then.',
  answers: {
    200: {
      description: 'A page of the list',
      headers: cursorHeader,
      data: executionList,
      example: {
        executions: [exampleRow],
        pagination: { page: 1, pageSize: 20, total: 1, totalPages: 1, nextCursor: null },
      },
    },
  },
});

export const getExecutionStatistics = operation({
  operationId: 'getExecutionStatistics',
  tag,
  summary: 'Count executions',
  description: 'All, or those of a time or a workflow; with `interval=hour` also by hour, with how long they took.',
  answers: {
    200: {
      description: 'How many there are, and how they ended',
      data: executionStatistics,
      example: {
        total: 130,
        byStatus: { pending: 0, running: 1, paused: 0, completed: 127, failed: 1, cancelled: 1 },
        byWorkflow: { wf_orders: { total: 130, completed: 127, failed: 1, avgDuration: 41 } },
        avgDuration: 41,
        successRate: 0.9921875,
        recentExecutions: 12,
        byDay: { '2024-01-04': { total: 130, completed: 127, failed: 1 } },
        byHour: { '2024-01-04T08:00:00.000Z': { total: 130, completed: 127, failed: 1, p50: 38, p95: 90 } },
      },
    },
  },
});

export const cleanUpExecutions = operation({
  operationId: 'cleanUpExecutions',
  tag,
  summary: 'Delete old executions',
  description:
    'Deletes what ended long enough ago, in small batches; what has not ended, or has an activity, stays. Their Idempotency-Keys are free again.',
  body: {
    description: 'Which ones; without a body those that ended 30 days ago',
    examples: {
      try: {
        summary: 'Count the failed ones of the last 90 days',
        value: { olderThanDays: 90, status: 'failed', dryRun: true },
      },
    },
  },
  answers: {
    200: {
      description: 'How many were deleted',
      data: cleanupOutcome,
      example: { deletedCount: 42, olderThanDays: 90 },
    },
  },
});

export const getExecution = operation({
  operationId: 'getExecution',
  tag,
  summary: 'Read an execution',
  description:
    'The whole record, exact, with what runs at this moment. `nodes=light` leaves out inputs, outputs and checkpoints; `atSeq` shows it as it stood after an event.',
  parameters: [executionIdParameter],
  answers: {
    200: { description: 'The execution', headers: cursorHeader, data: executionRecord, example: exampleRecord },
  },
  failures: [executionNotFound],
});

export const deleteExecution = operation({
  operationId: 'deleteExecution',
  tag,
  summary: 'Delete an execution',
  description: 'With its journal and its log. It must have ended: cancel it first. Its Idempotency-Key is free again.',
  parameters: [executionIdParameter],
  answers: { 200: { description: 'It is deleted', data: nothing, example: null } },
  failures: [executionNotFound, busy],
});
