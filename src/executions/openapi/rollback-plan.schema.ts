import type { RollbackStep, UndoAction } from '../../engine/recovery/planned-rollback.js';
import type { RollbackPlanRecord } from '../../engine/recovery/rollback-answer.js';
import type { Effect } from '../../engine/ports.js';
import { choice, component, epochMs, integer, list, nullable, record, text } from '../../http/openapi/api-schema.js';
import { nodeId, run } from './node-record.schema.js';

const warnings = (description: string) => list(text('A warning'), description);

const step = component(
  'RollbackStep',
  record<RollbackStep>(
    {
      order: integer('From 1, in the order of undoing', { minimum: 1 }),
      nodeId,
      nodeName: text('Its display name'),
      nodeType: text('Its type'),
      run,
      effect: choice<Effect>(['pure', 'idempotent', 'external'], 'What the type does to the world'),
      action: choice<UndoAction>(
        ['compensate', 'nothing-to-do', 'cannot', 'unknown'],
        'Its handler runs; it has changed nothing outside; it has, and there is no compensation; nobody knows whether it has',
      ),
      description: text('In a few words, for a person'),
      completedAt: nullable(epochMs('When it completed; null when it has not')),
      warnings: warnings('What somebody has to accept before'),
    },
    'What is done about one node',
  ),
);

export const rollbackPlan = component(
  'RollbackPlan',
  record<RollbackPlanRecord>(
    {
      hash: text('The same as long as the rollback would do the same; what `planHash` takes'),
      seq: integer('Of the last event that it knows of', { minimum: 1 }),
      targetNodeId: nullable(text('The node that it goes back to; null: to the start')),
      steps: list(step, 'In the order of undoing: each after all that depends on it, the newest first'),
      warnings: warnings('Those of all steps'),
    },
    'What a rollback does',
  ),
);
