import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * A small shop on loopback for the demo: it counts what it is asked, refuses the first charge with 503, and answers a
 * repeated Idempotency-Key with its first answer, as a payment service does.
 */
export async function startDemoService() {
  const calls = [];
  const answers = new Map();
  let charges = 0;
  const server = createServer((request, response) => {
    const key = request.headers['idempotency-key'];
    const known = answers.get(key);
    request.resume().on('end', () => {
      const path = request.url ?? '/';
      const refuses = path === '/charges' && known === undefined && ++charges === 1;
      const answer = known ?? { id: `${path.split('/')[1]}-${calls.length + 1}` };
      calls.push({ method: request.method, path, status: refuses ? 503 : 200 });
      if (!refuses && key !== undefined) answers.set(key, answer);
      response.writeHead(refuses ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(refuses ? { error: 'try again' } : answer));
    });
  });
  server.listen(0, '127.0.0.1');
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
