import type { Scheduler } from '../ports.js';

/** No timer is set further ahead; what is due later is looked at again then. */
export const LONGEST_TIMER_MS = 10_000;

/** What nodes wait for by time: due times by node, each called back once. Times are epoch ms. */
export class DueTimers {
  private readonly entries = new Map<number, { until: number; cancel: () => void }>();

  constructor(
    private readonly scheduler: Scheduler,
    private readonly onDue: (nodeIndex: number) => void,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** Calls back for the node at `until`; Infinity: never by itself. */
  arm(nodeIndex: number, until: number): void {
    this.disarm(nodeIndex);
    const left = Math.max(0, until - this.scheduler.now());
    const look = () => {
      if (this.scheduler.now() < until) return this.arm(nodeIndex, until);
      this.entries.delete(nodeIndex);
      this.onDue(nodeIndex);
    };
    const cancel = left === Infinity ? () => {} : this.scheduler.setTimer(Math.min(left, LONGEST_TIMER_MS), look);
    this.entries.set(nodeIndex, { until, cancel });
  }

  disarm(nodeIndex: number): void {
    this.entries.get(nodeIndex)?.cancel();
    this.entries.delete(nodeIndex);
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
