import type { ExecutionRecord, HistoryRecord } from '../../engine/journal/execution-record.js';
import { SETTLED_STATUSES, type SettledStatus } from '../../engine/journal/events.js';
import type { CheckpointRecord } from '../../engine/journal/record-checkpoints.js';
import type { RollbackRecord } from '../../engine/journal/record-rollbacks.js';
import type { RollbackNode } from '../../engine/state/execution-state.js';
import {
  anyJson,
  choice,
  component,
  count,
  epochMs,
  fieldsOf,
  flag,
  integer,
  list,
  nullable,
  optional,
  record,
  text,
} from '../../http/openapi/api-schema.js';
import { context, performance, sharedFields, trigger } from './execution-parts.schema.js';
import { largeObject, nodeError, nodeId, nodeRecord, nullableLargeObject } from './node-record.schema.js';

export const checkpoint = component(
  'Checkpoint',
  record<CheckpointRecord>(
    {
      nodeId,
      timestamp: epochMs('When the node completed, or the checkpoint was made'),
      label: optional(text('Of one that a person made')),
      state: record<CheckpointRecord['state']>(
        {
          variables: largeObject('The variables after that node'),
          outputs: largeObject("The node's own outputs"),
          custom: optional(anyJson('What was kept with one that a person made')),
        },
        'What was known then',
      ),
    },
    'A place to roll back to',
  ),
);

const HISTORY_TYPES = [
  'start',
  'pause',
  'resume',
  'cancel',
  'completed-by-hand',
  'failed-by-hand',
  'rollback',
  'settle',
  'update-variables',
  'update-config',
  'update-revision',
  'update-settings',
  'update-owner',
  'update-checkpoint',
];

const historyRecord = component(
  'HistoryEntry',
  record<HistoryRecord>(
    {
      type: text('What was done', { enum: HISTORY_TYPES }),
      at: epochMs('When'),
      by: nullable(text('Who; null when nobody is known')),
      reason: optional(text('Why')),
      code: optional(text("Of a pause of the engine's own: OUTCOME_UNKNOWN, CRASH_LOOP")),
      nodeId: optional(text('The node that was settled, or at which a checkpoint was made')),
      status: optional(choice<SettledStatus>(SETTLED_STATUSES, 'What it was settled as')),
      label: optional(text('Of the checkpoint')),
      fromNodeId: optional(text('The node from which it ran again')),
      variables: optional(list(text('Name of a variable'), 'The variables that were corrected')),
      nodeIds: optional(list(nodeId, 'The nodes whose config was corrected')),
      revision: optional(integer('The revision under which it went on', { minimum: 1 })),
    },
    'What a person or the engine did to the execution',
  ),
);

const rollbackNode = record<RollbackNode>(
  {
    nodeId,
    outcome: choice(['undone', 'nothing-to-do', 'left', 'failed'], 'What became of it'),
    attempts: count('Attempts of its handler'),
    error: optional(nodeError),
  },
  'A node of a rollback',
);

const rollbackRecord = component(
  'Rollback',
  record<RollbackRecord>(
    {
      id: text('Id of the rollback'),
      targetNodeId: nullable(text('The node that it went back to; null: to the start')),
      by: nullable(text('Who; null when nobody is known')),
      reason: optional(text('Why')),
      force: flag('True when warnings were accepted'),
      startedAt: epochMs('Begin'),
      endedAt: optional(epochMs('End')),
      status: choice(['in-progress', 'completed', 'stopped', 'cancelled'], 'How it stands'),
      nodes: list(rollbackNode, 'What became of its nodes so far'),
      warnings: list(anyJson('A warning'), 'What could not be undone, or not surely'),
    },
    'A rollback of the execution',
  ),
);

const recordFields = fieldsOf<Omit<ExecutionRecord, 'nodes'>>({
  ...sharedFields,
  trigger,
  context,
  result: nullableLargeObject(
    'The output of its one output node, or those of several by their ids; null without any, and until it has completed',
  ),
  checkpoints: optional(list(checkpoint, 'The newest 100, the oldest of them first; absent in a light record')),
  performance,
  history: list(historyRecord, 'What was done to it by hand, the oldest first'),
  rollbacks: list(rollbackRecord, 'The oldest first'),
  rerunOf: optional(text('The execution that it runs again')),
  parent: optional(text('The execution that started it')),
});

export const executionRecord = component(
  'Execution',
  record<ExecutionRecord>(
    {
      ...recordFields,
      nodes: list(nodeRecord, 'Every node of the revision, in the order of the document'),
    },
    'An execution, exact: a fold of its journal. One above 8 MiB has `{ truncated, bytes }` in place of its largest values',
  ),
);

export const executionWithoutNodes = component(
  'ExecutionWithoutNodes',
  record<Omit<ExecutionRecord, 'nodes'>>(recordFields, 'An execution as commands answer it'),
);
