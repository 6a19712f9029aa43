import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../../src/engine/journal/execution-record.js';

const LONGEST_ANSWER_MS = 30_000;
const READY_WITHIN_MS = 60_000;

/** An answer; `status` 0: there was none, the connection broke. */
export interface Answer<T> {
  status: number;
  data: T;
  message: string;
}

/** Calls a server that may be killed at any moment. */
export async function call<T = ExecutionRecord>(
  url: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  try {
    const response = await fetch(`${url}/api/v2${path}`, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
    });
    return { ...((await response.json()) as { data: T; message: string }), status: response.status };
  } catch (error) {
    return { status: 0, data: null as T, message: String(error) };
  }
}

/** Resolves when the server says that it is ready. @throws Error when that is not within a minute */
export async function ready(url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (performance.now() > deadline) throw new Error('The server did not become ready');
    await delay(20);
  }
}
