import type { FastifyRequest } from 'fastify';
import { EngineError, type FieldProblem, invalidParams } from '../engine/errors.js';

/** Headers that say one thing: of two, nobody could tell which one counts. Node keeps the first, or joins them. */
const SINGLE_HEADERS = new Map(
  [
    'Host',
    'Authorization',
    'Content-Type',
    'Content-Encoding',
    'Expect',
    'Idempotency-Key',
    'If-Match',
    'Origin',
    'X-User-Id',
  ].map((name) => [name.toLowerCase(), name]),
);

const UTF_8 = /^"?utf-?8"?$/i;

/**
 * What the head of a request must be like before anything of it is believed.
 * @throws EngineError INVALID_PARAMS for a header that is missing or given twice, and for a query that cannot be decoded
 */
export function checkHead({ raw: { headers, rawHeaders, httpVersion }, url }: FastifyRequest): void {
  if (headers.host === undefined && httpVersion === '1.1') {
    throw invalidParams([{ field: 'Host', message: 'the header Host is missing' }]);
  }
  const problems = [...repeatedHeaders(rawHeaders), ...undecodableParameters(url)];
  if (problems.length > 0) throw invalidParams(problems);
}

/**
 * Whether the body is such that it can be read.
 * @throws EngineError UNSUPPORTED_MEDIA_TYPE when it comes as anything but plain JSON in UTF-8
 */
export function checkBodyType({ raw: { method, headers }, routeOptions }: FastifyRequest): void {
  const length = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return;
  // What a GET brings is never read, and a route that does not exist is 404 whatever came with it.
  if (method === 'GET' || method === 'HEAD' || routeOptions.url === undefined) return;
  const problem = encodingProblem(headers) ?? typeProblem(headers['content-type']);
  if (problem !== undefined) throw new EngineError('UNSUPPORTED_MEDIA_TYPE', problem);
}

/** @param rawHeaders name, value, name, value, … */
function repeatedHeaders(rawHeaders: readonly string[]): FieldProblem[] {
  const seen = new Set<string>();
  const problems: FieldProblem[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = SINGLE_HEADERS.get((rawHeaders[index] as string).toLowerCase());
    if (field === undefined) continue;
    if (seen.has(field)) problems.push({ field, message: `the header ${field} is given more than once` });
    seen.add(field);
  }
  return problems;
}

/** The parser of the query leaves what it cannot decode as it is, which is not what the caller meant. */
function undecodableParameters(url: string): FieldProblem[] {
  const start = url.indexOf('?') + 1;
  if (start === 0 || !url.includes('%', start) || isDecodable(url.slice(start))) return [];
  const bad = url
    .slice(start)
    .split('&')
    .filter((parameter) => !isDecodable(parameter));
  return bad.map((parameter) => {
    const field = parameter.split('=', 1)[0] as string;
    return { field, message: `${field} is not percent-encoded UTF-8` };
  });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function encodingProblem(headers: FastifyRequest['raw']['headers']): string | undefined {
  const { 'content-encoding': encoding = 'identity', 'transfer-encoding': transfer = 'chunked' } = headers;
  if (encoding.toLowerCase() !== 'identity') return `A body must come as it is, without Content-Encoding ${encoding}`;
  if (transfer.toLowerCase() !== 'chunked') return `A body must come as it is, without Transfer-Encoding ${transfer}`;
  return undefined;
}

function typeProblem(given = ''): string | undefined {
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim());
  const charset = parameters.find((parameter) => /^charset\s*=/i.test(parameter))?.replace(/^[^=]*=\s*/, '');
  if (type.toLowerCase() === 'application/json' && (charset === undefined || UTF_8.test(charset))) return undefined;
  const came = given === '' ? 'it has none' : `it has ${JSON.stringify(given)}`;
  return `A body wants the Content-Type application/json in UTF-8; ${came}`;
}
