import {
  choice,
  component,
  constant,
  epochMs,
  freeObject,
  integer,
  list,
  optional,
  record,
  text,
} from '../../../http/openapi/api-schema.js';
import { TAGS } from '../../../http/openapi/api-overview.js';
import { operation } from '../../../http/openapi/operation.js';
import { FEED_EVENT_TYPES, type FeedEvent } from '../../feed-event.js';
import type { PolledEvents } from '../event-poll.js';

const tag = TAGS.feed.name;

const exampleCursor = 'q2x7VVsxLDE3MDQzNTUyMDAwMDAsMCwiN2IxZC8wIiw0MTJd';

const feedEvent = component(
  'FeedEvent',
  record<FeedEvent>({
    type: choice(FEED_EVENT_TYPES, 'What happened'),
    executionId: text('The execution that it happened to'),
    seq: integer('Its number in the journal; of what is not journaled the one that it stands at', { minimum: 0 }),
    timestamp: epochMs('When'),
    data: freeObject('As `GET /executions/{id}/events` shows it'),
    cursor: text('What follows it comes after this event, over all executions; opaque'),
  }),
);

const exampleEvent: FeedEvent = {
  type: 'node:skipped',
  executionId: 'exec_wf_orders_1704355200000_8f14e45fceea167a',
  seq: 7,
  timestamp: 1_704_355_200_120,
  data: { nodeId: 'refund', reason: 'dead' },
  cursor: exampleCursor,
};

export const pollEvents = operation({
  operationId: 'pollEvents',
  tag,
  summary: 'Ask what happened',
  description:
    'A long poll: events of all executions that follow `after`, at most 1,000; when there are none yet, the answer waits for the first one, at most `wait` seconds. Ask again with the `cursor` of the answer, and nothing is missed or comes twice. Whose cursor is older than FEED_RETENTION_MS (1 h) gets a `gap`: read the lists again.',
  answers: {
    200: {
      description: 'What follows `after`',
      data: record<PolledEvents>({
        events: list(feedEvent, 'Those of one execution in the order of their `seq`'),
        cursor: text('The next `after`'),
        gap: optional(constant(true, 'What was missed is gone: the feed goes on from `cursor`')),
      }),
      example: { events: [exampleEvent], cursor: exampleCursor },
    },
  },
});

export const streamEvents = operation({
  operationId: 'streamEvents',
  tag,
  summary: 'Follow what happens',
  description:
    'Server-sent events, for `EventSource` and `curl -N`: `data` is an event as in `GET /events`, `id` its cursor, which the client sends as `Last-Event-ID` when it connects again. `event: gap` tells that what was missed is gone, or that the client read too slowly: read the lists again, the feed goes on from there. A comment every 15 s keeps proxies from closing the connection.',
  parameters: [
    {
      in: 'header',
      name: 'Last-Event-ID',
      description: 'A cursor: what follows it comes first',
      schema: { type: 'string' },
      example: exampleCursor,
    },
  ],
  answers: {
    200: {
      description: 'The stream; it ends with the server',
      contentType: 'text/event-stream',
      data: text('Server-sent events'),
      example: `id: ${exampleCursor}\ndata: ${JSON.stringify(exampleEvent)}\n\n`,
    },
  },
});
