import { roundMeasured } from '../engine/journal/metric-sample.js';
import type { Measurement } from '../engine/ports.js';

/** What a process has used of its cores since its start, at one moment. */
export interface CpuCounters {
  /** ms on a monotonic clock. */
  at: number;
  /** Microseconds, in its own code and what it runs. */
  user: number;
  /** Microseconds, in the kernel for it. */
  system: number;
}

/** What the process used between two moments, in percent of what all cores of the machine could have done in that time. */
export function cpuBetween(before: CpuCounters, after: CpuCounters, cores: number): Measurement['cpu'] {
  const possible = (after.at - before.at) * 1000 * cores;
  if (possible <= 0) return { user: 0, system: 0 };
  const user = Math.max(0, after.user - before.user);
  const system = Math.max(0, after.system - before.system);
  // The counters and the clock are not read at the same instant: together they may seem to exceed the cores by a trifle.
  const whole = Math.max(possible, user + system);
  return { user: roundMeasured((user * 100) / whole), system: roundMeasured((system * 100) / whole) };
}
