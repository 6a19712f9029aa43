import type { Scheduler } from '../ports.js';
import { callAt } from './call-at.js';

/** The execution's own limit: a timer that runs only while at least one node runs, and fires once. */
export class RunLimit {
  private cancel: (() => void) | undefined;
  private isPast = false;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly onPast: () => void,
  ) {}

  /** Something runs; `leftMs` of the limit are left unless it was running already. */
  run(leftMs: number): void {
    if (this.cancel || this.isPast) return;
    this.cancel = callAt(this.scheduler, this.scheduler.now() + leftMs, () => {
      this.isPast = true;
      this.onPast();
    });
  }

  /** Nothing runs any more. */
  rest(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
