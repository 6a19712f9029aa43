import { exampleId } from '../../executions/openapi/execution-examples.js';
import { commandFailures, executionNotFound, nodeNotFound } from '../../executions/openapi/execution-failures.js';
import { commandKeyHeader, executionIdParameter, ifMatchSeq } from '../../executions/openapi/execution-parameters.js';
import { TAGS } from '../../http/openapi/api-overview.js';
import { list, record, text } from '../../http/openapi/api-schema.js';
import { failure } from '../../http/openapi/failure.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { operation, type Parameter } from '../../http/openapi/operation.js';
import { examplePoint, exampleRollback } from './rollback.examples.js';
import { rollbackAnswer, rollbackPointList } from './rollback.schema.js';

const tag = TAGS.recovery.name;

const rollbackUnsafe = failure('RollbackUnsafe', 'ROLLBACK_UNSAFE', {
  description:
    'Something cannot be undone, or nobody knows whether it happened, and there is no `force`. Nothing was touched.',
  message: 'The rollback is unsafe: 1 warning',
  details: {
    schema: record<{ warnings: string[]; hint: string }>({
      warnings: list(text('A warning'), 'What somebody has to accept'),
      hint: text('What can be done'),
    }),
    example: {
      warnings: ['"Send mail" has acted outside and has no compensation: its effect stays'],
      hint: 'Look at the warnings; with "force": true it goes on all the same, and what they name stays as it is',
    },
  },
});

const planChanged = failure('PlanChanged', 'PLAN_CHANGED', {
  description: 'The rollback would do something else by now than what `planHash` stands for.',
  message: 'The plan is another one by now than that of the planHash: look at it again with dryRun',
  details: {
    schema: record<{ planHash: string }>({ planHash: text('Of the plan as it is now') }),
    example: { planHash: exampleRollback.plan.hash },
  },
});

const targetNotCompleted = failure('TargetNotCompleted', 'CONFLICT', {
  description: 'The node to go back to has not completed.',
  message: 'A rollback goes back to a node that has completed, and charge is pending',
  details: {
    schema: record<{ nodeId: string; status: string }>({
      nodeId: text('The node'),
      status: text('How it stands', { enum: ['pending', 'running', 'failed', 'skipped'] }),
    }),
    example: { nodeId: 'charge', status: 'pending' },
  },
});

const preferHeader: Parameter = {
  in: 'header',
  name: 'Prefer',
  description: '`respond-async`: answer as soon as the rollback has begun, with 202 (RFC 7240)',
  schema: { type: 'string' },
  example: 'respond-async',
};

export const listRollbackPoints = operation({
  operationId: 'listRollbackPoints',
  tag,
  summary: 'Where an execution can be rolled back to',
  description:
    'Every node that has completed, with the variables after it and its outputs, and whether a rollback to it would be safe. What exactly would be undone is told by a rollback with `dryRun`.',
  parameters: [executionIdParameter],
  answers: {
    200: {
      description: 'The points, the oldest first',
      data: rollbackPointList,
      example: { executionId: exampleId, rollbackPoints: [examplePoint], count: 1 },
    },
  },
  failures: [executionNotFound],
});

export const rollBackExecution = operation({
  operationId: 'rollBackExecution',
  tag,
  summary: 'Undo what came after a node',
  description:
    'Of an execution that is paused or has ended: what came after the node is undone for real, in reverse order of dependency, each node by its own handler (a compensating request, SQL, the old content of a file). Then these nodes are pending again and the execution is paused; a resume runs them anew.\n\nLook first with `dryRun`, and send the `hash` of the plan along as `planHash`. What cannot be undone stands in `warnings` and is refused without `force`.\n\nThe answer comes when the rollback has ended, after 30 s at the latest with the status `in-progress`: it goes on, and the same call waits again. When a handler fails for good the rollback stops: the answer has the status `stopped` and says what was undone and what was not. The execution then takes only the same call, which goes on from there, a cancellation, or `settle` of the node where it stopped as `completed`: it is undone by hand.',
  parameters: [executionIdParameter, ifMatchSeq, commandKeyHeader, preferHeader, actorHeader],
  body: {
    description: 'Where to, and how',
    examples: {
      look: { summary: 'See what would be undone', value: { targetNodeId: 'reserve', dryRun: true } },
      node: { summary: 'Back to a node', value: { targetNodeId: 'reserve', reason: 'Wrong price list' } },
      start: { summary: 'Undo everything', value: { toStart: true, force: true } },
    },
  },
  answers: {
    200: {
      description: 'What it has come to; with `dryRun` what it would do',
      data: rollbackAnswer,
      example: exampleRollback,
      message: 'Rollback completed successfully',
    },
    202: {
      description: 'With `Prefer: respond-async`: how it stands now',
      data: rollbackAnswer,
      example: {
        ...exampleRollback,
        success: false,
        status: 'in-progress',
        message: 'Rolling back to node: reserve',
      },
      message: 'Rollback is in progress',
      headers: {
        'Preference-Applied': { description: 'That it was asked for so', example: 'respond-async' },
      },
    },
  },
  failures: [...commandFailures, nodeNotFound, targetNotCompleted, rollbackUnsafe, planChanged],
});
