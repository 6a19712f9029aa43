/** A request that is no proper HTTP, as its bytes. */
export interface MalformedRequest {
  what: string;
  bytes: Buffer;
  /** False: the client ends its side after these bytes. Otherwise the server waits for no more. */
  isComplete: boolean;
  status: number;
  /** A part of the message. */
  says: string;
}

const HOST = 'Host: localhost\r\nConnection: close\r\n';
const JSON_HEAD = `${HOST}Content-Type: application/json\r\n`;
const EXECUTIONS = 'POST /api/v2/executions HTTP/1.1\r\n';
const WORKFLOWS = 'GET /api/v2/workflows HTTP/1.1\r\n';
const BODY = 'Content-Length: 2\r\n\r\n{}';

const row = (what: string, text: string | Buffer, status: number, says: string): MalformedRequest => {
  return { what, bytes: Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1'), isComplete: true, status, says };
};
const cutOff = (what: string, text: string, status: number, says: string): MalformedRequest => {
  return { ...row(what, text, status, says), isComplete: false };
};

const SINGLE = ['Idempotency-Key', 'X-User-Id', 'If-Match', 'Authorization', 'Origin', 'Content-Encoding'];

/** What only a socket can send. */
export const MALFORMED_REQUESTS: MalformedRequest[] = [
  row('nonsense', 'NONSENSE\r\n\r\n', 400, 'not valid HTTP'),
  row('a TLS handshake', Buffer.from('16030100c8010000c40303', 'hex'), 400, 'not valid HTTP'),
  row('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'not valid HTTP'),
  row('a method that nobody knows', `FROB /api/v2/workflows HTTP/1.1\r\n${HOST}\r\n`, 400, 'Invalid method'),
  row('a method in lower case', `get /api/v2/workflows HTTP/1.1\r\n${HOST}\r\n`, 400, 'Invalid method'),
  row('a tunnel', `CONNECT db.internal:5432 HTTP/1.1\r\n${HOST}\r\n`, 404, 'Cannot CONNECT db.internal:5432'),
  row('OPTIONS for the whole server', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404, 'Cannot OPTIONS'),
  row('a blank in the path', `GET /api/v2/work flows HTTP/1.1\r\n${HOST}\r\n`, 400, 'not valid HTTP'),
  row('NUL in the path', `GET /api/v2/work\0flows HTTP/1.1\r\n${HOST}\r\n`, 400, 'Invalid char'),
  row('bare UTF-8 in the path', Buffer.from(`GET /api/v2/workflows/é HTTP/1.1\r\n${HOST}\r\n`), 400, 'Invalid char'),
  row('a path of 20,000 characters', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431, 'larger than'),
  row('no Host', `${WORKFLOWS}Connection: close\r\n\r\n`, 400, 'Host is missing'),
  row('two Hosts', `${WORKFLOWS}Host: evil.example.com\r\n${HOST}\r\n`, 400, 'Host is given more than once'),
  row('a foreign Host', `${WORKFLOWS}Host: evil.example.com\r\nConnection: close\r\n\r\n`, 403, 'loopback'),
  row('a foreign page', `${WORKFLOWS}${HOST}Origin: https://evil.example.com\r\n\r\n`, 403, 'other sites'),
  row('a header without a colon', `${WORKFLOWS}${HOST}garbage\r\n\r\n`, 400, 'header token'),
  row('a blank in the name of a header', `${WORKFLOWS}${HOST}X A: 1\r\n\r\n`, 400, 'header token'),
  row('NUL in a header', `${WORKFLOWS}${HOST}X-A: a\0b\r\n\r\n`, 400, 'header value'),
  row('a header of 20,000 characters', `${WORKFLOWS}${HOST}X-A: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'larger than'),
  row('3,000 headers', `${WORKFLOWS}${HOST}${'X-Of-Many: 1\r\n'.repeat(3000)}\r\n`, 431, 'larger than'),
  row('lines that end with LF', `GET /health/live HTTP/1.1\nHost: localhost\nConnection: close\n\n`, 400, 'CRLF'),
  row('another wish', `${EXECUTIONS}${JSON_HEAD}Expect: 200-ok\r\n${BODY}`, 417, 'Expect must be 100-continue'),
  row('a continue for nothing', `${EXECUTIONS}${JSON_HEAD}Expect: 100-continue\r\n${BODY}`, 400, 'workflowId'),
  row('two types', `${EXECUTIONS}${JSON_HEAD}Content-Type: text/plain\r\n${BODY}`, 400, 'Content-Type is given'),
  row('two lengths', `${EXECUTIONS}${JSON_HEAD}Content-Length: 3\r\n${BODY}`, 400, 'Content-Length'),
  row('a negative length', `${EXECUTIONS}${JSON_HEAD}Content-Length: -1\r\n\r\n{}`, 400, 'Content-Length'),
  row('a length in words', `${EXECUTIONS}${JSON_HEAD}Content-Length: two\r\n\r\n{}`, 400, 'Content-Length'),
  row(
    'a length without end',
    `${EXECUTIONS}${JSON_HEAD}Content-Length: ${'9'.repeat(30)}\r\n\r\n{}`,
    400,
    'Content-Length',
  ),
  row('a length and chunks', `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: chunked\r\n${BODY}`, 400, 'Content-Length'),
  row(
    'a chunk of ZZ bytes',
    `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n`,
    400,
    'chunk size',
  ),
  row(
    'an endless chunk',
    `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\n`,
    400,
    'Chunk size',
  ),
  row(
    'a chunk that is longer than it says',
    `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
    400,
    'not valid HTTP',
  ),
  row(
    'compressed chunks',
    `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    415,
    'Transfer-Encoding gzip',
  ),
  row(
    'chunks above the limit',
    `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n110000\r\n${'x'.repeat(0x110000)}\r\n0\r\n\r\n`,
    413,
    'larger than 1048576 bytes',
  ),
  row('a body without a type', `${EXECUTIONS}${HOST}${BODY}`, 415, 'it has none'),
  row(
    'a query that is half an escape',
    `GET /api/v2/workflows?search=50% HTTP/1.1\r\n${HOST}\r\n`,
    400,
    'search is not',
  ),
  row(
    'another method in a header',
    `POST /api/v2/workflows/wf HTTP/1.1\r\n${JSON_HEAD}X-HTTP-Method-Override: DELETE\r\n${BODY}`,
    404,
    'Cannot POST',
  ),
  cutOff('half a head', 'POST /api/v2/exec', 400, 'not valid HTTP'),
  cutOff('half a body', `${EXECUTIONS}${JSON_HEAD}Content-Length: 20\r\n\r\n{"a"`, 400, 'not valid HTTP'),
  cutOff('half a chunk', `${EXECUTIONS}${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n20\r\n{"a`, 400, 'not valid HTTP'),
  ...SINGLE.map((name) =>
    row(`two of ${name}`, `${EXECUTIONS}${JSON_HEAD}${name}: a\r\n${name}: b\r\n${BODY}`, 400, `${name} is given more`),
  ),
];
