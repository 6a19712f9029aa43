import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when `step` does, at the latest after `ms`, and says which; what fails after that is nobody's concern any more. */
export async function atMost(ms: number, step: Promise<unknown>): Promise<'done' | 'late'> {
  const ended = new AbortController();
  const late = delay(ms, 'late' as const, { signal: ended.signal }).catch(() => 'late' as const);
  try {
    return await Promise.race([step.then(() => 'done' as const), late]);
  } finally {
    ended.abort();
  }
}
