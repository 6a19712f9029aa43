/** Time and turns of the event loop for evaluations, passed in. */
export interface EvaluationClock {
  /** ms that go on steadily; from when does not matter. */
  elapsed(): number;
  /** Calls back once in a later turn of the event loop. */
  defer(callback: () => void): void;
}

/** Evaluations of one execution that wait for the thread. */
export interface EvaluationLine {
  /** Has the thread now, until it calls {@link EvaluationTurns.release}. */
  proceed(): void;
}

/** Evaluations work at most this many ms before everything else on the event loop has its turn. */
export const TURN_MS = 10;

/**
 * Shares the thread among the evaluations of all executions. They never wait for anything outside, so side by side each
 * would only spend its time limit on the others: one has the thread at a time, for {@link TURN_MS} at most, then the
 * next execution's. So one that evaluates for long holds up neither the others nor the server.
 */
export class EvaluationTurns {
  /** The next one first; each is here once at most. */
  private readonly waiting: EvaluationLine[] = [];
  private isTaken = false;
  /** ms that evaluations took since the event loop last had its turn. */
  private taken = 0;

  constructor(readonly clock: EvaluationClock) {}

  /** The line waits for the thread; it may have it before this returns. */
  request(line: EvaluationLine): void {
    this.waiting.push(line);
    if (!this.isTaken) this.next();
  }

  /** The line that had the thread gives it back after so many ms. */
  release(ms: number): void {
    this.taken += ms;
    this.isTaken = false;
    this.next();
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    this.isTaken = true;
    if (this.taken < TURN_MS) this.waiting.shift()?.proceed();
    else {
      this.clock.defer(() => {
        this.taken = 0;
        this.waiting.shift()?.proceed();
      });
    }
  }
}
