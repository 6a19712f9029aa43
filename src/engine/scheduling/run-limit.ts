import type { Scheduler } from '../ports.js';
import { LONGEST_TIMER_MS } from './due-timers.js';

/** The execution's own limit: a timer that runs only while at least one node runs. */
export class RunLimit {
  private deadline: number | undefined;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly onPast: () => void,
  ) {}

  /** Something runs; `leftMs` of the limit are left unless it was running already. */
  run(leftMs: number): void {
    if (this.deadline !== undefined) return;
    this.deadline = this.scheduler.now() + leftMs;
    this.look();
  }

  /** Nothing runs any more. */
  rest(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.deadline = undefined;
  }

  private look(): void {
    if (this.deadline === undefined) return;
    const left = this.deadline - this.scheduler.now();
    if (left <= 0) {
      this.rest();
      return this.onPast();
    }
    this.cancel = this.scheduler.setTimer(Math.min(left, LONGEST_TIMER_MS), () => this.look());
  }
}
