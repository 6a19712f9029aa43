import { TAGS } from '../../http/openapi/api-overview.js';
import { either } from '../../http/openapi/api-schema.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { operation } from '../../http/openapi/operation.js';
import { cancelPreview } from './execution-answers.schema.js';
import { exampleCancelled, examplePaused } from './execution-examples.js';
import { commandFailures } from './execution-failures.js';
import { executionIdParameter, ifMatchSeq } from './execution-parameters.js';
import { executionWithoutNodes } from './execution-record.schema.js';

const tag = TAGS.commands.name;

export const changeStatus = operation({
  operationId: 'changeStatus',
  tag,
  summary: 'Pause, resume or end an execution',
  description:
    'The answer comes when the change is committed; for an end when it has ended, or after 10 s with the activity `cancelling`. A pause that still waits for nodes says `pausing`. The status that it has already is 200 without a change.\n\n| status | what it does |\n| --- | --- |\n| paused | no new node starts; running ones end (`mode: wait`), or are aborted and run again at the resume (`mode: abort`) |\n| running | resumes; starts one that waits for its time; withdraws a pause that still waits |\n| cancelled, completed, failed | ends it by hand; running nodes are aborted |',
  parameters: [executionIdParameter, ifMatchSeq, actorHeader],
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
    'Running nodes are aborted; those that never started stay pending. The answer comes when it has ended, or after 10 s with the activity `cancelling`. One that is cancelled already is 200 without a change. `dryRun` says what would be aborted and changes nothing.',
  parameters: [executionIdParameter, ifMatchSeq, actorHeader],
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
