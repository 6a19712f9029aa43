import type { JournalEventType } from '../../engine/journal/events.js';
import type { PresentedEvent } from '../../engine/journal/present-event.js';
import {
  type AnySchema,
  component,
  constant,
  epochMs,
  integer,
  list,
  nullable,
  optional,
  record,
  type Schema,
  text,
} from '../../http/openapi/api-schema.js';
import type { EventList } from '../execution-journal.js';
import { executionEventData } from './execution-event-data.schema.js';
import { executionId } from './execution-parts.schema.js';
import { nodeEventData } from './node-event-data.schema.js';

const byType = Object.entries<AnySchema>({ ...executionEventData, ...nodeEventData }).map(
  ([type, data]) => [type, eventOf(type as JournalEventType, data)] as const,
);

/** Any event, told apart by its type. */
const journalEvent: Schema<PresentedEvent> = component('JournalEvent', {
  description: 'An event of the journal of an execution; its `type` says what its `data` holds',
  oneOf: byType.map(([, schema]) => schema),
  discriminator: {
    propertyName: 'type',
    mapping: Object.fromEntries(byType.map(([type, schema]) => [type, schema.$ref])),
  },
});

function eventOf(type: JournalEventType, data: AnySchema): AnySchema {
  const words = type.split(/[:-]/).map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return component(
    `${words.join('')}Event`,
    record<PresentedEvent>({
      seq: integer('Its place in the journal, from 1', { minimum: 1 }),
      type: constant<JournalEventType>(type, 'What happened'),
      timestamp: epochMs('When; never before the event before it'),
      nodeId: optional(text('The node that it is about')),
      data,
      actor: optional(text('Who asked for it')),
    }),
  );
}

export const eventList = record<EventList>({
  executionId,
  events: list(journalEvent, 'In the order that was asked for'),
  nextAfter: nullable(
    integer('Where the journal goes on: as `after`, or in descending order as `before`; null at the end'),
  ),
});
