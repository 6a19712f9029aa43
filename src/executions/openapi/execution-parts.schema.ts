import { TRIGGER_TYPES, type ExecutionContextData, type Trigger } from '../../engine/journal/events.js';
import type { ErrorRecord, StatsRecord } from '../../engine/journal/execution-record.js';
import type { ExecutionRow } from '../../engine/journal/execution-row.js';
import type { PerformanceRecord } from '../../engine/journal/metric-sample.js';
import { ACTIVITIES, ATTENTIONS, type Activity, type Attention } from '../../engine/journal/summary.js';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../engine/state/transitions.js';
import {
  anyJson,
  choice,
  component,
  count,
  described,
  epochMs,
  fieldsOf,
  freeObject,
  integer,
  mapOf,
  milliseconds,
  nullable,
  number,
  optional,
  record,
  share,
  text,
} from '../../http/openapi/api-schema.js';
import { networkUse } from './metric.schema.js';

export const executionId = text('Id of the execution: `exec_<workflow id>_<epoch ms>_<random>`');
export const executionStatus = choice<ExecutionStatus>(EXECUTION_STATUSES, 'Where the execution stands');

export const activity = nullable(
  choice<Activity>(ACTIVITIES, 'What goes on inside the status; null when nothing does'),
);

const attention = nullable(choice<Attention>(ATTENTIONS, 'What needs a person; null when nothing does'));

const triggerType = choice<Trigger['type']>(TRIGGER_TYPES, 'What kind of start it was');
const userId = optional(text('Who started it'));
const userName = optional(text('Their name, for display'));

export const trigger = component(
  'Trigger',
  record<Trigger>(
    { type: triggerType, userId, userName, data: optional(anyJson('What it was started with; input nodes take it')) },
    'What started the execution',
  ),
);

/** Without its data. */
export const triggerHead = record<Pick<Trigger, 'type' | 'userId' | 'userName'>>(
  { type: triggerType, userId, userName },
  'What started the execution, without its data',
);

export const context = component(
  'ExecutionContext',
  record<ExecutionContextData>(
    {
      environment: optional(text('A name such as `production`, for expressions')),
      variables: optional(freeObject('The variables as they were at the start')),
      metadata: optional(freeObject("The caller's own; the engine never reads it")),
    },
    'What the execution started with beside its trigger',
  ),
);

export const labels = mapOf(text('Value of the label'), 'Names and values to find it by');

export const executionError = component(
  'ExecutionError',
  record<ErrorRecord>(
    {
      message: text('For people'),
      code: text('EXECUTION_TIMEOUT, FAILED_BY_HAND, CRASH_LOOP, UNSTORABLE, or that of the node that failed'),
      failedNodeId: nullable(text('The node that is to blame; null when none is')),
      failedNodeName: nullable(text('Its display name; null when none is')),
    },
    'Why an execution failed: the first failure',
  ),
);

const stats = component(
  'ExecutionStats',
  record<StatsRecord>(
    {
      totalNodes: count('Nodes of the revision'),
      completedNodes: count('Those that completed'),
      failedNodes: count('Those that failed for good'),
      skippedNodes: count('Those that were skipped'),
      successRate: share('completed / (completed + failed); 0 when none has ended so'),
    },
    'How many nodes stand where',
  ),
);

export const performance = nullable(
  record<PerformanceRecord>(
    {
      cpuUsage: number('Mean percent of its samples', { minimum: 0, maximum: 100 }),
      memoryUsage: count('Peak bytes of its samples'),
      networkIO: networkUse,
    },
    'What was measured up to its newest end; null until then',
  ),
);

/** What a record and a row of a list have in common. */
export const sharedFields = fieldsOf<Omit<ExecutionRow, 'trigger' | 'progress' | 'summary'>>({
  id: executionId,
  workflowId: text('Id of its workflow'),
  workflowName: text('Name that the workflow had when the execution was created'),
  workflowVersion: text("The author's version of the revision"),
  workflowRevision: integer('The revision that it runs', { minimum: 1 }),
  status: executionStatus,
  activity,
  attention,
  seq: integer('Of the last event of its journal; what If-Match takes', { minimum: 1 }),
  startTime: epochMs('Its start; until then the planned one'),
  endTime: nullable(epochMs('Its end; null until then')),
  duration: nullable(milliseconds('From start to end, pauses and waits too; null until the end')),
  labels,
  priority: integer('The higher one first when places are short', { minimum: -100, maximum: 100 }),
  stats,
  error: nullable(described(executionError, 'Why it failed; null unless it has')),
  createdAt: epochMs('When it was created'),
  updatedAt: epochMs('Of the last event of its journal'),
});
