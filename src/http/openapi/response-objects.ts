import { ERROR_STATUS } from '../error-status.js';
import { EXAMPLE_TIME, failureEnvelope, successEnvelope } from './envelope-schema.js';
import type { Failure } from './failure.js';
import type { AnswerHeader, SuccessAnswer } from './operation.js';

const REQUEST_ID = { $ref: '#/components/headers/RequestId' };

/** The headers that more than one answer has. */
export const sharedHeaders = {
  RequestId: header({
    description: "The id of the request in the server's log: the caller's own X-Request-Id, or a new one",
    example: '7b4d6c0e-3c1f-4f0a-9d35-0a4f7a8f2c11',
  }),
  RetryAfter: header({ description: 'Seconds after which to try again', example: '1' }),
  WwwAuthenticate: header({ description: 'How to identify oneself', example: 'Bearer' }),
};

/** The answer to a success, in its envelope. */
export function successResponse(answer: SuccessAnswer<unknown>, routeMessage: string): object {
  const { description, headers = {} } = answer;
  const own = Object.entries(headers).map(([name, what]) => [name, header(what)] as const);
  return {
    description,
    headers: Object.fromEntries([['X-Request-Id', REQUEST_ID], ...own]),
    content: successContent(answer, routeMessage),
  };
}

function successContent(answer: SuccessAnswer<unknown>, routeMessage: string): object {
  const { description, contentType, data, example, message = routeMessage } = answer;
  if (contentType !== undefined) return { [contentType]: { schema: data, example } };
  const envelope = { code: 200, success: true, data: example, message, timestamp: EXAMPLE_TIME };
  return { 'application/json': { schema: successEnvelope({ description, ...data }), example: envelope } };
}

/** The answers to failures, by status; `shared` gets those that stand alone under their status, by their names. */
export function failureResponses(
  failures: readonly Failure[],
  shared: { [name: string]: object },
): (readonly [status: string, object])[] {
  const statuses = new Set(failures.map(({ code }) => ERROR_STATUS[code]));
  return [...statuses].map((status) => {
    const all = failures.filter(({ code }) => ERROR_STATUS[code] === status);
    return [String(status), responseFor(status, all, shared)];
  });
}

function responseFor(status: number, all: readonly Failure[], shared: { [name: string]: object }): object {
  const [only, ...others] = all;
  if (!only || others.length > 0) return failureResponse(status, all);
  shared[only.name] ??= failureResponse(status, all);
  return { $ref: `#/components/responses/${only.name}` };
}

function failureResponse(status: number, failures: readonly Failure[]): object {
  return {
    description: failures.map(({ code, description }) => `**${code}**: ${description}`).join('\n\n'),
    headers: {
      'X-Request-Id': REQUEST_ID,
      ...(status === 503 && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
      ...(status === 401 && { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }),
    },
    content: { 'application/json': failureContent(status, failures) },
  };
}

function failureContent(status: number, failures: readonly Failure[]): object {
  const [first, ...others] = failures;
  if (first && others.length === 0) return { schema: failureEnvelope(first), example: exampleOf(first, status) };
  const examples = failures.map((one) => {
    return [one.name, { summary: `${one.code}: ${one.message}`, value: exampleOf(one, status) }] as const;
  });
  return { schema: { anyOf: failures.map(failureEnvelope) }, examples: Object.fromEntries(examples) };
}

function exampleOf({ code, message, details }: Failure, status: number): object {
  const error = { code, ...(details && { details: details.example }) };
  return { code: status, success: false, data: null, message, error, timestamp: EXAMPLE_TIME };
}

function header({ description, example: value }: AnswerHeader): object {
  return { description, schema: { type: 'string' }, example: value };
}
