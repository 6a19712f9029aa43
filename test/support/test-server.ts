import type { Type } from '@nestjs/common';
import { loadConfig } from '../../src/config/env.js';
import { createLog } from '../../src/config/logger.js';
import { type RunningServer, startServer } from '../../src/create-app.js';
import { ApiContract } from './api-contract.js';
import { createTestDatabase } from './test-database.js';

/** The whole server in this process, on a free port, with a database of its own. */
export interface TestServer extends RunningServer {
  /** What the server's API document says; every answer to `call` is held against it. */
  contract: ApiContract;
  /**
   * Calls the API: `get('/executions')` is GET /api/v2/executions. A body is sent as JSON.
   * @throws Error when the API document does not describe the answer
   */
  call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ApiAnswer<T>>;
}

/** An answer of the API. */
export interface ApiAnswer<T> {
  status: number;
  headers: Headers;
  /** The envelope. */
  body: {
    code: number;
    success: boolean;
    data: T;
    message: string;
    error?: { code: string; details?: unknown };
    timestamp: number;
  };
}

/**
 * Starts the server.
 * @param settings environment variables beside the test's own
 * @param features the modules beside the foundation; by default all of the server's
 */
export async function startTestServer(settings: Record<string, string> = {}, features?: Type): Promise<TestServer> {
  const own = await createTestDatabase();
  const server = await serve({ DATABASE_URL: own.url, ...settings }, features);
  const close = async () => {
    await server.close();
    await own.drop();
  };
  return { ...server, close };
}

/** Several instances of the server on one database; `close` closes those that are still open. */
export interface TestInstances {
  servers: TestServer[];
  /** Starts one more. */
  add(): Promise<TestServer>;
  close(): Promise<void>;
}

/** Starts `count` instances on one database. */
export async function startTestInstances(count: number, settings: Record<string, string> = {}): Promise<TestInstances> {
  const own = await createTestDatabase();
  const servers: TestServer[] = [];
  const add = async () => {
    const server = await serve({ DATABASE_URL: own.url, ...settings });
    servers.push(server);
    return server;
  };
  while (servers.length < count) await add();
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
    await own.drop();
  };
  return { servers, add, close };
}

async function serve(settings: Record<string, string>, features?: Type): Promise<TestServer> {
  const config = loadConfig({ LOG_LEVEL: 'silent', PORT: '0', ...settings });
  const server = await startServer(config, createLog(config.logLevel), features);
  const contract = await ApiContract.of(server.url);
  const call = async <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server.url}/api/v2${path}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const { status, headers: answered } = response;
    const answer = { status, headers: answered, body: (await response.json()) as ApiAnswer<T>['body'] };
    contract.check(method, `/api/v2${path}`, answer);
    return answer;
  };
  return { ...server, contract, call };
}
