import { TAGS } from './api-overview.js';
import { constant, record, text } from './api-schema.js';
import { failure } from './failure.js';
import { operation } from './operation.js';

const tag = TAGS.health.name;

export const getLiveness = operation({
  operationId: 'getLiveness',
  tag,
  summary: 'Ask whether the process lives',
  description: 'When this is not answered, the process should be started again.',
  isPublic: true,
  answers: {
    200: {
      description: 'It answers',
      data: record<{ status: 'alive' }>({ status: constant('alive', 'It lives') }),
      example: { status: 'alive' },
    },
  },
});

const notReady = failure('NotReady', 'SERVICE_UNAVAILABLE', {
  description: 'The server is starting or stopping, or its database is away or cannot be written to.',
  message: 'The database cannot be reached or written to',
  details: {
    schema: record<{ state: string }>({
      state: text('Why it takes no requests', { enum: ['starting', 'stopping', 'database-away'] }),
    }),
    example: { state: 'database-away' },
  },
});

export const getReadiness = operation({
  operationId: 'getReadiness',
  tag,
  summary: 'Ask whether the server takes requests',
  description: 'While this is 503, no requests should be sent to it.',
  isPublic: true,
  answers: {
    200: {
      description: 'It takes requests and can write to its database',
      data: record<{ status: 'ready' }>({ status: constant('ready', 'It is ready') }),
      example: { status: 'ready' },
    },
  },
  failures: [notReady],
});
