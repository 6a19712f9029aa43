import type { Activity } from '../../engine/journal/summary.js';
import type { ExecutionStatus } from '../../engine/state/transitions.js';
import {
  constant,
  described,
  epochMs,
  integer,
  list,
  nullable,
  optional,
  record,
  text,
} from '../../http/openapi/api-schema.js';
import { failure } from '../../http/openapi/failure.js';
import { activity, executionId, executionStatus } from './execution-parts.schema.js';

const exampleId = 'exec_wf_orders_1704355200000_8f14e45fceea167a';
const key = text('The Idempotency-Key');

export const executionNotFound = failure('ExecutionNotFound', 'NOT_FOUND', {
  description: 'There is no such execution, or it was deleted.',
  message: 'Execution not found',
  details: { schema: record<{ id: string }>({ id: text('The id that was asked for') }), example: { id: exampleId } },
});

export const nodeNotFound = failure('NodeNotFound', 'NOT_FOUND', {
  description: 'The execution has no such node.',
  message: 'The execution has no such node',
  details: {
    schema: record<{ id: string; nodeId: string }>({ id: executionId, nodeId: text('The node that was asked for') }),
    example: { id: exampleId, nodeId: 'nobody' },
  },
});

export const nothingToRun = failure('NothingToRun', 'NOT_FOUND', {
  description: 'There is no such workflow, or it has no such revision.',
  message: 'Workflow not found',
  details: {
    schema: record<{ id: string; revision?: number }>({
      id: text('Id of the workflow'),
      revision: optional(integer('The revision that it does not have')),
    }),
    example: { id: 'wf_orders' },
  },
});

export const revisionGone = failure('RevisionGone', 'NOT_FOUND', {
  description: 'The revision that the execution runs is not kept any more.',
  message: 'Workflow revision not found',
  details: {
    schema: record<{ id: string; revision: number }>({
      id: text('Id of the workflow'),
      revision: integer('The revision'),
    }),
    example: { id: 'wf_orders', revision: 2 },
  },
});

export const workflowInactive = failure('WorkflowInactive', 'CONFLICT', {
  description: 'The workflow is not active.',
  message: 'The workflow is inactive',
  details: {
    schema: record<{ id: string; status: string }>({
      id: text('Id of the workflow'),
      status: text('Its status', { enum: ['inactive', 'deprecated'] }),
    }),
    example: { id: 'wf_orders', status: 'inactive' },
  },
});

export const keyTaken = failure('KeyTaken', 'CONFLICT', {
  description: 'The Idempotency-Key came with another body before; or its execution was deleted at this moment.',
  message: 'The Idempotency-Key was used with another body',
  details: {
    schema: record<{ key: string; executionId?: string }>({
      key,
      executionId: optional(text('The execution that has the key')),
    }),
    example: { key: 'order-4711', executionId: exampleId },
  },
});

export const unstorable = failure('Unstorable', 'UNSTORABLE', {
  description: 'Something in the request cannot be stored; nothing was.',
  message: 'The execution cannot be stored',
});

export const creationUnknown = failure('CreationUnknown', 'SERVICE_UNAVAILABLE', {
  description:
    'The database has not said for 30 s whether the execution was stored: look for it, or send the same request again with its Idempotency-Key.',
  message: 'Nobody knows yet whether the execution was created',
  details: {
    schema: record<{ executionId: string; committed: 'unknown' }>({
      executionId: text('The execution that may exist'),
      committed: constant('unknown', 'Unknown'),
    }),
    example: { executionId: exampleId, committed: 'unknown' },
  },
});

export const movedOn = failure('ExecutionMovedOn', 'CONFLICT', {
  description: 'If-Match names another event than the last one.',
  message: 'The execution has moved on: it is at seq 7 by now',
  details: {
    schema: record<{ seq: number }>({ seq: integer('Of the last event of its journal', { minimum: 1 }) }),
    example: { seq: 7 },
  },
});

export const busy = failure('ExecutionBusy', 'CONFLICT', {
  description: 'What goes on in the execution does not allow it.',
  message: 'The execution is cancelling',
  details: {
    schema: record<{ status: ExecutionStatus; activity: Activity | null }>({ status: executionStatus, activity }),
    example: { status: 'running', activity: 'cancelling' },
  },
});

export const commandKeyTaken = failure('CommandKeyTaken', 'CONFLICT', {
  description: 'The Idempotency-Key came with another command for this execution before.',
  message: 'The Idempotency-Key was used with another command',
  details: {
    schema: record<{ key: string; executionId: string }>({ key, executionId }),
    example: { key: 'pause-4711', executionId: exampleId },
  },
});

export const commandUnanswered = failure('CommandUnanswered', 'SERVICE_UNAVAILABLE', {
  description:
    'The instance that drives the execution has not answered for 30 s, nor the database. Without `committed` in the details the command was withdrawn: it was not carried out and will not be. With it nobody knows: look at the execution, or send the same command again with its Idempotency-Key.',
  message: 'The instance that drives the execution does not answer; the command was withdrawn',
  details: {
    schema: record<{ executionId: string; committed?: 'unknown' }>({
      executionId,
      committed: optional(constant('unknown', 'It may have been carried out')),
    }),
    example: { executionId: exampleId },
  },
});

const invalidTransition = failure('InvalidTransition', 'INVALID_TRANSITION', {
  description: 'The status does not allow it.',
  message: 'An execution that is completed cannot become paused',
  details: {
    schema: record<{
      from: ExecutionStatus;
      to: ExecutionStatus;
      startedBy?: { command: string | null; actor: string | null; at: number };
    }>({
      from: described(executionStatus, 'The status that it has'),
      to: described(executionStatus, 'The status that it cannot have next'),
      startedBy: optional(
        record<{ command: string | null; actor: string | null; at: number }>(
          {
            command: nullable(text('Id of the command; null where it has none')),
            actor: nullable(text('Who gave it; null where nobody is known')),
            at: epochMs('When'),
          },
          'For a resume that comes too late: the command that set it going',
        ),
      ),
    }),
    example: { from: 'completed', to: 'paused' },
  },
});

const dependantsBegun = failure('DependantsBegun', 'CONFLICT', {
  description: 'Nodes that depend on it have begun or ended, so it cannot be settled any more.',
  message: 'What depends on the node has begun or ended: it cannot be settled any more',
  details: {
    schema: record<{ nodes: string[] }>({ nodes: list(text('Id of a node'), 'Which ones') }),
    example: { nodes: ['total'] },
  },
});

/** Of every command. */
export const commandFailures = [
  executionNotFound,
  movedOn,
  busy,
  commandKeyTaken,
  invalidTransition,
  commandUnanswered,
];

export const settleFailures = [...commandFailures, nodeNotFound, dependantsBegun];
