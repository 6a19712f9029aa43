/**
 * The outside world of the demos and of the documentation: a shop and a travel agency in one small HTTP service on loopback.
 * By itself (`node scripts/demo-service.js 4010`) it prints what it is asked until it is interrupted.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/**
 * Starts it. POST /flights is answered with `{ id: "flights-1" }`, and so on. It refuses the first charge with 503 and tickets
 * for a day that does not exist with 422, and answers a repeated Idempotency-Key with its first answer, as a payment service
 * does.
 * @param options.port 0 for any that is free
 * @param options.heard called with each request when it has been answered
 */
export async function startDemoService({ port = 0, heard } = {}) {
  const calls = [];
  const answers = new Map();
  const given = new Map();
  let charges = 0;

  function answerTo(path, body) {
    if (path === '/charges' && ++charges === 1) return { status: 503, body: { error: 'try again' } };
    if (path === '/tickets' && !isDay(body?.date))
      return { status: 422, body: { error: `no such day: ${body?.date}` } };
    const [, kind, id] = path.split('/');
    if (id !== undefined) return { status: 200, body: { id } };
    const number = (given.get(kind) ?? 0) + 1;
    given.set(kind, number);
    return { status: 200, body: { id: `${kind}-${number}` } };
  }

  async function take(request, response) {
    const path = request.url ?? '/';
    const body = await json(request).catch(() => null);
    const key = request.headers['idempotency-key'];
    const answer = answers.get(key) ?? answerTo(path, body);
    if (answer.status === 200 && key !== undefined) answers.set(key, answer);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
    const call = { method: request.method, path, ...answer };
    calls.push(call);
    heard?.(call);
  }

  const server = createServer((request, response) => void take(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    calls,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** One line for a person. */
export function describeCall({ method, path, status, body }) {
  return `${method.padEnd(6)} ${path} → ${status} ${body.error ?? body.id}`;
}

/** Whether a text is a date of the calendar: yyyy-mm-dd. */
function isDay(text) {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startDemoService({
    port: Number(process.argv[2] ?? 4010),
    heard: (call) => console.log(describeCall(call)),
  });
  console.log(`The outside world is at ${url}`);
}
