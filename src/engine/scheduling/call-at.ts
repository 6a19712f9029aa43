import type { Scheduler } from '../ports.js';

/** No timer is set further ahead: clocks are corrected meanwhile, and Node's own timers end at 24 days. */
export const LONGEST_TIMER_MS = 10_000;

/**
 * Calls back once at `at` (epoch ms; Infinity: never), in a later turn of the event loop also when that is past. Returns
 * what cancels it.
 */
export function callAt(scheduler: Scheduler, at: number, callback: () => void): () => void {
  if (at === Infinity) return () => undefined;
  let cancel: () => void;
  const look = () => {
    if (scheduler.now() < at) wait();
    else callback();
  };
  const wait = () => {
    cancel = scheduler.setTimer(Math.min(Math.max(0, at - scheduler.now()), LONGEST_TIMER_MS), look);
  };
  wait();
  return () => cancel();
}
