import type { EvaluationLine, EvaluationTurns } from './evaluation-turns.js';
import { TimedEvaluation } from './timed-evaluation.js';

/** Limit of one evaluation in ms of its own work. */
const LIMIT_MS = 200;

/** An evaluation below this many ms is no burden to anybody, and none of them is counted. */
const SLOW_MS = 20;

/** What the slow evaluations of one execution may take together, in ms; what comes after them must be quick. */
const BUDGET_MS = 5000;

/**
 * The evaluations of one execution: one after the other, in the order in which they were asked for, each within its
 * limit and all slow ones within a budget. Without it a fan-out of expressions that each run into their limit would keep
 * the thread busy for as long as it is wide.
 */
export class ExecutionEvaluations implements EvaluationLine {
  /** The first one runs, or has been interrupted; the others have not begun. */
  private readonly queue: (() => void)[] = [];
  private running: TimedEvaluation | undefined;
  private isClosed = false;
  /** ms that slow evaluations have taken. */
  private spent = 0;

  constructor(private readonly turns: EvaluationTurns) {}

  /** Evaluates when its turn has come. `evaluate` reports each step to the {@link TimedEvaluation} that it is given. */
  run<T>(evaluate: (evaluation: TimedEvaluation) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.queue.push(() => this.begin(evaluate, resolve, reject));
      if (this.queue.length === 1) this.turns.request(this);
    });
  }

  /** Nobody wants the results any more: what runs ends at its next step, what waits at its first. */
  close(): void {
    this.isClosed = true;
    this.running?.stop();
  }

  proceed(): void {
    const [next] = this.queue;
    if (next) next();
    // The one that had asked for this turn has ended meanwhile, and it was the last one.
    else this.turns.release(0);
  }

  private begin<T>(
    evaluate: (evaluation: TimedEvaluation) => Promise<T>,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ): void {
    const isSpent = this.spent >= BUDGET_MS;
    const why = isSpent ? `: the slow expressions of this execution have had their ${BUDGET_MS} ms in all` : '';
    const evaluation = new TimedEvaluation(this.turns.clock, isSpent ? SLOW_MS : LIMIT_MS, why, (ms, resume) => {
      this.queue[0] = resume;
      this.giveBack(ms);
    });
    this.running = evaluation;
    if (this.isClosed) evaluation.stop();
    evaluate(evaluation).then(
      (value) => {
        this.end(evaluation);
        resolve(value);
      },
      (error: unknown) => {
        this.end(evaluation);
        reject(error);
      },
    );
  }

  private end(evaluation: TimedEvaluation): void {
    const ms = evaluation.end();
    if (evaluation.used > SLOW_MS) this.spent += evaluation.used;
    this.queue.shift();
    // One that a failed branch ended while others waited has given the thread back, and asked for a turn: whoever is next
    // has that one.
    if (!evaluation.isPaused) this.giveBack(ms);
  }

  private giveBack(ms: number): void {
    if (this.queue.length > 0) this.turns.request(this);
    this.turns.release(ms);
  }
}
