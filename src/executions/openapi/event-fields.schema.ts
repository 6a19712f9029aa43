import type {
  EdgeDecision,
  EventOf,
  FailedCondition,
  JournalEventType,
  NodeReset,
} from '../../engine/journal/events.js';
import {
  epochMs,
  fieldsOf,
  freeObject,
  integer,
  list,
  mapOf,
  optional,
  record,
  type Schema,
  text,
} from '../../http/openapi/api-schema.js';
import { attempt, nodeId, run } from './node-record.schema.js';

/** What an event holds beside its type and its time. */
export type EventData<T extends JournalEventType> = Omit<EventOf<T>, 'type' | 'timestamp'>;

/** Who asked for what a command caused. */
export const causedFields = fieldsOf<{ actor?: string; reason?: string; commandId?: string }>({
  actor: optional(text('Who asked for it')),
  reason: optional(text('Why')),
  commandId: optional(text('The command that caused it')),
});

export const nodeFields = fieldsOf<{ nodeId: string; run: number }>({ nodeId, run });

/** An attempt that has ended. */
export const attemptedFields = fieldsOf<{
  nodeId: string;
  run: number;
  attempt: number;
  startTime: number;
  startSeq: number;
  endTime: number;
}>({
  ...nodeFields,
  attempt,
  startTime: epochMs('Begin of the attempt'),
  startSeq: integer('The last event that it saw', { minimum: 1 }),
  endTime: epochMs('Its end'),
});

export const edges: Schema<{ [edgeId: string]: EdgeDecision }> = mapOf(
  {
    description: 'Whether it is live',
    anyOf: [
      { type: 'boolean' },
      record<FailedCondition>(
        {
          error: text('Why its condition failed'),
          details: optional(freeObject('The expression and the position in it')),
        },
        'Its condition failed, and so does its target',
      ),
    ],
  },
  'The decisions of edges with conditions, by their ids',
);

export const reset = list(
  record<NodeReset>({ nodeId, run }, 'A node, with the run that it will have'),
  'Nodes that are pending again: older completions of them no longer stand',
);

export const nodeNames = fieldsOf<{ name: string; nodeType: string | null }>({
  name: text('Display name of the node'),
  nodeType: { type: ['string', 'null'], description: 'Node type; null when the revision has no such node any more' },
});
