import type { RollbackAnswer } from '../../engine/recovery/rollback-answer.js';
import type { RollbackPoint } from '../../engine/recovery/rollback-points.js';
import { executionId } from '../../executions/openapi/execution-parts.schema.js';
import { largeObject, nodeError, nodeId } from '../../executions/openapi/node-record.schema.js';
import { rollbackPlan } from '../../executions/openapi/rollback-plan.schema.js';
import {
  choice,
  component,
  count,
  epochMs,
  flag,
  list,
  nullable,
  optional,
  record,
  text,
} from '../../http/openapi/api-schema.js';
import type { RollbackPointList } from '../rollback-manager.js';

const warnings = (description: string) => list(text('A warning'), description);
const nodeName = text('Its display name');
const target = nullable(text('The node that it goes back to; null: to the start'));

export const rollbackAnswer = component(
  'RollbackAnswer',
  record<RollbackAnswer>(
    {
      success: flag('True when it is done, and of a dry run'),
      status: choice<RollbackAnswer['status']>(
        ['planned', 'in-progress', 'completed', 'stopped'],
        '`planned`: a dry run; `in-progress`: it goes on, and the same call waits again; `stopped`: a handler failed for good, or it was cancelled',
      ),
      rolledBackTo: target,
      affectedNodes: list(nodeId, 'In the order of the graph: every node that is pending again in the end'),
      message: text('The same in words'),
      warnings: warnings('What could not be undone, or not surely'),
      plan: rollbackPlan,
      rolledBack: optional(list(nodeId, 'When it stopped: what was undone, in that order')),
      failedNodeId: optional(text('When it stopped: the node whose handler failed')),
      remaining: optional(list(nodeId, 'When it stopped: what is yet to be undone, the failed one first')),
      error: optional(nodeError),
    },
    'What a rollback has come to',
  ),
);

const rollbackPoint = component(
  'RollbackPoint',
  record<RollbackPoint>(
    {
      nodeId,
      nodeName,
      timestamp: epochMs('When it completed'),
      state: record<RollbackPoint['state']>(
        {
          variables: largeObject('The variables after that node'),
          outputs: largeObject("The node's own outputs"),
        },
        'What was known then',
      ),
      canRollback: flag('A rollback to it is taken now'),
      reason: optional(text('Why not')),
      safe: flag('It needs no force'),
      warnings: warnings('Of what came after it, the newest first; at most 20'),
    },
    'A node to which an execution can be rolled back',
  ),
);

export const rollbackPointList = record<RollbackPointList>({
  executionId,
  rollbackPoints: list(rollbackPoint, 'The node that completed first before the others'),
  count: count('Of all pages'),
});
