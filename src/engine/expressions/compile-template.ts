import { NodeError } from '../errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { MAX_JSON_DEPTH, MAX_JSON_SIZE, setOwn } from '../plain-json.js';
import { compileExpression } from './compile-expression.js';
import type {
  CompiledExpression,
  CompiledTemplate,
  ExpressionEnvironment,
  ExpressionScope,
  NodeReferences,
} from './expression.js';
import { ExpressionSyntaxError } from './expression-syntax-error.js';
import type { ParseBudget } from './parse-budget.js';
import { findExpressionEnd } from './scan-expression.js';
import { TemplateSchema } from './template-schema.js';

/** A place in a template that is wrong; `path` is dotted and empty for the whole. */
export interface TemplateProblem {
  path: string;
  message: string;
}

/** A config whose expressions cannot be compiled; all problems at once. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError';

  constructor(readonly problems: TemplateProblem[]) {
    super(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; '));
  }
}

/** Values of a template's expressions, in the order of {@link TemplateCompiler.expressions}. */
type Values = readonly (JsonValue | undefined)[];

/** Puts the values into a copy of one part of the template; undefined leaves the part out. */
type Build = (values: Values) => JsonValue | undefined;

/**
 * Compiles a config: in its texts `{{ expression }}` is put in. A text that is one expression alone keeps the type of
 * the result and is left out (null in a list) when that is nothing. Where the schema says `format: "expression"` a text
 * is an expression as a whole, and what a node type gets to see is its value (null for nothing); where it says `x-template: false`
 * everything is taken as it is. Keys are never templates, and what comes out of data is not read again.
 *
 * Parts without any expression are copied once, frozen, and the same at each {@link CompiledTemplate.resolve}: a node
 * type must not change its config.
 * @throws TemplateSyntaxError
 */
export function compileTemplate(value: JsonValue, schema?: JsonObject, budget?: ParseBudget): CompiledTemplate {
  const compiler = new TemplateCompiler(budget);
  const build = compiler.compile(value, TemplateSchema.of(schema), []);
  if (compiler.problems.length > 0) throw new TemplateSyntaxError(compiler.problems);
  return new Template(compiler.expressions, build);
}

class Template implements CompiledTemplate {
  readonly isStatic: boolean;
  readonly references: NodeReferences;

  constructor(
    private readonly expressions: readonly CompiledExpression[],
    private readonly build: Build,
  ) {
    this.isStatic = expressions.length === 0;
    this.references = {
      ids: [...new Set(expressions.flatMap((expression) => expression.references.ids))],
      computed: expressions.some((expression) => expression.references.computed),
    };
  }

  resolve(scope: ExpressionScope, environment: ExpressionEnvironment): JsonValue | Promise<JsonValue> {
    const root = scope as unknown as JsonObject;
    const values: (JsonValue | undefined)[] = [];
    for (const expression of this.expressions) {
      const value = expression.evaluate(root, environment);
      if (value instanceof Promise) return this.resolveOneByOne(values, value, root, environment);
      values.push(value);
    }
    return this.build(values) ?? null;
  }

  /** One after the other, so that they draw their random numbers in the same order every time. */
  private async resolveOneByOne(
    values: (JsonValue | undefined)[],
    first: Promise<JsonValue | undefined>,
    root: JsonObject,
    environment: ExpressionEnvironment,
  ): Promise<JsonValue> {
    values.push(await first);
    for (const expression of this.expressions.slice(values.length)) {
      values.push(await expression.evaluate(root, environment));
    }
    return this.build(values) ?? null;
  }
}

class TemplateCompiler {
  readonly expressions: CompiledExpression[] = [];
  readonly problems: TemplateProblem[] = [];

  constructor(private readonly budget: ParseBudget | undefined) {}

