import type { AstNode } from './jsonata-ast.js';
import { ExpressionLimitError } from './expression-limit-error.js';
import type { Evaluation } from './jsonata-internals.js';

/** Most values, each 16 characters of text counting as one, that what an expression makes may hold. */
const MAX_WEIGHT = 1_000_000;

const CHARACTERS_PER_VALUE = 16;

/** Longest text that an expression can make. */
export const MAX_TEXT = MAX_WEIGHT * CHARACTERS_PER_VALUE;

/**
 * Stops values that grow by sharing (`$x := [$x, $x]`, `$s := $s & $s`) before a built-in function, which no time limit
 * reaches, has to walk through them: called after each step of an evaluation with its result.
 * @throws ExpressionLimitError
 */
export function checkWeight(node: AstNode, evaluation: Evaluation, result: unknown): void {
  if (!makesValues(node)) return;
  if (typeof result === 'string' ? result.length > MAX_TEXT : weigh(result, weightsOf(evaluation)) > MAX_WEIGHT) {
    throw new ExpressionLimitError(`makes a value of more than ${MAX_WEIGHT} parts`);
  }
}

function makesValues(node: AstNode): boolean {
  return (
    node.type === 'unary' ||
    node.type === 'function' ||
    node.type === 'apply' ||
    node.type === 'binary' ||
    node.group !== undefined
  );
}

/** Kept with the evaluation, so that a part which is shared is walked through once. */
function weightsOf(evaluation: Evaluation): Map<object, number> {
  evaluation.base.weights ??= new Map();
  return evaluation.base.weights;
}

function weigh(value: unknown, weights: Map<object, number>): number {
  if (typeof value === 'string') return 1 + Math.floor(value.length / CHARACTERS_PER_VALUE);
  if (typeof value !== 'object' || value === null || isFunctionDefinition(value)) return 1;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let weight = 1;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const part of parts) weight += weigh(part, weights);
  weights.set(value, weight);
  return weight;
}

/** A function as JSONata passes it around; data that only looks like one has no code in it. */
export function isFunctionDefinition(value: object): boolean {
  const { _jsonata_function, _jsonata_lambda, implementation, environment } = value as {
    _jsonata_function?: unknown;
    _jsonata_lambda?: unknown;
    implementation?: unknown;
    environment?: { lookup?: unknown };
  };
  if (_jsonata_function === true) return typeof implementation === 'function';
  return _jsonata_lambda === true && typeof environment?.lookup === 'function';
}
