import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of a piece of work names. */
export interface RequestContext {
  requestId?: string;
  executionId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work`, and all that it starts, under the given ids; those that are not given stay as they were. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  const outer = storage.getStore();
  return storage.run(outer === undefined ? context : { ...outer, ...context }, work);
}

/** The ids of the work that is going on; none outside of any. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}
