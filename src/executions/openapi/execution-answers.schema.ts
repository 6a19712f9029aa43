import type { NodeRecord } from '../../engine/journal/record-nodes.js';
import { LOG_LEVELS, type LogLevel } from '../../engine/ports.js';
import type { RemainingTime } from '../../engine/progress/remaining-time.js';
import type { Progress } from '../../engine/progress/progress.js';
import {
  anyJson,
  choice,
  component,
  count,
  epochMs,
  integer,
  list,
  milliseconds,
  number,
  optional,
  record,
  share,
  text,
} from '../../http/openapi/api-schema.js';
import { pagination } from '../../http/openapi/pagination.schema.js';
import type { Pagination } from '../../http/pagination.js';
import { type LogLine } from '../../repositories/log.repository.js';
import type { CancelPreview } from '../cancel-preview.js';
import type { CleanupOutcome } from '../execution-history.js';
import type { LogList } from '../execution-journal.js';
import type { MetricList } from '../execution-metrics.js';
import { executionId } from './execution-parts.schema.js';
import { metricSample } from './metric.schema.js';
import { nodeId, nodeRecord } from './node-record.schema.js';
import { rollbackPlan } from './rollback-plan.schema.js';

export const progress = component(
  'Progress',
  record<{ executionId: string } & Progress>(
    {
      executionId,
      totalNodes: count('Nodes of the revision'),
      completedNodes: count('Those that completed'),
      failedNodes: count('Those that failed for good'),
      skippedNodes: count('Those that were skipped'),
      runningNodes: count('Those that run, wait or are between attempts'),
      pendingNodes: count('Those that have not begun'),
      progress: share('(completed + skipped) / all nodes, and 1 once the execution has completed'),
      estimatedTimeRemaining: optional(milliseconds('The same as `estimate.remaining`')),
      estimate: optional(
        component(
          'RemainingTime',
          record<RemainingTime>(
            {
              remaining: milliseconds(
                'Along the remaining critical path under maxConcurrency, with what each of its nodes usually takes',
              ),
              low: milliseconds('Eight in ten are expected to take at least so long'),
              high: milliseconds('And at most so long'),
              basis: choice<RemainingTime['basis']>(
                ['history', 'elapsed'],
                'What the nodes took in past executions of the workflow, or what those of this one took on average',
              ),
              runs: count('Past executions in which the best known of the nodes to come was measured'),
              criticalPath: list(
                nodeId,
                'The nodes that decide `remaining`, in their order: each begins when the one before it ends, or gives its place; the first 1,000',
              ),
            },
            'How long it will go on: while it runs, once there is a history of its workflow or one of its nodes has ended',
          ),
        ),
      ),
    },
    'How far an execution is',
  ),
);

export const nodeList = record<{ executionId: string; nodes: NodeRecord[]; pagination: Pagination }>({
  executionId,
  nodes: list(nodeRecord, 'In the order of the document'),
  pagination,
});

export const logList = record<LogList>({
  executionId,
  logs: list(
    component(
      'LogLine',
      record<LogLine>(
        {
          id: integer('Grows within the execution; what `after` takes', { minimum: 0 }),
          nodeId: optional(nodeId),
          timestamp: epochMs('When it was written'),
          level: choice<LogLevel>(LOG_LEVELS, 'How grave it is'),
          message: text('What happened'),
          data: optional(anyJson('What is known beside the message')),
        },
        'A line of the log of an execution',
      ),
    ),
    'The oldest first',
  ),
  count: count('Lines of this answer'),
});

export const metricList = record<MetricList>({
  executionId,
  metrics: list(metricSample, 'The oldest first; those of its ends among them'),
  count: count('Samples of this answer'),
});

export const cleanupOutcome = component(
  'CleanupOutcome',
  record<CleanupOutcome>({
    deletedCount: count('Executions that were deleted, or in a dry run would be'),
    olderThanDays: number('Days since the end that were asked for', { minimum: 0 }),
  }),
);

export const cancelPreview = component(
  'CancelPreview',
  record<CancelPreview>(
    {
      willAbort: list(nodeId, 'The nodes that would be aborted now'),
      plan: optional(rollbackPlan),
      warnings: list(text('A warning'), 'With `rollback`: what could not be undone, or not surely'),
    },
    'What a cancellation would do',
  ),
);
