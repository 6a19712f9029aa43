import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { call, HttpConnection } from './http-client.js';

/**
 * Runs `measure` against server.js in a process and a folder of its own, and ends both. It gets the server's URL, that many
 * connections to it, and `ask`, which puts a question to the server's process.
 */
export async function withServer(connectionCount, measure) {
  const folder = await mkdtemp(join(tmpdir(), 'retrace-bench-'));
  const server = fork(fileURLToPath(new URL('server.js', import.meta.url)), {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: folder,
      LOG_LEVEL: 'warn',
      DATABASE_URL: process.env.DATABASE_URL ?? '',
    },
  });
  const ended = once(server, 'exit');
  const answer = async () => {
    const [message] = await Promise.race([
      once(server, 'message'),
      ended.then(() => Promise.reject(new Error('The server ended'))),
    ]);
    return message;
  };
  const ask = (question) => {
    server.send(question);
    return answer();
  };
  try {
    const { url } = await answer();
    const connections = Array.from({ length: connectionCount }, () => new HttpConnection(url));
    await measure({ url, connections, ask });
    for (const connection of connections) connection.close();
    server.send('stop');
    await ended;
  } finally {
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

/** How many executions of a workflow have completed. */
export async function completed(connection, workflowId) {
  const { byWorkflow } = await call(connection, 'GET', `/api/v2/executions/stats?workflowId=${workflowId}`);
  return byWorkflow[workflowId]?.completed ?? 0;
}
