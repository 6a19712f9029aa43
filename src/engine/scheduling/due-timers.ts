import type { Scheduler } from '../ports.js';
import { callAt, LONGEST_TIMER_MS } from './call-at.js';

/** What nodes wait for by time: due times by node, each called back once. Times are epoch ms. */
export class DueTimers {
  private readonly entries = new Map<number, { until: number; cancel: () => void }>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly onDue: (nodeIndex: number) => void,
  ) {}

  /** Calls back for the node at `until`; Infinity: never by itself. */
  arm(nodeIndex: number, until: number): void {
    this.entries.get(nodeIndex)?.cancel();
    const cancel = callAt(this.scheduler, until, () => {
      this.entries.delete(nodeIndex);
      this.onDue(nodeIndex);
    });
    this.entries.set(nodeIndex, { until, cancel });
  }

  clear(): void {
    for (const { cancel } of this.entries.values()) cancel();
    this.entries.clear();
  }

  /** The earliest due time; Infinity when there is none. Stops looking at the first one that is due soon. */
  earliest(): number {
    const soon = this.scheduler.now() + LONGEST_TIMER_MS;
    let earliest = Infinity;
    for (const { until } of this.entries.values()) {
      earliest = Math.min(earliest, until);
      if (earliest <= soon) break;
    }
    return earliest;
  }
}
