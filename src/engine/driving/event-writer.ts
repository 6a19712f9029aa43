import type { ExecutionPlan } from '../definition/execution-plan.js';
import { isEndEvent, type JournalEvent } from '../journal/events.js';
import { foldEvent } from '../journal/fold.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { DriverPorts } from './driver-ports.js';
import { logLineOf, verboseLineOf } from './engine-log.js';

/** Folds what a driver does into its state, and hands it to the journal with the line that it writes into the log. */
export class EventWriter {
  constructor(
    private readonly plan: ExecutionPlan,
    private readonly state: ExecutionState,
    private readonly ports: Pick<DriverPorts, 'journal' | 'scheduler' | 'measureEnd'>,
  ) {}

  /** Epoch ms for the next event: never before the last one. */
  timestamp(): number {
    return Math.max(this.ports.scheduler.now(), this.state.timestamp);
  }

  /** An event that ends the execution carries what was measured. */
  append(event: JournalEvent): void {
    const { state, ports } = this;
    const whole = isEndEvent(event) ? { ...event, ...ports.measureEnd?.(state, event.timestamp) } : event;
    const text = JSON.stringify(whole);
    foldEvent(state, state.seq + 1, whole);
    ports.journal.append(text);
    const line = logLineOf(event) ?? (this.plan.settings.verboseLogging ? verboseLineOf(event) : null);
    if (line) ports.journal.log(line);
  }
}
