import type { EventOf, ExecutionErrorData, JournalEventType } from '../../engine/journal/events.js';
import type { ErrorRecord } from '../../engine/journal/execution-record.js';
import type { ExecutionRow } from '../../engine/journal/execution-row.js';
import type { MetricSample, PerformanceRecord } from '../../engine/journal/metric-sample.js';
import type { Truncated } from '../../engine/journal/record-nodes.js';
import type { JsonObject } from '../../engine/json.js';
import {
  type AnySchema,
  anyJson,
  choice,
  constant,
  described,
  epochMs,
  fieldsOf,
  flag,
  freeObject,
  integer,
  list,
  mapOf,
  nullable,
  optional,
  record,
  text,
} from '../../http/openapi/api-schema.js';
import { causedFields, edges, type EventData, reset } from './event-fields.schema.js';
import { executionRow } from './execution-list.schema.js';
import { context, executionError, labels, performance, trigger } from './execution-parts.schema.js';
import { metricSample } from './metric.schema.js';
import { nodeError, nodeId, nullableLargeObject, largeObject } from './node-record.schema.js';

type WithRow<T extends JournalEventType, Added = object> = Omit<EventData<T>, keyof Added> &
  Added & { row: ExecutionRow };
type Measured = { performance: PerformanceRecord | null; sample: MetricSample | null };
type Update<C> = Omit<Extract<EventOf<'execution:updated'>, { change: C }>, 'type' | 'timestamp'>;

const row = fieldsOf<{ row: ExecutionRow }>({ row: executionRow });
const measured = fieldsOf<Measured>({
  performance,
  sample: nullable(described(metricSample, 'Measured at this end; null when nothing was')),
});
const ending = choice(['completed', 'failed', 'cancelled'], 'The end that it leads to');
const rollbackId = text('Id of the rollback');
const nodeIds = (description: string) => list(nodeId, description);

const storedError = record<ExecutionErrorData>(
  {
    message: text('For people'),
    code: text('What kind of failure it is'),
    failedNodeId: optional(nodeId),
    failedNodeName: optional(text('Its display name')),
  },
  'The error with which it will end',
);

/** What was changed by hand. */
const updates: AnySchema = {
  description: 'Something about the execution was changed by hand',
  anyOf: [
    record<Omit<Update<'variables'>, 'variables'> & { variables: JsonObject | Truncated }>({
      ...causedFields,
      change: constant('variables', 'What was changed'),
      variables: largeObject('The new values; above 16 KiB their size alone'),
    }),
    record<Update<'config'>>({
      ...causedFields,
      change: constant('config', 'What was changed'),
      config: mapOf(freeObject<JsonObject>('Fields of its config, secrets masked'), 'By the id of the node'),
      keptAs: optional(text('Where it is kept whole; for the server alone')),
    }),
    record<Update<'revision'>>({
      ...causedFields,
      change: constant('revision', 'What was changed'),
      revision: integer('The new revision', { minimum: 1 }),
      edges: optional(
        mapOf(edges, 'How the edges behind nodes that have ended are decided in it, by the id of the node'),
      ),
    }),
    record<Update<'settings'>>({
      ...causedFields,
      change: constant('settings', 'What was changed'),
      settings: freeObject('The new settings'),
    }),
    record<Update<'owner'>>({
      ...causedFields,
      change: constant('owner', 'What was changed'),
      owner: nullable(text('The new owner; null for none')),
    }),
    record<Update<'checkpoint'>>({
      ...causedFields,
      change: constant('checkpoint', 'What was changed'),
      nodeId,
      label: optional(text('Of the checkpoint')),
      state: optional(anyJson('What was kept with it')),
    }),
  ],
};

/** The data of each event of the execution itself. */
export const executionEventData: Record<Extract<JournalEventType, `execution:${string}`>, AnySchema> = {
  'execution:created': record<WithRow<'execution:created'>>(
    {
      ...causedFields,
      ...row,
      workflowId: text('Id of the workflow'),
      workflowName: text('Its name'),
      revision: integer('The revision that it runs', { minimum: 1 }),
      trigger,
      context,
      labels,
      priority: integer('The higher one first when places are short'),
      runAt: optional(epochMs('Before which it does not start')),
      rerunOf: optional(text('The execution that it runs again')),
      parent: optional(text('The execution that started it')),
    },
    'Everything that it starts from',
  ),
  'execution:started': record<WithRow<'execution:started'>>({ ...causedFields, ...row }, 'The first node may run'),
  'execution:pausing': record<WithRow<'execution:pausing'>>(
    {
      ...causedFields,
      ...row,
      mode: choice(['wait', 'abort'], 'Running nodes may end, or are aborted and run again at the resume'),
    },
    'A pause waits for running nodes',
  ),
  'execution:paused': record<WithRow<'execution:paused'>>(
    {
      ...causedFields,
      ...row,
      code: optional(text('Why, when no person asked for it')),
      nodeId: optional(text('The node that made it pause')),
    },
    'Nothing runs',
  ),
  'execution:resumed': record<WithRow<'execution:resumed'>>(
    {
      ...causedFields,
      ...row,
      fromNodeId: optional(text('The node from which it runs again')),
      reset,
      warnings: optional(list(text('A warning'), 'What whoever resumed it was told')),
    },
    'It goes on',
  ),
  'execution:cancelling': record<WithRow<'execution:cancelling'>>(
    {
      ...causedFields,
      ...row,
      then: ending,
      error: optional(storedError),
      rollback: optional(constant(true, 'Before that everything is undone')),
    },
    'Running nodes are being aborted before its end',
  ),
  'execution:completed': record<WithRow<'execution:completed', Measured & { result: JsonObject | Truncated | null }>>(
    { ...causedFields, ...row, ...measured, result: nullableLargeObject('Its result; above 16 KiB its size alone') },
    'It has completed, by itself or by hand',
  ),
  'execution:failed': record<WithRow<'execution:failed', Measured & { error: ErrorRecord }>>(
    { ...causedFields, ...row, ...measured, error: executionError },
    'It has failed, by itself or by hand',
  ),
  'execution:cancelled': record<WithRow<'execution:cancelled', Measured>>(
    { ...causedFields, ...row, ...measured },
    'It was cancelled',
  ),
  'execution:updated': updates,
  'execution:rolling-back': record<EventData<'execution:rolling-back'>>(
    {
      ...causedFields,
      rollbackId,
      plan: freeObject('What will be undone, in which order'),
      force: flag('True when warnings were accepted'),
      then: optional(choice(['failed', 'cancelled'], 'The end that follows; absent: it is paused')),
      error: optional(storedError),
    },
    'Handlers are about to run',
  ),
  'execution:rolled-back': record<EventData<'execution:rolled-back'>>(
    { ...causedFields, rollbackId, rolledBack: nodeIds('What was undone'), reset },
    'Every step of the rollback is done',
  ),
  'execution:rollback-stopped': record<EventData<'execution:rollback-stopped'>>(
    {
      ...causedFields,
      rollbackId,
      rolledBack: nodeIds('What was undone'),
      remaining: nodeIds('What was not, the failed one first'),
      failedNodeId: optional(nodeId),
      error: optional(nodeError),
      reset,
    },
    'A handler failed for good',
  ),
};
