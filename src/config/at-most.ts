import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `step` does, at the latest after `ms`; what fails after that is nobody's concern any more. */
export async function atMost(ms: number, step: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal }).catch(() => undefined);
  try {
    await Promise.race([step, late]);
  } finally {
    done.abort();
  }
}
