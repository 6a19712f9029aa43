import type { NodeErrorData } from '../../engine/errors.js';
import { SETTLED_STATUSES } from '../../engine/journal/events.js';
import type {
  AttemptRecord,
  HandlerAttemptRecord,
  IntentRecord,
  RunRecord,
  UndoneRecord,
} from '../../engine/journal/node-history.js';
import type { NodeRecord, Truncated } from '../../engine/journal/record-nodes.js';
import type { JsonObject } from '../../engine/json.js';
import type { NodeUndo } from '../../engine/recovery/undo-of-node.js';
import { NODE_STATUSES, type NodeStatus } from '../../engine/state/execution-state.js';
import {
  anyJson,
  choice,
  component,
  constant,
  count,
  described,
  either,
  epochMs,
  fieldsOf,
  freeObject,
  integer,
  list,
  milliseconds,
  nullable,
  optional,
  record,
  type Schema,
  text,
} from '../../http/openapi/api-schema.js';
import type { NodeDetail } from '../execution-reader.js';

const truncated: Schema<Truncated> = component(
  'Truncated',
  record<Truncated>(
    {
      truncated: constant(true, 'The value is too large for this answer'),
      bytes: count('Bytes of the value as JSON'),
    },
    'Stands where a value was that is too large for the answer',
  ),
);

/** An object that may be too large for the answer. */
export function largeObject(description: string): Schema<JsonObject | Truncated> {
  return either(freeObject<JsonObject>('The value'), truncated, description);
}

export function nullableLargeObject(description: string): Schema<JsonObject | Truncated | null> {
  return {
    description,
    anyOf: [freeObject('The value'), truncated, { type: 'null', description: 'There is none' }],
  };
}

export const nodeError = component(
  'NodeError',
  record<NodeErrorData>(
    {
      message: text('For people'),
      code: text('TIMEOUT, CANCELLED, OUTCOME_UNKNOWN, EXPRESSION_ERROR, INVALID_CONFIG, …, or one of the node type'),
      details: optional(anyJson('What is known beside the message')),
      stack: optional(text('Of own node types alone')),
    },
    'Why an attempt of a node failed',
  ),
);

const nodeStatus = choice<NodeStatus>(
  NODE_STATUSES,
  'A node that waits or is between attempts is `running`; one that was rolled back is `pending` again',
);

const unknownOutcome = constant('unknown', 'Nobody knows whether it happened');
export const outcome = optional(unknownOutcome);
export const nodeId = text('Id of the node');
export const run = integer('From 1; grows when the node is run again on purpose', { minimum: 1 });
export const attempt = integer('From 1 within the run', { minimum: 1 });

const waiting = record<NonNullable<NodeRecord['waiting']>>(
  {
    for: text('What it waits for', { enum: ['delay', 'approval', 'event', 'task', 'child'] }),
    since: epochMs('Since when'),
    until: optional(epochMs('When it is due; absent when a signal ends it')),
  },
  'While it waits',
);

const nodeFields = fieldsOf<NodeRecord>({
  nodeId,
  nodeName: text('Display name: label, else name, else id'),
  nodeType: text('Node type'),
  effect: choice(
    ['pure', 'idempotent', 'external'],
    'What it does to the world: nothing, the same thing however often, or something that is recorded before it happens',
  ),
  status: nodeStatus,
  startTime: nullable(epochMs('Begin of the last attempt; null while pending')),
  endTime: nullable(epochMs('Its end; null until then')),
  duration: nullable(milliseconds('From start to end; null until then')),
  inputs: optional(nullableLargeObject('What it saw; null until it has started, absent in a light record')),
  outputs: optional(nullableLargeObject('What it gave; null without any, absent in a light record')),
  error: nullable(described(nodeError, 'Of the last attempt, also while another one is to come')),
  retryCount: count('Attempts of the run beyond the first'),
  run,
  attempt: count('Attempts of the run so far'),
  outcome,
  waiting: optional(waiting),
  rolledBackAt: optional(epochMs('When it was last rolled back')),
  settledBy: optional(text('Who said what became of it')),
});

