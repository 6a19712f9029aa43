import { ACTIONS, SITUATIONS, WAITING_KINDS, type Action, type WaitingFor } from '../../engine/progress/explanation.js';
import type { JsonObject } from '../../engine/json.js';
import {
  choice,
  component,
  count,
  described,
  epochMs,
  freeObject,
  integer,
  list,
  optional,
  record,
  text,
} from '../../http/openapi/api-schema.js';
import type { ActionRequest, ExecutionExplanation } from '../execution-explainer.js';
import { exampleId } from './execution-examples.js';
import { activity, executionId, executionStatus } from './execution-parts.schema.js';
import { attempt, nodeId } from './node-record.schema.js';

const MEANINGS = Object.entries(SITUATIONS)
  .map(([code, meaning]) => `${code} (${meaning})`)
  .join(', ');

const waitingFor = component(
  'WaitingFor',
  record<WaitingFor>(
    {
      kind: choice<WaitingFor['kind']>(
        WAITING_KINDS,
        '`node`: it runs, or is about to; `place`: in memory, or with a node in `maxConcurrency`; `owner`: the instance that drives it; `person`: somebody has to decide; the others are waits of nodes',
      ),
      nodeId: optional(nodeId),
      since: optional(epochMs('Since when; of an owner its last heartbeat; absent for a node that is about to run')),
      until: optional(epochMs('When it is over at the latest, where that is known')),
      attempt: optional(described(attempt, 'The one that runs, or for a retry the one that is to come')),
      maxAttempts: optional(integer('Of a retry: the last attempt that its policy allows', { minimum: 1 })),
      error: optional(
        record<{ code: string; message: string }>(
          { code: text('For programs'), message: text('For people') },
          'Of a retry and of an unknown outcome: how the last attempt ended',
        ),
      ),
      instance: optional(text('The owner, or who runs the node')),
      ahead: optional(count('Of a place in memory: executions that come before it, counted up to 10,000')),
      by: optional(text('Of a person: who paused it')),
      reason: optional(text('Of a person: why')),
    },
    'Something that an execution waits for',
  ),
);

const actionRequest = component(
  'OfferedAction',
  record<ActionRequest>(
    {
      action: choice<Action>(
        ACTIONS,
        '`abort` makes a pause abort what it waits for; `start` does not wait for time or place; `settle` says what became of a node; `resume` and `rerun` take corrections',
      ),
      nodeId: optional(nodeId),
      method: choice(['PUT', 'POST', 'DELETE'], 'Of the request'),
      path: text('Of the request, from the root of the server'),
      body: optional(
        freeObject<JsonObject>('Of the request; absent where none is needed or the caller has to say something'),
      ),
    },
    'Something that can be done now',
  ),
);

export const explanation = component(
  'Explanation',
  record<ExecutionExplanation>(
    {
      executionId,
      status: executionStatus,
      activity,
      code: text(
        `Of a failed execution the code of its error, of one that the engine paused for another reason that reason, else ${MEANINGS}`,
      ),
      summary: text('The same in one or two sentences'),
      waitingFor: list(waitingFor, 'What is most urgent first, at most 200; empty once nothing is waited for'),
      actions: list(actionRequest, 'What is taken now; what helps most first'),
    },
    'Why an execution stands where it stands',
  ),
);

const path = `/api/v2/executions/${exampleId}`;

export const exampleExplanation: ExecutionExplanation = {
  executionId: exampleId,
  status: 'running',
  activity: 'retrying',
  code: 'RETRYING',
  summary: 'Charge card: attempt 2 failed with HTTP_503, next at 2024-01-04T08:00:02.000Z.',
  waitingFor: [
    {
      kind: 'retry',
      nodeId: 'charge',
      since: 1_704_355_200_120,
      until: 1_704_355_202_000,
      attempt: 3,
      maxAttempts: 5,
      error: { code: 'HTTP_503', message: 'Service Unavailable' },
    },
  ],
  actions: [
    { action: 'pause', method: 'PUT', path: `${path}/status`, body: { status: 'paused' } },
    { action: 'cancel', method: 'POST', path: `${path}/cancel` },
  ],
};
