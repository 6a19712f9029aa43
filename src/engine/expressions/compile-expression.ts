import jsonata from 'jsonata';
import { NodeError } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import { checkSyntaxTree, RefusedSyntaxError } from './check-syntax-tree.js';
import { copyResult } from './copy-result.js';
import type { CompiledExpression, ExpressionEnvironment } from './expression.js';
import { ExpressionSyntaxError } from './expression-syntax-error.js';
import { compileFastPath, SLOW, type FastPath } from './fast-path.js';
import type { AstNode } from './jsonata-ast.js';
import { ExpressionLimitError } from './expression-limit-error.js';
import { ENVIRONMENT, MAX_ITEMS, TIMED, timedOf, type Evaluation } from './jsonata-internals.js';
import { LinearRegExp, LinearRegexError } from './linear-regex.js';
import { findNodeReferences } from './node-references.js';
import type { ParseBudget } from './parse-budget.js';
import { parseCommonExpression } from './parse-common-expression.js';
import { defaultingDepth, findExpressionEnd } from './scan-expression.js';
import { checkWeight } from './value-weight.js';

/** Longest expression in characters. */
const MAX_SOURCE = 32_768;

/** Most characters that the parser may come to look at when `?:` and `??` double what stands left of them. */
const MAX_DOUBLED_SOURCE = 1_000_000;

/** JSONata's own limit of time would count the turns of others too; see execution-evaluations.ts. */
const LIMITS = {
  stack: 200,
  sequence: MAX_ITEMS,
  RegexEngine: LinearRegExp as unknown as RegExpConstructor,
};

/** JSONata calls what stands under this name after each step of an evaluation. */
const AFTER_EACH_STEP = Symbol.for('jsonata.__evaluate_exit') as unknown as string;

/** Longest part of an expression, or of its error, that a message repeats. */
const MAX_QUOTE = 300;

export interface ExpressionOptions {
  /**
   * Where the outputs of nodes are: `root` for an expression in a config, whose root is the whole scope; `variable` for
   * an edge's condition, whose root is the source's output and which reads `$nodes`. Only the references depend on it.
   */
  nodes?: 'root' | 'variable';
  /** Of the document that the expression belongs to. */
  budget?: ParseBudget;
}

/**
 * Compiles a JSONata expression, with or without `{{ }}` around the whole of it. What it computes is a matter of its
 * input alone, it ends within its limits, and it has no way out of its data.
 * @throws ExpressionSyntaxError
 */
export function compileExpression(source: string, options: ExpressionOptions = {}): CompiledExpression {
  const text = withoutBraces(source);
  const { ast, expression } = parseCommon(text) ?? parse(text, options.budget);
  try {
    const references = findNodeReferences(ast, options.nodes === 'variable');
    return new JsonataExpression(text, references, compileFastPath(ast), expression);
  } catch (error) {
    throw syntaxError(error, text);
  }
}

/** Without JSONata's own parser, which is needed on the first use of such an expression that its fast path is no match for. */
function parseCommon(source: string): { ast: AstNode; expression?: undefined } | undefined {
  const ast = source.length > MAX_SOURCE ? undefined : parseCommonExpression(source);
  if (ast === undefined) return undefined;
  try {
    checkSyntaxTree(ast);
  } catch (error) {
    throw syntaxError(error, source);
  }
  return { ast };
}

function withoutBraces(source: string): string {
  const text = source.trim();
  return text.startsWith('{{') && findExpressionEnd(text, 2) === text.length - 2 ? text.slice(2, -2).trim() : text;
}

function parse(source: string, budget?: ParseBudget): { expression: jsonata.Expression; ast: AstNode } {
  if (source === '') throw new ExpressionSyntaxError('The expression is empty', source);
  if (source.length > MAX_SOURCE) {
    throw new ExpressionSyntaxError(`The expression is longer than ${MAX_SOURCE} characters`, source);
  }
  if (source.length * 2 ** defaultingDepth(source) > MAX_DOUBLED_SOURCE) {
    throw new ExpressionSyntaxError('The expression nests ?: and ?? too deeply', source);
  }
  budget?.spend(source);
  try {
    const expression = withoutStacks(() => jsonata(source, LIMITS));
    const ast = expression.ast() as AstNode;
    for (const [name, safe] of checkSyntaxTree(ast)) {
      expression.registerFunction(name, safe.implementation as () => unknown, safe.signature);
    }
    expression.assign(AFTER_EACH_STEP, afterStep);
    return { expression, ast };
  } catch (error) {
    throw syntaxError(error, source);
  }
}

/** JSONata writes a stack into each of its errors, which takes longer than the parsing. */
function withoutStacks<T>(act: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return act();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** JSONata waits for what it gives before it goes on. */
function afterStep(node: AstNode, _input: unknown, evaluation: Evaluation, result: unknown): Promise<void> | undefined {
  try {
    checkWeight(node, evaluation, result);
    return timedOf(evaluation).step();
  } catch (error) {
    if (error instanceof ExpressionLimitError) error.position ??= node.position;
    throw error;
  }
}

function syntaxError(error: unknown, source: string): ExpressionSyntaxError {
  if (error instanceof RefusedSyntaxError) return new ExpressionSyntaxError(error.message, source, error.position);
  if (error instanceof RangeError) return new ExpressionSyntaxError('The expression is nested too deeply', source);
  const { message, position } = describe(error);
  return new ExpressionSyntaxError(message, source, position);
}

class JsonataExpression implements CompiledExpression {
  constructor(
    readonly source: string,
    readonly references: CompiledExpression['references'],
    private readonly fast: FastPath | undefined,
    /** Compiled on its first use when the fast path was had without it. */
    private expression: jsonata.Expression | undefined,
  ) {}

  evaluate(
    root: JsonValue,
    environment: ExpressionEnvironment,
    bindings?: JsonObject,
  ): JsonValue | undefined | Promise<JsonValue | undefined> {
    if (this.fast) {
      try {
        const value = this.fast(root, bindings);
        if (value !== SLOW) return copyResult(value);
      } catch (error) {
        throw this.failure(error);
      }
    }
    return environment.evaluations.run((timed) =>
      this.evaluateByJsonata(root, { ...bindings, [ENVIRONMENT]: environment, [TIMED]: timed }),
    );
  }

  private async evaluateByJsonata(root: JsonValue, bindings: object): Promise<JsonValue | undefined> {
    try {
      this.expression ??= parse(this.source).expression;
      return copyResult(await this.expression.evaluate(root, bindings));
    } catch (error) {
      throw this.failure(error);
    }
  }

  private failure(error: unknown): NodeError {
    const { message, position } = describe(error);
    const details: JsonObject = { expression: this.source };
    if (position !== undefined) details.position = position;
    return new NodeError('EXPRESSION_ERROR', `Expression {{ ${shortened(this.source)} }}: ${shortened(message)}`, {
      effect: 'none',
      details,
    });
  }
}

/** JSONata throws plain objects with a message and a position; what it does not foresee comes as an Error. */
function describe(error: unknown): { message: string; position?: number } {
  const { message, position } = (error ?? {}) as { message?: unknown; position?: unknown };
  const place = typeof position === 'number' && position > 0 ? position : undefined;
  if (error instanceof RangeError) return { message: 'it goes too deep or makes too long a text', position: place };
  if (error instanceof ExpressionLimitError || error instanceof LinearRegexError) {
    return { message: error.message, position: place };
  }
  return { message: typeof message === 'string' ? message : 'it cannot be evaluated', position: place };
}

function shortened(text: string): string {
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text;
}
