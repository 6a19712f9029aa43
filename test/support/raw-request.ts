import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** What to put together as a request of HTTP/1.1. */
export interface RawRequest {
  method: string;
  /** With the query, as it is to be sent. */
  path: string;
  /** Beside Host, Connection and Content-Length; one of these replaces it. */
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const ANSWER_WITHIN_MS = 20_000;

/** The bytes of a request after which the connection ends. */
export function requestBytes({ method, path, headers = {}, body }: RawRequest): Buffer {
  const content = Buffer.from(body ?? '');
  const length = body === undefined ? {} : { 'Content-Length': String(content.length) };
  const head = { Host: 'localhost', Connection: 'close', ...length, ...headers };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), content]);
}

/**
 * Sends bytes that no HTTP client would, over a connection of their own, and reads the first answer to them.
 * @param isComplete false: the client ends its side after these bytes
 */
export async function sendBytes(serverUrl: string, bytes: Buffer, isComplete = true): Promise<RawAnswer> {
  const { hostname, port } = new URL(serverUrl);
  const answer = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
      if (!isComplete) socket.end();
    });
    socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('No answer in time')));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
  return parse(answer);
}

function parse(answer: string): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = answer.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number(statusLine.split(' ')[1]);
  const body = answer.slice(end + 4);
  // To an interim answer belongs the one behind it.
  return status === 100 ? parse(body) : { status, headers, body: body.slice(0, lengthOf(headers, body)) };
}

/** In characters, as far as the bodies are ASCII; the connection may carry a second answer behind. */
function lengthOf(headers: Record<string, string>, body: string): number {
  const bytes = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return Buffer.byteLength(body) <= bytes ? body.length : Buffer.from(body).subarray(0, bytes).toString().length;
}
