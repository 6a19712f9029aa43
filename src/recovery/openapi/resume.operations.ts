import { exampleCreated, exampleId, exampleRecord } from '../../executions/openapi/execution-examples.js';
import {
  busy,
  commandFailures,
  commandKeyTaken,
  commandUnanswered,
  creationUnknown,
  executionNotFound,
  keyTaken,
  movedOn,
  nodeNotFound,
  nothingToRun,
  unstorable,
  workflowInactive,
} from '../../executions/openapi/execution-failures.js';
import {
  commandKeyHeader,
  executionIdParameter,
  idempotencyKeyHeader,
  ifMatchSeq,
} from '../../executions/openapi/execution-parameters.js';
import { checkpoint, executionRecord } from '../../executions/openapi/execution-record.schema.js';
import { TAGS } from '../../http/openapi/api-overview.js';
import { either } from '../../http/openapi/api-schema.js';
import { actorHeader } from '../../http/openapi/header-parameters.js';
import { operation } from '../../http/openapi/operation.js';
import { dependenciesOpen, noSuchRevision, nothingToMark, revisionIncompatible } from './resume.failures.js';
import { resumeOutcome, resumePreview } from './resume.schema.js';

const tag = TAGS.recovery.name;

export const resumeExecution = operation({
  operationId: 'resumeExecution',
  tag,
  summary: 'Go on with a paused or failed execution',
  description:
    'Completed nodes are kept; failed and interrupted ones run again with all their retries. What was wrong can be corrected for this execution: `variables`, `config`, or another revision of the workflow, which may change whatever has not run yet. With `fromNodeId` that node and all that depends on it run again, although they have completed: what they did outside is not undone, so it stands in `warnings` (a rollback undoes it).\n\nA node that runs again after a definite failure, a correction or with `fromNodeId` does so under a new idempotency key; after an unknown outcome a resume without corrections keeps the key.\n\n`dryRun` answers whether it could go on, and with which nodes. Of several resumes at the same time one sets it going: the others are 409 and told by `startedBy` which.',
  parameters: [executionIdParameter, ifMatchSeq, commandKeyHeader, actorHeader],
  body: {
    description: 'From where, and with what',
    examples: {
      look: { summary: 'See what would run', value: { dryRun: true } },
      correct: {
        summary: 'Go on with other variables',
        value: { variables: { currency: 'EUR' }, reason: 'Wrong currency' },
      },
    },
  },
  answers: {
    200: {
      description: 'From where it goes on; with `dryRun` what it would do',
      data: either(resumeOutcome, resumePreview),
      example: {
        success: true,
        resumeContext: {
          executionId: exampleId,
          checkpointNodeId: 'receive',
          resumeFromNode: 'total',
          resumeFromNodes: ['total'],
          skippedNodes: ['receive'],
          preservedState: { variables: { currency: 'EUR' } },
        },
        warnings: [],
        message: 'Successfully resumed from node: total',
      },
      message: 'Successfully resumed from node: total',
    },
  },
  failures: [...commandFailures, nodeNotFound, noSuchRevision, dependenciesOpen, revisionIncompatible],
});

export const createCheckpoint = operation({
  operationId: 'createCheckpoint',
  tag,
  summary: 'Mark the node that completed last',
  description:
    'A checkpoint with a label of your own, in whatever status the execution is; the record lists it as long as the completion of its node stands.',
  parameters: [executionIdParameter, ifMatchSeq, commandKeyHeader, actorHeader],
  body: {
    description: 'What to keep with it',
    examples: {
      label: { summary: 'With a label', value: { label: 'Before the price list', state: { checkedBy: 'zoe' } } },
    },
  },
  answers: {
    201: {
      description: 'The checkpoint',
      data: checkpoint,
      example: {
        nodeId: 'total',
        timestamp: 1704355209000,
        label: 'Before the price list',
        state: { variables: {}, outputs: { total: 52.5 }, custom: { checkedBy: 'zoe' } },
      },
    },
  },
  failures: [executionNotFound, movedOn, busy, commandKeyTaken, commandUnanswered, nothingToMark],
});

export const rerunExecution = operation({
  operationId: 'rerunExecution',
  tag,
  summary: 'Run it once more as a new execution',
  description:
    'The new execution begins with the trigger, the variables and the revision of the old one, each of which the body can replace, and has its labels and priority. It names the old one as `rerunOf`. What was corrected for the old one alone is not taken over.',
  parameters: [executionIdParameter, ifMatchSeq, idempotencyKeyHeader, actorHeader],
  body: {
    description: 'What is replaced',
    examples: {
      again: { summary: 'The same once more', value: {} },
      other: { summary: 'With other variables', value: { variables: { currency: 'EUR' } } },
    },
  },
  answers: {
    201: {
      description: 'The new execution as it was created',
      data: executionRecord,
      example: { ...exampleCreated, rerunOf: exampleId },
    },
    200: {
      description: 'The Idempotency-Key has this execution already: as it stands now',
      data: executionRecord,
      example: { ...exampleRecord, rerunOf: exampleId },
    },
  },
  failures: [executionNotFound, movedOn, nothingToRun, workflowInactive, keyTaken, unstorable, creationUnknown],
});
