import { NodeError } from '../engine/errors.js';
import { isJsonObject, type JsonObject } from '../engine/json.js';
import { maskSecrets } from '../engine/mask-secrets.js';
import type { NodeContext, NodeType } from '../engine/ports.js';
import { connectionFailure } from './connection-failure.js';
import { sendFollowingRedirects } from './follow-redirects.js';
import { buildRequest, methodOf, type HttpRequest } from './http-request.js';
import { bodyValue, readBody } from './read-body.js';
import { retryAfterMs } from './retry-after.js';

const DEFAULT_TIMEOUT_MS = 30_000;

/** Largest body of an answer in bytes. */
const MAX_BODY = 10 * 1024 * 1024;

/** As much of a refusal's body as the error keeps, in bytes. */
const MAX_ERROR_BODY = 16 * 1024;

/** As much of a compensating request as its description says. */
const MAX_DESCRIPTION = 300;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Methods that have nothing to undo. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Answers of something in between: whether the service acted nobody knows. */
const GATEWAY_FAILURES = new Set([502, 504]);

const requestProperties: JsonObject = {
  method: {
    type: 'string',
    enum: METHODS.flatMap((method) => [method, method.toLowerCase()]),
    description: 'GET when absent.',
  },
  url: { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://', description: 'An http or https URL.' },
  headers: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
  query: { type: 'object', description: 'Added to the URL; a list repeats its name.' },
  body: { description: 'A text as it is; anything else as JSON.' },
  timeout: {
    type: 'integer',
    minimum: 1,
    maximum: 2_147_483_647,
    description: 'ms for the whole answer; 30000 when neither this nor the node has one.',
  },
  expect: {
    type: 'array',
    items: { type: 'integer', minimum: 100, maximum: 599 },
    minItems: 1,
    description: 'The statuses that are a success; 200 to 299 when absent.',
  },
};

/** Calls a service over HTTP. */
export const externalApiNode: NodeType = {
  type: 'external-api',
  aliases: ['http-request'],
  name: 'HTTP request',
  category: 'integration',
  description: 'Calls a service over HTTP with an Idempotency-Key, and can undo it by a compensating request.',
  version: '1.0.0',
  icon: 'globe',
  effect: 'external',
  changesNothing: (config) => SAFE_METHODS.has(methodOf(config)),
  onInterrupted: 'retry',
  timeout: DEFAULT_TIMEOUT_MS,
  retry: {
    maxRetries: 2,
    backoff: 'exponential',
    initialDelay: 1000,
    maxDelay: 10_000,
    retryableErrors: ['TIMEOUT', 'NETWORK_ERROR', '503', '429'],
  },
  outputNames: ['status', 'headers', 'body'],
  configSchema: { type: 'object', properties: requestProperties, required: ['url'], additionalProperties: false },
  rollbackSchema: {
    type: 'object',
    properties: requestProperties,
    required: ['method', 'url'],
    additionalProperties: false,
  },
  describeRollback: ({ method, url }) => `${method as string} ${url as string}`.slice(0, MAX_DESCRIPTION),
  execute: async (context) => ({ outputs: await call(context, context.config) }),
  async rollback(context) {
    const { method, url } = context.rollback;
    if (url === undefined && SAFE_METHODS.has(methodOf(context.config))) return;
    if (method === undefined || url === undefined) {
      throw new NodeError('INVALID_CONFIG', 'The compensating request has no method or no url', { effect: 'none' });
    }
    await call(context, context.rollback);
  },
};

async function call(context: NodeContext, params: JsonObject): Promise<JsonObject> {
  const request = buildRequest(params, context.idempotencyKey);
  // Without a limit of its own the request has that of its attempt, which aborts it.
  const limitMs = typeof params.timeout === 'number' ? params.timeout : undefined;
  const limit = new AbortController();
  const timer = limitMs === undefined ? undefined : setTimeout(() => limit.abort(), limitMs);
  const send = ({ url, ...init }: HttpRequest) =>
    context.fetch(url, { ...init, redirect: 'manual', signal: limit.signal });
  const isWanted = wantedStatuses(params);
  try {
    const response = await sendFollowingRedirects(request, send, isWanted);
    return isWanted(response.status) ? await success(response) : await refusal(response, request);
  } catch (error) {
    if (error instanceof NodeError) throw error;
    context.signal.throwIfAborted();
    const { message, neverSent, isTimeout } = connectionFailure(error);
    if (limit.signal.aborted) {
      throw new NodeError('TIMEOUT', `${describe(request)} has no answer after ${limitMs} ms`);
    }
    if (isTimeout) throw new NodeError('TIMEOUT', `${describe(request)}: ${message}`);
    throw new NodeError('NETWORK_ERROR', `${describe(request)}: ${message}`, neverSent ? { effect: 'none' } : {});
  } finally {
    clearTimeout(timer);
  }
}

function wantedStatuses({ expect }: JsonObject): (status: number) => boolean {
  return Array.isArray(expect) ? (status) => expect.includes(status) : (status) => status >= 200 && status < 300;
}

async function success(response: Response): Promise<JsonObject> {
  const { text, cut } = await readBody(response, MAX_BODY);
  if (cut) {
    throw new NodeError('OUTPUT_TOO_LARGE', `The answer's body is larger than ${MAX_BODY / 1024 / 1024} MiB`, {
      status: response.status,
    });
  }
  return { status: response.status, headers: headersOf(response), body: bodyValue(response, text) };
}

async function refusal(response: Response, request: HttpRequest): Promise<never> {
  const { status } = response;
  // The status says enough when the body breaks off.
  const { text, cut } = await readBody(response, MAX_ERROR_BODY).catch(() => ({ text: '', cut: false }));
  const body = cut ? `${text}…` : bodyValue(response, text);
  throw new NodeError(
    `HTTP_${status}`,
    `${describe(request)} was answered with ${status} ${response.statusText}`.trim(),
    {
      status,
      details: { status, body },
      effect: GATEWAY_FAILURES.has(status) ? undefined : 'none',
      retryAfterMs: retryAfterMs(response.headers, Date.now()),
    },
  );
}

function headersOf(response: Response): JsonObject {
  const masked = maskSecrets(Object.fromEntries(response.headers.entries()));
  return isJsonObject(masked) ? masked : {};
}

/** Without the query, which may hold secrets. */
function describe({ method, url }: HttpRequest): string {
  return `${method} ${url.origin}${url.pathname}`;
}
