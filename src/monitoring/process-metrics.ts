import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/**
 * What prom-client tells of a Node process: CPU, memory, event loop, garbage collection. There is one set of it however
 * many servers run in the process. It is collected from the first time on that it is asked for, since what watches the
 * garbage collector can never be taken away again.
 */
export function processMetrics(): Registry {
  if (!registry) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
