import { Agent, get, type IncomingMessage } from 'node:http';
import { Controller, Get, Module } from '@nestjs/common';
import { startTestServer, type TestServer } from './support/test-server.js';

/** Opens the gate for the request that waits at it. */
let open: () => void;
let arrived: Promise<void>;
let arrive: () => void;

@Controller('slow')
class SlowController {
  @Get()
  async slow(): Promise<{ done: true }> {
    arrive();
    await new Promise<void>((resolve) => {
      open = resolve;
    });
    return { done: true };
  }
}

@Module({ controllers: [SlowController] })
class SlowModule {}

/** One request over a connection that stays open. */
function ask(url: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => resolve(response.resume())).on('error', reject);
  });
}

describe('a server that stops', () => {
  let server: TestServer;
  let agent: Agent;

  beforeEach(async () => {
    arrived = new Promise((resolve) => {
      arrive = resolve;
    });
    agent = new Agent({ keepAlive: true });
    server = await startTestServer({ SHUTDOWN_GRACE_MS: '20000' }, SlowModule);
  });
  afterEach(async () => {
    await server.close();
    agent.destroy();
  });

  test('lets a request that is under way end, and refuses new ones', async () => {
    await ask(`${server.url}/health/live`, agent);
    const slow = server.call('GET', '/slow');
    await arrived;
    const closed = server.close();
    const refused = await server.call('GET', '/slow');
    const ready = await fetch(`${server.url}/health/ready`);
    const live = await fetch(`${server.url}/health/live`);
    open();
    const answer = await slow;
    await closed;

    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.body.error?.code).toBe('SERVICE_UNAVAILABLE');
    expect([ready.status, live.status]).toEqual([503, 200]);
    expect(answer.body.data).toEqual({ done: true });
  });

  test('does not wait for connections that are merely open', async () => {
    await ask(`${server.url}/health/live`, agent);
    const began = performance.now();
    await server.close();

    expect(performance.now() - began).toBeLessThan(5000);
  });
});
