import type { ServerResponse } from 'node:http';
import { answerJson, startHttpService } from './support/http-service.js';
import { ServerProcess } from './support/server-process.js';
import { createTestDatabase } from './support/test-database.js';

interface Found {
  id: string;
  status: string;
  activity: string | null;
  rollbacks: { status: string; nodes: { nodeId: string; outcome: string; attempts: number }[] }[];
}

async function ask<T>({ url }: ServerProcess, method: string, path: string, body?: object): Promise<T> {
  const headers = { 'content-type': 'application/json', prefer: 'respond-async' };
  const response = await fetch(`${url}/api/v2${path}`, { method, headers, body: body && JSON.stringify(body) });
  return ((await response.json()) as { data: T }).data;
}

it('a rollback that is killed in its middle finishes by itself, and calls the handler in flight with the same key', async () => {
  const own = await createTestDatabase();
  const held: ServerResponse[] = [];
  let holds = true;
  const service = await startHttpService(({ method, path }, response) => {
    if (holds && method === 'DELETE' && path === '/c') held.push(response);
    else answerJson(response, 200, {});
  });
  const settings = { DATABASE_URL: own.url };
  let server = await ServerProcess.start(settings);
  try {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => ({
      id,
      type: 'external-api',
      config: { method: 'POST', url: `${service.url}/${id}` },
      rollback: { method: 'DELETE', url: `${service.url}/${id}` },
    }));
    const edges = ['a', 'b', 'c'].map((source, index) => ({ source, target: nodes[index + 1]?.id }));
    await ask(server, 'POST', '/workflows', { id: 'four', name: 'Four', nodes, edges });
    const { id } = await ask<Found>(server, 'POST', '/executions?wait=20000', { workflowId: 'four' });
    await ask(server, 'POST', `/executions/${id}/rollback`, { targetNodeId: 'a' });
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.kill();
    holds = false;
    server = await ServerProcess.start(settings);
    let found = await ask<Found>(server, 'GET', `/executions/${id}`);
    while (found.activity !== null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      found = await ask<Found>(server, 'GET', `/executions/${id}`);
    }
    expect(found.status).toBe('paused');
    expect(found.rollbacks).toMatchObject([
      {
        status: 'completed',
        nodes: [
          { nodeId: 'd', outcome: 'undone', attempts: 1 },
          { nodeId: 'c', outcome: 'undone', attempts: 2 },
          { nodeId: 'b', outcome: 'undone', attempts: 1 },
        ],
      },
    ]);
    const undone = service.requests.filter(({ method }) => method === 'DELETE');
    expect(undone.map(({ path }) => path)).toEqual(['/d', '/c', '/c', '/b']);
    const keys = undone.filter(({ path }) => path === '/c').map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
  } finally {
    await server.stop();
    await service.close();
    await own.drop();
  }
}, 60_000);
