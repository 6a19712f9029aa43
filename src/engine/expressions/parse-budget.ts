import { ExpressionSyntaxError } from './expression-syntax-error.js';

/**
 * How many expressions JSONata's own parser may still be asked for. It takes twenty times as long as ours for the common
 * ones, on the thread that serves everybody.
 */
export class ParseBudget {
  private left: number;

  constructor(private readonly most: number) {
    this.left = most;
  }

  /** @throws ExpressionSyntaxError when there were too many before this one */
  spend(source: string): void {
    if (this.left === 0) {
      throw new ExpressionSyntaxError(`More than ${this.most} expressions are not among the simple ones`, source);
    }
    this.left -= 1;
  }
}
