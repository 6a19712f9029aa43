import { TURN_MS, type EvaluationClock } from './evaluation-turns.js';
import { ExpressionLimitError } from './expression-limit-error.js';

/**
 * What one step counts at most, in ms. A longer one is a thread that had to wait for a processor, or one of the few built-in
 * functions that take longer, which end by themselves.
 */
const LONGEST_STEP_MS = 25;

/** One running evaluation: it looks after its limit and gives the thread away when its turn is over. */
export class TimedEvaluation {
  /** ms of its own work so far. */
  used = 0;
  private turnBegan: number;
  private pausing: Promise<void> | undefined;
  private last: number;

  constructor(
    private readonly clock: EvaluationClock,
    /** ms */
    private limit: number,
    /** Added to the message when the limit is passed. */
    private readonly why: string,
    /** Gives the thread away after so many ms; `resume` goes on with it. */
    private readonly pause: (ms: number, resume: () => void) => void,
  ) {
    this.turnBegan = clock.elapsed();
    this.last = this.turnBegan;
  }

  /** Its next step is its last one. */
  stop(): void {
    this.limit = -1;
  }

  /**
   * To be called as often as possible, also where nothing can be awaited.
   * @throws ExpressionLimitError when the limit is passed
   */
  check(): void {
    const now = this.clock.elapsed();
    this.used += Math.min(now - this.last, LONGEST_STEP_MS);
    this.last = now;
    if (this.used > this.limit) throw new ExpressionLimitError(`takes longer than ${this.limit} ms${this.why}`);
  }

  /**
   * Between two steps: gives a promise to wait for when others have their turn now. The items of a list or an object are
   * evaluated side by side, so several of its branches may wait for the same turn.
   * @throws ExpressionLimitError when the limit is passed
   */
  step(): Promise<void> | undefined {
    this.check();
    const ms = this.last - this.turnBegan;
    if (ms < TURN_MS) return undefined;
    this.pausing ??= new Promise((resolve) => {
      this.pause(ms, () => {
        this.pausing = undefined;
        this.turnBegan = this.clock.elapsed();
        this.last = this.turnBegan;
        resolve();
      });
    });
    return this.pausing;
  }

  /** True while it has given the thread away and its next turn is asked for. */
  get isPaused(): boolean {
    return this.pausing !== undefined;
  }

  /** It has ended, and with it whatever branch of it still goes on; gives the ms of its last turn. */
  end(): number {
    const now = this.clock.elapsed();
    this.used += Math.min(now - this.last, LONGEST_STEP_MS);
    this.stop();
    return now - this.turnBegan;
  }
}
