import { randomUUID } from 'node:crypto';
import { type IncomingMessage, maxHeaderSize, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Envelope } from './envelope.js';

/** What Node's parser says of bytes that are no request. */
interface ParserError extends NodeJS.ErrnoException {
  /** Only with codes that begin with HPE_. */
  reason?: string;
}

/** A client that has its refusal and neither goes on nor away is cut off then. */
const LINGER_MS = 5000;

/** Answers what is no HTTP, or not in time, by hand: there is no request yet. */
export function answerClientError(error: ParserError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = refusalOf(error);
  answerByHand(socket, status, { code: 'INVALID_PARAMS', details: [{ field: 'request', message }] }, message);
}

/** Answers in the envelope what Node refuses without asking anybody: a wish for a tunnel, or one that it does not know. */
export function answerOddRequests(server: Server): void {
  server.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) =>
    answerByHand(socket, 404, { code: 'NOT_FOUND' }, `Cannot CONNECT ${url}`),
  );
  server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    const message = `Expect must be 100-continue, not ${JSON.stringify(headers.expect)}`;
    const error = { code: 'INVALID_PARAMS', details: [{ field: 'Expect', message }] };
    const { head, body } = writeAnswer(417, error, message);
    response.writeHead(417, head).end(body);
  });
}

function refusalOf({ code, reason, message }: ParserError): [status: number, message: string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, `The path and the headers are larger than ${maxHeaderSize} bytes`];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'The request did not arrive in time'];
  return [400, `The request is not valid HTTP: ${reason ?? message}`];
}

function answerByHand(socket: Socket, status: number, error: Envelope['error'], message: string): void {
  const { head, body } = writeAnswer(status, error, message);
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

function writeAnswer(status: number, error: Envelope['error'], message: string) {
  const body = JSON.stringify(new Envelope(status, false, null, message, error));
  const head = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': randomUUID(),
    Connection: 'close',
  };
  return { head, body };
}
