import type { FieldProblem } from '../../engine/errors.js';
import { list, nullable, optional, record, text } from './api-schema.js';
import { failure, type Failure } from './failure.js';

const invalidParams = failure('InvalidParams', 'INVALID_PARAMS', {
  description:
    'A parameter, a header or a field of the body is wrong, unknown or given twice, or the body is no JSON. `error.details` has one row for each field that is wrong; an unknown one comes with the nearest known name.',
  message: 'unknown field "pagesize"; did you mean "pageSize"?',
  details: {
    schema: list(
      record<FieldProblem>({
        field: text('Dotted path of the field, or the name of the parameter or header; empty for the body as a whole'),
        message: text('What is wrong with it'),
      }),
      'One row a field',
    ),
    example: [{ field: 'pagesize', message: 'unknown field "pagesize"; did you mean "pageSize"?' }],
  },
});

const unauthorized = failure('Unauthorized', 'UNAUTHORIZED', {
  description: 'The server has an API_TOKEN, and the request came without it or with another one.',
  message: 'This needs the header "Authorization: Bearer <API_TOKEN>"',
});

const forbidden = failure('Forbidden', 'FORBIDDEN', {
  description:
    'The server has no API_TOKEN and is for its own machine alone: the request came under a foreign host name, or from the page of another site.',
  message: 'Without API_TOKEN this server answers under loopback names and ALLOWED_HOSTS alone',
  details: {
    schema: record<{ host?: string | null; origin?: string }>({
      host: optional(nullable(text('The host name that was refused; null when the request named none'))),
      origin: optional(text('The origin that was refused')),
    }),
    example: { host: 'evil.example.com' },
  },
});

const payloadTooLarge = failure('PayloadTooLarge', 'PAYLOAD_TOO_LARGE', {
  description: 'The body is larger than the server takes (16 MiB unless BODY_LIMIT says otherwise; an import 128 MiB).',
  message: 'The body is larger than 16777216 bytes',
});

const unsupportedMediaType = failure('UnsupportedMediaType', 'UNSUPPORTED_MEDIA_TYPE', {
  description: 'The body is not declared as `application/json` in UTF-8, or comes compressed.',
  message: 'A body wants the Content-Type application/json in UTF-8; it has "text/plain"',
});

const internalError = failure('InternalError', 'INTERNAL_ERROR', {
  description: 'A fault of the server. Its log tells what happened, under the request id of this answer.',
  message: 'Something went wrong inside the server',
});

const serviceUnavailable = failure('ServiceUnavailable', 'SERVICE_UNAVAILABLE', {
  description: 'The server is stopping, its database is away, or too much waits to be written: try again.',
  message: 'The database cannot be reached at the moment',
});

/** What every operation can answer; `isPublic`: whoever calls, `takesBody`: it has a method that carries bodies. */
export function commonFailures({ isPublic, takesBody }: { isPublic: boolean; takesBody: boolean }): Failure[] {
  return [
    invalidParams,
    ...(isPublic ? [] : [unauthorized, forbidden, serviceUnavailable]),
    ...(takesBody ? [payloadTooLarge, unsupportedMediaType] : []),
    internalError,
  ];
}
