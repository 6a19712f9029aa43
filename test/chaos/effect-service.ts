import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** One request that the service has seen. */
export interface Request {
  executionId: string;
  nodeId: string;
  /** Its Idempotency-Key. */
  key: string;
}

const LONGEST_MS = 30;

/**
 * The world outside: takes up to 30 ms for each request, remembers each, and refuses the first one of each key on /flaky
 * with 503.
 */
export class EffectService {
  readonly requests: Request[] = [];
  /** Looks at each request before it is answered. */
  witness: (request: Request) => Promise<void> = () => Promise.resolve();
  private readonly keys = new Set<string>();

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
        service.requests.push({ ...body, key });
        const seen = service.witness({ ...body, key });
        const isRefused = request.url === '/flaky' && !service.keys.has(key);
        service.keys.add(key);
        void Promise.all([seen, delay(Math.random() * LONGEST_MS)]).then(() => {
          response.writeHead(isRefused ? 503 : 200, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ node: body.nodeId }));
        });
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
