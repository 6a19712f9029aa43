import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a request says of the protocol that it would rather speak. */
const UPGRADE_HEADERS = new Set(['upgrade', 'http2-settings']);

/**
 * A server may overlook the wish for another protocol (RFC 9110, 7.8), and must when it comes with every first request, as
 * Java's client sends it. Node does so until somebody listens for WebSockets, and has then let go of the connection: it is
 * given to the server again, with the request as it came but for the wish.
 * @param head what came after the head of the request
 */
export function takeAsRequest(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name, value] = rawHeaders.slice(index, index + 2) as [string, string];
    if (UPGRADE_HEADERS.has(name.toLowerCase())) continue;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value;
    if (kept !== '') lines.push(`${name}: ${kept}`);
  }
  // Node reads the bytes of headers as Latin-1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !UPGRADE_HEADERS.has(option.toLowerCase())).join(', ');
}