export const nodeRecord = component('ExecutionNode', record<NodeRecord>(nodeFields, 'A node of an execution'));

const intent = record<IntentRecord>(
  {
    key: text('The Idempotency-Key that it sends: the same in every attempt of the run'),
    instance: text('The instance that acted'),
    time: epochMs('When it was written'),
    config: anyJson('The config with its expressions put in, secrets masked'),
  },
  'What an external node was about to do, written before it acted',
);

const attemptRecord = record<AttemptRecord>(
  {
    attempt,
    status: choice(['running', 'completed', 'failed', 'interrupted'], 'How it stands'),
    startTime: epochMs('Begin'),
    endTime: nullable(epochMs('End; null until then')),
    duration: nullable(milliseconds('From start to end; null until then')),
    intent: optional(intent),
    waiting: optional(waiting),
    outputs: optional(freeObject('What it gave')),
    error: optional(nodeError),
    outcome,
    retryAt: optional(epochMs('When the next attempt is due')),
    interrupted: optional(
      record<NonNullable<AttemptRecord['interrupted']>>(
        {
          cause: text('What cut it off', { enum: ['crash', 'shutdown', 'abort'] }),
          then: choice(['retry', 'probe', 'ask'], 'What follows'),
        },
        'When it was cut off',
      ),
    ),
  },
  'An attempt of a node',
);

const handlerAttempt = record<HandlerAttemptRecord>(
  {
    attempt: integer('From 1 within the rollback', { minimum: 1 }),
    status: choice(['running', 'completed', 'failed', 'interrupted'], 'How it stands; interrupted: its process died'),
    key: text('The Idempotency-Key that it sends: the same in every attempt'),
    startTime: epochMs('Begin'),
    endTime: nullable(epochMs('End; null until then, and when it was interrupted')),
    duration: nullable(milliseconds('From start to end; null where there is no end')),
    error: optional(nodeError),
    retryAt: optional(epochMs('When the next attempt is due')),
  },
  'An attempt of the handler that undoes the run',
);

const undone = record<UndoneRecord>(
  {
    outcome: nullable(
      choice(
        ['undone', 'nothing-to-do', 'left', 'failed'],
        'Left: it could not be undone; failed: the last attempt has failed; null while its handler is at work',
      ),
    ),
    attempts: list(handlerAttempt, 'In their order; empty for a step without a handler'),
  },
  'Once a rollback has come to it: how its undoing went',
);

const runRecord = component(
  'NodeRun',
  record<RunRecord>(
    {
      run,
      attempts: list(attemptRecord, 'In their order'),
      settled: optional(
        record<NonNullable<RunRecord['settled']>>(
          {
            status: text('What a person said', { enum: SETTLED_STATUSES }),
            at: epochMs('When'),
            by: nullable(text('Who; null when nobody is known')),
            reason: optional(text('Why')),
          },
          'When a person said what became of it',
        ),
      ),
      undone: optional(undone),
    },
    'A run of a node; a new one begins when it is run again on purpose',
  ),
);

const undo = record<NodeUndo>(
  {
    action: choice(
      ['compensate', 'nothing-to-do', 'cannot', 'unknown'],
      'Its handler runs; it has changed nothing outside; it has, and there is no compensation; nobody knows whether it has',
    ),
    description: text('In a few words, for a person'),
    warnings: list(text('A warning'), 'What somebody has to accept before it is rolled back'),
  },
  'What a rollback would do about it',
);

export const nodeDetail = component(
  'ExecutionNodeDetail',
  record<NodeDetail>(
    {
      executionId: text('Id of the execution'),
      ...nodeFields,
      intent: nullable(described(intent, 'Of the last attempt that had one; null for a node that is not external')),
      checkpoint: anyJson('What the node saved for its next attempt; null without any'),
      undo,
      runs: list(runRecord, 'Every run with every attempt, as the journal tells them'),
    },
    'A node of an execution, with everything that the journal tells of it',
  ),
);
