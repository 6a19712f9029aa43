import { NodeError } from '../engine/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../engine/json.js';

/** A request made of the parameters of a node. */
export interface HttpRequest {
  method: string;
  url: URL;
  headers: Headers;
  body?: string;
}

/** Methods that change nothing and carry nothing. */
const WITHOUT_BODY = new Set(['GET', 'HEAD']);

/** Headers that belong to the connection: fetch sets them itself. */
const OF_CONNECTION = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

/** @throws NodeError INVALID_CONFIG before anything is sent */
export function buildRequest(params: JsonObject, idempotencyKey: string): HttpRequest {
  const method = methodOf(params);
  const url = buildUrl(params.url, params.query);
  const headers = buildHeaders(params.headers);
  takeCredentials(url, headers);
  if (!headers.has('idempotency-key')) headers.set('idempotency-key', idempotencyKey);
  const { body } = params;
  if (body === undefined) return { method, url, headers };
  if (WITHOUT_BODY.has(method)) throw invalid(`A ${method} request has no body`);
  if (typeof body === 'string') return { method, url, headers, body };
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return { method, url, headers, body: JSON.stringify(body) };
}

/** In upper case; GET when there is none. */
export function methodOf({ method }: JsonObject): string {
  return typeof method === 'string' ? method.toUpperCase() : 'GET';
}

function buildUrl(text: JsonValue | undefined, query: JsonValue | undefined): URL {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isHttp(url)) throw invalid(`url: ${JSON.stringify(text)?.slice(0, 200)} is no http or https URL`);
  if (!isJsonObject(query)) return url;
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined || item === null) continue;
      url.searchParams.append(name, typeof item === 'string' ? item : JSON.stringify(item));
    }
  }
  return url;
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

function buildHeaders(values: JsonValue | undefined): Headers {
  const headers = new Headers();
  if (!isJsonObject(values)) return headers;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    if (OF_CONNECTION.has(name.toLowerCase())) throw invalid(`The header ${name} is set by the connection itself`);
    try {
      headers.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    } catch {
      throw invalid(`"${name.slice(0, 100)}" or its value cannot be a header`);
    }
  }
  return headers;
}

/** fetch refuses `user:password@`, which means Basic authentication. */
function takeCredentials(url: URL, headers: Headers): void {
  if (url.username === '' && url.password === '') return;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  if (!headers.has('authorization')) {
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  }
  url.username = '';
  url.password = '';
}

function invalid(message: string): NodeError {
  return new NodeError('INVALID_CONFIG', message, { effect: 'none' });
}
