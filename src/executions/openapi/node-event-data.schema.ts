import { type JournalEventType, SETTLED_STATUSES } from '../../engine/journal/events.js';
import type { Truncated } from '../../engine/journal/record-nodes.js';
import type { JsonObject } from '../../engine/json.js';
import {
  type AnySchema,
  anyJson,
  choice,
  constant,
  described,
  epochMs,
  integer,
  milliseconds,
  optional,
  record,
  type Schema,
  text,
} from '../../http/openapi/api-schema.js';
import { attemptedFields, causedFields, edges, type EventData, nodeFields, nodeNames } from './event-fields.schema.js';
import { networkUse } from './metric.schema.js';
import { attempt, largeObject, nodeError, nodeId, outcome } from './node-record.schema.js';

/** What is put in, or stands in place of what is stored, when an event is listed. */
type Listed<T extends JournalEventType, Added> = Omit<EventData<T>, keyof Added> & Added;
type Named = { name: string; nodeType: string | null };
type Large = JsonObject | Truncated;

const outputs: Schema<Large> = largeObject('What it gave; above 16 KiB its size alone');
const port = optional(text('The branch that it chose'));
const startTime = epochMs('Begin of the attempt');
const config = anyJson<EventData<'node:started'>['config']>(
  'With its expressions put in and secrets masked, at most 64 KiB',
);
const state = anyJson<EventData<'node:checkpoint'>['state']>('What it wants back in its next attempt, at most 64 KiB');
const key = text('The Idempotency-Key that it sends');

/** The data of each event of a node. */
export const nodeEventData: Record<Extract<JournalEventType, `node:${string}`>, AnySchema> = {
  'node:started': record<Listed<'node:started', Named>>(
    { ...nodeFields, ...nodeNames, attempt, key, instance: text('The instance that acts'), config },
    'The intent of an external node, committed before it acts',
  ),
  'node:waiting': record<EventData<'node:waiting'>>(
    {
      ...nodeFields,
      attempt,
      for: choice(['delay', 'approval', 'event', 'task', 'child'], 'What it waits for'),
      startTime,
      startSeq: attemptedFields.startSeq,
      until: optional(epochMs('When it is due; absent when a signal ends it')),
    },
    'It waits, and holds no place',
  ),
  'node:checkpoint': record<EventData<'node:checkpoint'>>({ ...nodeFields, state }, 'It keeps a state'),
  'node:retrying': record<Listed<'node:retrying', { endTime: number }>>(
    {
      ...attemptedFields,
      error: nodeError,
      outcome,
      delay: milliseconds('Pause before the next attempt'),
      until: epochMs('When it is due'),
      network: optional(networkUse),
    },
    'An attempt failed and another one follows',
  ),
  'node:interrupted': record<EventData<'node:interrupted'>>(
    {
      ...nodeFields,
      attempt,
      startTime,
      endTime: epochMs('Its end; in a crash the last event before it'),
      cause: choice(['crash', 'shutdown', 'abort'], 'What cut it off'),
      then: choice(['retry', 'probe', 'ask'], 'What follows'),
    },
    'An attempt was cut off, and nobody knows its outcome; a second one of the same attempt: a probe could not tell either',
  ),
  'node:completed': record<
    Listed<'node:completed', Named & { endTime: number; duration: number; outputs: Large; variables?: Large }>
  >(
    {
      ...attemptedFields,
      ...nodeNames,
      duration: milliseconds('Of the attempt'),
      outputs,
      port,
      variables: optional(largeObject('What it wrote into the variables; above 16 KiB its size alone')),
      edges: optional(edges),
      cached: optional(constant(true, 'The outputs are those of another node that saw the same')),
      network: optional(networkUse),
    },
    'It is done',
  ),
  'node:failed': record<Listed<'node:failed', { endTime: number }>>(
    {
      ...attemptedFields,
      error: nodeError,
      outcome,
      edges: optional(edges),
      network: optional(networkUse),
    },
    'It failed for good',
  ),
  'node:skipped': record<EventData<'node:skipped'>>(
    {
      nodeId,
      reason: choice(['dead', 'disabled'], 'No edge to it is live, or it is disabled and lets its input through'),
    },
    'It does not run',
  ),
  'node:settled': record<Listed<'node:settled', { outputs?: Large }>>(
    {
      ...nodeFields,
      ...causedFields,
      status: choice(
        SETTLED_STATUSES,
        'What became of it; pending: it did not happen, and `run` is the one that it will have',
      ),
      outputs: optional(outputs),
      port,
      edges: optional(edges),
    },
    'A person said what became of it',
  ),
  'node:rolling-back': record<EventData<'node:rolling-back'>>(
    { ...nodeFields, attempt, key },
    'The intent of its handler, committed before it acts',
  ),
  'node:rolled-back': record<Listed<'node:rolled-back', { key?: string }>>(
    {
      ...nodeFields,
      attempt: integer('Attempts of its handler', { minimum: 0 }),
      key: optional(described(key, 'The Idempotency-Key that its handler sent; absent when none was called')),
      outcome: choice(['undone', 'nothing-to-do', 'left'], 'What became of it'),
      network: optional(networkUse),
    },
    'It is undone, or there was nothing to do or nothing that could be done',
  ),
  'node:rollback-failed': record<Listed<'node:rollback-failed', { key: string }>>(
    {
      ...nodeFields,
      attempt,
      key,
      error: nodeError,
      until: optional(epochMs('When the next attempt is due; absent when none follows')),
      network: optional(networkUse),
    },
    'An attempt of its handler failed',
  ),
};