  compile(value: JsonValue, schema: TemplateSchema, path: readonly string[]): Build {
    if (path.length > MAX_JSON_DEPTH) {
      this.problem(path.slice(0, 3), `is nested deeper than ${MAX_JSON_DEPTH} levels`);
      return constant(null);
    }
    if (schema.isLiteral) return constant(frozenCopy(value, 0));
    if (typeof value === 'string') return this.compileText(value, schema, path);
    if (Array.isArray(value)) return this.compileList(value, schema, path);
    return isJsonObject(value) ? this.compileObject(value, schema, path) : constant(value);
  }

  private compileText(text: string, schema: TemplateSchema, path: readonly string[]): Build {
    if (schema.isExpression) {
      const whole = this.expression(text, path);
      // Nothing is an answer of a condition too; the field stays.
      return (values) => whole(values) ?? null;
    }
    if (!text.includes('{{')) return constant(text);
    const parts: (string | Build)[] = [];
    let position = 0;
    for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', position)) {
      const end = findExpressionEnd(text, open + 2);
      if (end < 0) {
        this.problem(path, `the expression that begins at character ${open + 1} has no closing }}`);
        return constant(null);
      }
      if (open > position) parts.push(text.slice(position, open));
      parts.push(this.expression(text.slice(open + 2, end), path));
      position = end + 2;
    }
    if (position < text.length) parts.push(text.slice(position));
    const [only] = parts;
    return parts.length === 1 && typeof only === 'function' ? only : textOf(parts);
  }

  private expression(source: string, path: readonly string[]): Build {
    try {
      const index = this.expressions.push(compileExpression(source, { budget: this.budget })) - 1;
      return (values) => values[index];
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
      const place = error.position === undefined ? '' : ` (at character ${error.position} of the expression)`;
      this.problem(path, error.message + place);
      return constant(null);
    }
  }

  private compileList(list: readonly JsonValue[], schema: TemplateSchema, path: readonly string[]): Build {
    const before = this.expressions.length;
    const items = list.map((item, index) => this.compile(item, schema.item(index), [...path, String(index)]));
    const build = (values: Values) => items.map((item) => item(values) ?? null);
    return this.expressions.length === before ? constant(Object.freeze(build([])) as JsonValue[]) : build;
  }

  private compileObject(object: JsonObject, schema: TemplateSchema, path: readonly string[]): Build {
    const before = this.expressions.length;
    const fields: [string, Build][] = [];
    for (const [key, field] of Object.entries(object)) {
      if (field !== undefined) fields.push([key, this.compile(field, schema.field(key), [...path, key])]);
    }
    const build = (values: Values) => {
      const result: JsonObject = {};
      for (const [key, field] of fields) {
        const value = field(values);
        if (value !== undefined) setOwn(result, key, value);
      }
      return result;
    };
    return this.expressions.length === before ? constant(Object.freeze(build([]))) : build;
  }

  private problem(path: readonly string[], message: string): void {
    this.problems.push({ path: path.join('.'), message });
  }
}

function constant(value: JsonValue): Build {
  return () => value;
}

/** The text that the parts make: values as they are written in JSON, texts as they are, nothing as nothing. */
function textOf(parts: readonly (string | Build)[]): Build {
  return (values) => {
    let text = '';
    for (const part of parts) {
      const value = typeof part === 'string' ? part : part(values);
      if (value !== undefined) text += typeof value === 'string' ? value : JSON.stringify(value);
    }
    if (text.length > MAX_JSON_SIZE) {
      const message = `A text with expressions becomes longer than ${MAX_JSON_SIZE / 1024 / 1024} MiB`;
      throw new NodeError('EXPRESSION_ERROR', message, { effect: 'none' });
    }
    return text;
  };
}

function frozenCopy(value: JsonValue, depth: number): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  // Deeper than anything that can be stored or checked; it is left as it is.
  if (depth > MAX_JSON_DEPTH) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => frozenCopy(item, depth + 1))) as JsonValue[];
  const copy: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) setOwn(copy, key, frozenCopy(field, depth + 1));
  }
  return Object.freeze(copy);
}
