import type { JsonObject, JsonValue } from '../../src/engine/json.js';
import type { LogLevel, NetworkUse, NodeContext } from '../../src/engine/ports.js';
import { createCountingFetch } from '../../src/nodes/counting-fetch.js';

/** What a node gets to see, with what it did beside it. */
export type TestNodeContext = NodeContext & {
  lines: { level: LogLevel; message: string; data?: JsonValue }[];
  use: NetworkUse;
  abort(reason: Error): void;
};

/** A context as the engine makes it, with a real connection to the network. */
export function nodeContext(config: JsonObject = {}, given: Partial<NodeContext> = {}): TestNodeContext {
  const controller = new AbortController();
  const use: NetworkUse = { bytesReceived: 0, bytesSent: 0, requestCount: 0 };
  const lines: TestNodeContext['lines'] = [];
  return {
    executionId: 'exec_1',
    nodeId: 'node_1',
    run: 1,
    attempt: 1,
    idempotencyKey: 'rt_key',
    startTime: 1_700_000_000_000,
    config,
    inputs: {},
    variables: {},
    trigger: { type: 'api' },
    signal: controller.signal,
    fetch: createCountingFetch(controller.signal, use),
    log: (level, message, data) => lines.push({ level, message, data }),
    checkpoint: () => Promise.resolve(),
    retry: async (operation) => operation(1),
    ...given,
    lines,
    use,
    abort: (reason) => controller.abort(reason),
  };
}
