import { EXECUTION_STATUSES, type ExecutionStatus } from '../../engine/state/transitions.js';
import {
  component,
  count,
  described,
  mapOf,
  nullable,
  number,
  optional,
  record,
  type Schema,
  share,
} from '../../http/openapi/api-schema.js';
import type {
  ExecutionStatistics,
  HourCounts,
  PeriodCounts,
  WorkflowCounts,
} from '../../repositories/execution-statistics.repository.js';

const total = count('All of them');
const completed = count('Those that completed');
const failed = count('Those that failed');
const percentile = nullable(number('', { minimum: 0 }));
const avgDuration = number('Mean duration of the completed ones in ms; 0 without any', { minimum: 0 });

const byStatus: Schema<Record<ExecutionStatus, number>> = {
  type: 'object',
  description: 'How many there are in each status',
  properties: Object.fromEntries(EXECUTION_STATUSES.map((status) => [status, count(`How many are ${status}`)])),
  required: EXECUTION_STATUSES,
  additionalProperties: false,
};

export const executionStatistics = component(
  'ExecutionStatistics',
  record<ExecutionStatistics>({
    total,
    byStatus,
    byWorkflow: mapOf(
      record<WorkflowCounts>({ total, completed, failed, avgDuration }, 'Of one workflow'),
      'By the id of the workflow',
    ),
    avgDuration,
    successRate: share('completed / (completed + failed); 0 without any'),
    recentExecutions: count('Ended in the last 24 hours, or created in them and not ended'),
    byDay: mapOf(
      record<PeriodCounts>(
        { total, completed, failed },
        'What ended in the day, and what was created in it and has not ended',
      ),
      'By the day in UTC, YYYY-MM-DD',
    ),
    byHour: optional(
      mapOf(
        record<HourCounts>(
          {
            total,
            completed,
            failed,
            p50: described(
              percentile,
              'Half of the completed ones took at most so long (ms, within 6 %); null without any',
            ),
            p95: described(
              percentile,
              '95 of 100 completed ones took at most so long (ms, within 6 %); null without any',
            ),
          },
          'What ended in the hour, and what was created in it and has not ended',
        ),
        'By the begin of the hour, ISO 8601; with `interval=hour` alone',
      ),
    ),
  }),
);
