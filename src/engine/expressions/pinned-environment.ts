import type { Random } from '../ports.js';
import type { ExecutionEvaluations } from './execution-evaluations.js';
import type { ExpressionEnvironment } from './expression.js';

/** The time and the randomness of one attempt; it remembers whether an expression asked for one of them. */
export class PinnedEnvironment implements ExpressionEnvironment {
  private isRead = false;

  constructor(
    /** Epoch ms. */
    private readonly time: number,
    private readonly draw: Random,
    readonly evaluations: ExecutionEvaluations,
  ) {}

  get now(): number {
    this.isRead = true;
    return this.time;
  }

  get random(): Random {
    this.isRead = true;
    return this.draw;
  }

  /** True once time or randomness has gone into something: it would come out otherwise another time. */
  get wasRead(): boolean {
    return this.isRead;
  }
}
