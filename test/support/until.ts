import { setTimeout as delay } from 'node:timers/promises';

/** What takes long is looked at less and less often: a look may ask the server something. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;

/** Resolves once it holds. When it never does, the test's own limit says so. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; !(await holds()); pause = Math.min(pause * 1.2, LONGEST_PAUSE_MS))
    await delay(pause);
}
