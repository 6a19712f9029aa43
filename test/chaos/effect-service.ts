import { setTimeout as delay } from 'node:timers/promises';
import { answerJson, type HttpService, startHttpService } from '../support/http-service.js';

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

  private constructor(private readonly service: HttpService) {}

  static async start(): Promise<EffectService> {
    const service = await startHttpService(({ path, headers, body }, response) => {
      const request = { ...(JSON.parse(body) as Request), key: String(headers['idempotency-key']) };
      const isRefused = path === '/flaky' && !effects.keys.has(request.key);
      void effects.take(request).then(() => {
        answerJson(response, isRefused ? 503 : 200, { node: request.nodeId });
      });
    });
    const effects = new EffectService(service);
    return effects;
  }

  get url(): string {
    return this.service.url;
  }

  async stop(): Promise<void> {
    await this.service.close();
  }

  private async take(request: Request): Promise<void> {
    this.requests.push(request);
    this.keys.add(request.key);
    await Promise.all([this.witness(request), delay(Math.random() * LONGEST_MS)]);
  }
}
