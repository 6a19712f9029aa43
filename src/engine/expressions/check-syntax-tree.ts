import { everyNode, type AstNode } from './jsonata-ast.js';
import { LinearRegexError, linearRegexOf } from './linear-regex.js';
import { listFunctions, wildcard } from './list-functions.js';
import { numberAndTimeFunctions } from './number-and-time-functions.js';
import { textFunctions } from './text-functions.js';

/** An array constructor copies what it has so far for each of its items. */
const MAX_CONSTRUCTOR_ITEMS = 1000;

/** Wishes of a function's signature (`+`, `?`, `-`) that its arguments are matched with by backtracking. */
const MAX_OPTIONAL_PARAMETERS = 8;

/** A function that takes the place of JSONata's own. */
export interface SafeFunction {
  implementation: (...args: never[]) => unknown;
  signature?: string;
}

const SAFE_FUNCTIONS = new Map<string, SafeFunction>(
  Object.entries({ ...textFunctions, ...listFunctions, ...numberAndTimeFunctions }),
);

/** Under which the step `*` finds its function: no expression can name a variable so. */
const WILDCARD = ' wildcard';

/** Something in an expression that is refused before it ever runs. */
export class RefusedSyntaxError extends Error {
  override readonly name = 'RefusedSyntaxError';

  constructor(
    message: string,
    readonly position?: number,
  ) {
    super(message);
  }
}

/**
 * Looks through a compiled expression for what must not run, and names the functions that stand in for JSONata's own.
 * The step `*` is rewritten in place into a call of ours.
 * @throws RefusedSyntaxError
 */
export function checkSyntaxTree(ast: AstNode): Map<string, SafeFunction> {
  const functions = new Map<string, SafeFunction>();
  for (const node of everyNode(ast)) {
    checkNode(node);
    if (node.type === 'variable') {
      const name = String(node.value);
      const safe = SAFE_FUNCTIONS.get(name);
      if (safe) functions.set(name, safe);
    } else if (node.type === 'wildcard') {
      node.type = 'function';
      node.procedure = { type: 'variable', value: WILDCARD };
      node.arguments = [{ type: 'variable', value: '' }];
      functions.set(WILDCARD, { implementation: wildcard });
    }
  }
  return functions;
}

function checkNode(node: AstNode): void {
  if (node.type === 'variable' && node.value === 'eval') {
    throw new RefusedSyntaxError('$eval is not available: an expression cannot make expressions', node.position);
  }
  if (node.type === 'regex') checkRegex(node);
  if (node.type === 'unary' && node.value === '[' && (node.expressions?.length ?? 0) > MAX_CONSTRUCTOR_ITEMS) {
    throw new RefusedSyntaxError(`A list is written with more than ${MAX_CONSTRUCTOR_ITEMS} items`, node.position);
  }
  const signature = node.signature?.definition;
  if (signature === undefined) return;
  const repeated = signature.split('+').length - 1;
  if (repeated > 1 || signature.split(/[+?-]/).length - 1 > MAX_OPTIONAL_PARAMETERS) {
    throw new RefusedSyntaxError(`The function signature ${signature} has too many optional parts`, node.position);
  }
}

function checkRegex(node: AstNode): void {
  if (!(node.value instanceof RegExp)) {
    throw new RefusedSyntaxError('A regular expression cannot stand to the left of ?: or ??', node.position);
  }
  try {
    linearRegexOf(node.value);
  } catch (error) {
    if (error instanceof LinearRegexError) throw new RefusedSyntaxError(error.message, node.position);
    throw error;
  }
}
