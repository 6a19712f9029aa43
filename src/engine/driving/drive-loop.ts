import type { DriverPorts } from './driver-ports.js';

/** A driver works at most this long in one turn of the event loop. */
const TURN_MS = 5;

/** What the loop asks of the driver. */
export interface LoopHost {
  /** Does the work unless the driver has stopped; an error in it is the driver's to handle. */
  guard(work: () => void): void;
  /** Before each round. */
  begin(): void;
  /** True while there is room for another node. */
  mayStart(): boolean;
  /** Starts or decides one node; false when there is none to decide. */
  startNext(): boolean;
  /** Nothing more may start now: it may be the end. */
  conclude(): void;
  /** After each round. */
  rest(): void;
}

/**
 * Starts what may start, then sees whether that was the end: round after round, gives its turn away when it has had it for
 * long or the journal's queue is full, and goes on later.
 */
export class DriveLoop {
  private isRunning = false;
  private runAgain = false;
  /** It has given its turn away and will be called again. */
  private turnAsked = false;
  private isStopped = false;

  constructor(
    private readonly host: LoopHost,
    private readonly ports: Pick<DriverPorts, 'scheduler' | 'journal'>,
  ) {}

  /** A call from within a round is made good by that one. */
  run(): void {
    if (this.isRunning) {
      this.runAgain = true;
      return;
    }
    this.isRunning = true;
    this.host.guard(() => {
      this.host.begin();
      do {
        this.runAgain = false;
        if (!this.isStopped && !this.turnAsked && this.startNodes()) this.host.conclude();
      } while (this.runAgain);
      this.host.rest();
    });
    this.isRunning = false;
  }

  /** No further round. */
  stop(): void {
    this.isStopped = true;
  }

  /** False when it gave its turn away. */
  private startNodes(): boolean {
    const { scheduler, journal } = this.ports;
    const turnEnds = scheduler.now() + TURN_MS;
    while (this.host.mayStart()) {
      if (journal.isFull) return this.later((again) => journal.whenRoom(again));
      if (scheduler.now() > turnEnds) return this.later((again) => scheduler.defer(again));
      if (!this.host.startNext()) break;
    }
    return true;
  }

  private later(ask: (again: () => void) => void): false {
    this.turnAsked = true;
    ask(() => {
      this.turnAsked = false;
      this.run();
    });
    return false;
  }
}
