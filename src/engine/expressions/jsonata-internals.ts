import jsonata from 'jsonata';
import type { ExpressionEnvironment } from './expression.js';
import type { TimedEvaluation } from './timed-evaluation.js';

/** A frame of a running evaluation, as JSONata hands it to functions and hooks. */
export interface Evaluation {
  base: {
    /** Ours; see value-weight.ts. */
    weights?: Map<object, number>;
    /** Ours; see {@link timedOf}. */
    timed?: TimedEvaluation;
  };
  lookup(name: string): unknown;
}

/** `this` of a function that an expression calls. */
export interface Focus {
  environment: Evaluation;
  input: unknown;
  /** A list that JSONata takes apart when it has one item or none, and that does not grow above its limit. */
  createSequence(...item: unknown[]): unknown[];
}

/** A function in the form in which JSONata defines its own. */
export interface NativeFunction {
  implementation: (this: unknown, ...args: unknown[]) => unknown;
}

/** JSONata's own function of this name; it is had by evaluating the name. */
export async function builtIn(name: string): Promise<NativeFunction['implementation']> {
  const definition = (await jsonata(`$${name}`).evaluate(undefined)) as NativeFunction;
  return definition.implementation;
}

/** Most items of a list that an expression makes. */
export const MAX_ITEMS = 100_000;

/** Under which an evaluation finds its {@link ExpressionEnvironment}: no expression can name a variable so. */
export const ENVIRONMENT = ' environment';

/** Under which an evaluation finds what looks after its time. */
export const TIMED = ' timed';

/** What pins time and randomness of the running evaluation. */
export function environmentOf(focus: Focus): ExpressionEnvironment {
  return focus.environment.lookup(ENVIRONMENT) as ExpressionEnvironment;
}

/** What looks after the time of the running evaluation. Kept with it: it is asked for after each step. */
export function timedOf(evaluation: Evaluation): TimedEvaluation {
  const { base } = evaluation;
  base.timed ??= evaluation.lookup(TIMED) as TimedEvaluation;
  return base.timed;
}

/**
 * For the loops of a built-in function, in which no step of the evaluation ends.
 * @throws ExpressionLimitError when the evaluation has taken too long
 */
export function checkTime(focus: Focus): void {
  timedOf(focus.environment).check();
}
