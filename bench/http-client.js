import { connect } from 'node:net';

/**
 * A keep-alive connection that sends one request after the other and reads just enough of HTTP/1.1 for our server: the
 * load generator shares the machine with what it measures, so it must cost little.
 */
export class HttpConnection {
  #socket;
  #waiting;
  #received = Buffer.alloc(0);

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.host = `${hostname}:${port}`;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('The connection was closed')));
  }

  /** @returns {Promise<{ status: number, body: any }>} */
  request(method, path, body) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const type =
      body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${this.host}\r\n${type}\r\n${text}`);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #read(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const body = this.#received.subarray(end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    const { resolve } = this.#waiting;
    resolve({ status: Number(head.slice(9, 12)), text: body });
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** The JSON of an answer; throws when it is not a success. */
export async function call(connection, method, path, body) {
  const { status, text } = await connection.request(method, path, body);
  if (status >= 300) throw new Error(`${method} ${path} gave ${status}: ${text}`);
  return JSON.parse(text).data;
}
