import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that the service has seen. */
export interface Effect {
  executionId: string;
  nodeId: string;
  key: string;
}

/**
 * The world outside: takes a few ms for each request, remembers each, and refuses the first request of each key on /flaky
 * with 503.
 */
export class EffectService {
  readonly effects: Effect[] = [];
  private readonly seen = new Set<string>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<EffectService> {
    const server = createServer();
    const service = new EffectService(server);
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as { executionId: string; nodeId: string };
        const key = String(request.headers['idempotency-key']);
        service.effects.push({ ...body, key });
        const refused = request.url === '/flaky' && !service.seen.has(key);
        service.seen.add(key);
        setTimeout(() => {
          response.writeHead(refused ? 503 : 200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ node: body.nodeId }));
        }, Math.random() * 30);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
