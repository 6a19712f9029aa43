import { TAGS } from '../../http/openapi/api-overview.js';
import { either } from '../../http/openapi/api-schema.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { operation } from '../../http/openapi/operation.js';
import { cancelPreview } from './execution-answers.schema.js';
import { exampleCancelled, examplePaused, exampleSettled } from './execution-examples.js';
import { commandFailures, settleFailures } from './execution-failures.js';
import { commandKeyHeader, executionIdParameter, ifMatchSeq, nodeIdParameter } from './execution-parameters.js';
import { executionWithoutNodes } from './execution-record.schema.js';

const tag = TAGS.commands.name;

export const changeStatus = operation({
  operationId: 'changeStatus',
  tag,
  summary: 'Pause, resume or end an execution',
  description:
    'The answer comes when the change is committed; for an end when it has ended, or after 10 s with the activity `cancelling`. A pause that still waits for nodes says `pausing`. The status that it has already is 200 without a change.\n\n| status | what it does |\n| --- | --- |\n| paused | no new node starts; running ones end (`mode: wait`), or are aborted and run again at the resume (`mode: abort`) |\n| running | resumes; starts one that waits for its time; withdraws a pause that still waits |\n| cancelled, completed, failed | ends it by hand; running nodes are aborted |',
  parameters: [executionIdParameter, ifMatchSeq, commandKeyHeader, actorHeader],
  body: {
    description: 'The status that it is to have',
    examples: {
      pause: { summary: 'Pause', value: { status: 'paused', reason: 'Wrong price list' } },
      resume: { summary: 'Go on', value: { status: 'running' } },
      fail: {
        summary: 'End as failed',
        value: { status: 'failed', error: { message: 'The customer is gone', code: 'NO_CUSTOMER' } },
      },
    },
  },
  answers: {
    200: {
      description: 'The execution without its nodes',
      data: executionWithoutNodes,
      example: examplePaused,
      message: 'Execution paused successfully',
    },
  },
  failures: commandFailures,
});

export const cancelExecution = operation({
  operationId: 'cancelExecution',
  tag,
  summary: 'Cancel an execution',
  description:
    'Running nodes are aborted; those that never started stay pending. The answer comes when it has ended, or after 10 s with the activity `cancelling`. One that is cancelled already is 200 without a change. `rollback` undoes everything that was done, in reverse order, before it ends as cancelled: what cannot be undone stays, and is told in the record. `dryRun` says what would be aborted and undone, and changes nothing.',
  parameters: [executionIdParameter, ifMatchSeq, commandKeyHeader, actorHeader],
  body: {
    description: 'Why, and how',
    examples: {
      cancel: { summary: 'Cancel', value: { reason: 'Ordered twice' } },
      try: { summary: 'See what would be aborted', value: { dryRun: true } },
    },
  },
  answers: {
    200: {
      description: 'The execution without its nodes, or with `dryRun` what would be done',
      data: either(executionWithoutNodes, cancelPreview),
      example: exampleCancelled,
      message: 'Execution cancelled successfully',
    },
  },
  failures: commandFailures,
});

export const settleNode = operation({
  operationId: 'settleNode',
  tag,
  summary: 'Say what became of a node',
  description:
    'For a node whose outcome nobody knows, above all: its execution is paused with the code OUTCOME_UNKNOWN. While an execution is paused or failed, a person may say of any node what became of it, as long as nothing that depends on it has begun or ended. The execution stays as it is until it is resumed.\n\n| status | what it means |\n| --- | --- |\n| completed | it happened and gave `outputs`; its edges go by them and by `port`, which a branching node must have |\n| skipped | its edges are dead |\n| pending | it did not happen, and runs again at the resume: a new run under a new idempotency key |',
  parameters: [executionIdParameter, nodeIdParameter, ifMatchSeq, commandKeyHeader, actorHeader],
  body: {
    description: 'What became of it, and how you know',
    examples: {
      completed: {
        summary: 'It happened',
        value: { status: 'completed', outputs: { orderId: 4711 }, reason: 'The order is in the shop' },
      },
      skipped: { summary: 'Go on without it', value: { status: 'skipped', reason: 'Sent by hand' } },
      pending: {
        summary: 'It did not happen',
        value: { status: 'pending', reason: 'The shop never heard of it' },
      },
    },
  },
  answers: {
    200: {
      description: 'The execution without its nodes',
      data: executionWithoutNodes,
      example: exampleSettled,
      message: 'Node settled as completed',
    },
  },
  failures: settleFailures,
});
