import type { JsonObject, JsonValue } from '../json.js';
import { setOwn } from '../plain-json.js';
import type { AstNode } from './jsonata-ast.js';
import { MAX_ITEMS } from './jsonata-internals.js';
import { isTruthy } from './is-truthy.js';

/** The value cannot be computed here: JSONata itself must, also for what is an error. */
export const SLOW = Symbol('slow');

type Result = JsonValue | undefined | typeof SLOW;

/** Computes what JSONata would give, at once and without a promise, or says {@link SLOW}. */
export type FastPath = (root: JsonValue, bindings: JsonObject | undefined) => Result;

/** Longest text that is put together here. */
const MAX_FAST_TEXT = 100_000;

/**
 * Compiles the part of JSONata that most expressions consist of: paths of plain names, literals, operators between
 * single values, conditions and constructors. Undefined when the expression has anything else in it.
 */
export function compileFastPath(node: AstNode): FastPath | undefined {
  if (node.predicate || node.stages || node.group || 'keepArray' in node || 'keepSingletonArray' in node)
    return undefined;
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
      return literal(node.value as JsonValue);
    case 'variable':
      return variable(String(node.value));
    case 'path':
      return path(node.steps ?? []);
    case 'binary':
      return binary(node);
    case 'unary':
      return unary(node);
    case 'condition':
      return condition(node);
    case 'function':
      return call(node);
    case 'block':
      return node.expressions?.length === 1 && node.expressions[0] ? compileFastPath(node.expressions[0]) : undefined;
    default:
      return undefined;
  }
}

function literal(value: JsonValue): FastPath {
  return () => value;
}

function variable(name: string): FastPath {
  if (name === '' || name === '$') return (root) => (Array.isArray(root) ? SLOW : root);
  return (_root, bindings) => (bindings && Object.hasOwn(bindings, name) ? bindings[name] : SLOW);
}

/** A path whose steps are names and no more; its first step may be a variable. */
function path(steps: AstNode[]): FastPath | undefined {
  const [first, ...rest] = steps;
  const start =
    first?.type === 'variable' && Object.keys(first).length === 3 ? variable(String(first.value)) : undefined;
  const names: string[] = [];
  for (const step of start ? rest : steps) {
    if (step.type !== 'name' || Object.keys(step).length !== 3) return undefined;
    names.push(String(step.value));
  }
  if (!start) return (root) => walk(root, names);
  return (root, bindings) => {
    const from = start(root, bindings);
    return from === SLOW || from === undefined ? from : walk(from, names);
  };
}

function walk(root: JsonValue, names: readonly string[]): Result {
  let value: JsonValue | undefined = root;
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return undefined;
    // A list is mapped over, and what looks like a function has no fields.
    if (Array.isArray(value) || mayActAsFunction(value)) return SLOW;
    if (!Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Data that JSONata takes for a function; it looks into lists for it too. */
function mayActAsFunction(value: JsonObject | JsonValue[]): boolean {
  return Array.isArray(value) ? value.some(isContainer) : looksLikeFunction(value);
}

function looksLikeFunction(value: JsonObject): boolean {
  return value._jsonata_lambda === true || value._jsonata_function === true;
}

function binary(node: AstNode): FastPath | undefined {
  const operator = String(node.value);
  const left = compileFastPath(node.lhs as AstNode);
  const right = node.rhs && compileFastPath(node.rhs);
  if (!left || !right) return undefined;
  if (operator === 'and' || operator === 'or') return logical(operator, left, right);
  const apply = OPERATORS.get(operator);
  if (!apply) return undefined;
  return (root, bindings) => {
    const a = left(root, bindings);
    if (a === SLOW) return SLOW;
    const b = right(root, bindings);
    return b === SLOW ? SLOW : apply(a, b);
  };
}

type Operator = (a: JsonValue | undefined, b: JsonValue | undefined) => Result;

const OPERATORS = new Map<string, Operator>([
  ['+', arithmetic((a, b) => a + b)],
  ['-', arithmetic((a, b) => a - b)],
  ['*', arithmetic((a, b) => a * b)],
  ['/', arithmetic((a, b) => a / b)],
  ['%', arithmetic((a, b) => a % b)],
  ['=', equality((a, b) => a === b)],
  ['!=', equality((a, b) => a !== b)],
  ['<', comparison((a, b) => a < b)],
  ['<=', comparison((a, b) => a <= b)],
  ['>', comparison((a, b) => a > b)],
  ['>=', comparison((a, b) => a >= b)],
  ['&', concatenation],
  ['in', membership],
]);

function arithmetic(compute: (a: number, b: number) => number): Operator {
  return (a, b) => {
    if ((a !== undefined && !isFiniteNumber(a)) || (b !== undefined && !isFiniteNumber(b))) return SLOW;
    return a === undefined || b === undefined ? undefined : compute(a, b);
  };
}

function equality(compare: (a: JsonValue, b: JsonValue) => boolean): Operator {
  return (a, b) => {
    if (a === undefined || b === undefined) return false;
    return isContainer(a) || isContainer(b) ? SLOW : compare(a, b);
  };
}

function comparison(compare: (a: number | string, b: number | string) => boolean): Operator {
  return (a, b) => {
    if (!isComparable(a) || !isComparable(b)) return SLOW;
    if (a === undefined || b === undefined) return undefined;
    return typeof a === typeof b ? compare(a, b) : SLOW;
  };
}

function concatenation(a: JsonValue | undefined, b: JsonValue | undefined): Result {
  const left = textOf(a);
  const right = textOf(b);
  if (left === undefined || right === undefined || left.length + right.length > MAX_FAST_TEXT) return SLOW;
  return left + right;
}

/** As `&` writes a single value; undefined for what is none. */
function textOf(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined;
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(15)));
  }
  return isContainer(value) ? undefined : String(value);
}

function membership(a: JsonValue | undefined, b: JsonValue | undefined): Result {
  if (a === undefined || b === undefined) return false;
  if (isContainer(a)) return SLOW;
  return Array.isArray(b) ? b.includes(a) : b === a;
}

function logical(operator: 'and' | 'or', left: FastPath, right: FastPath): FastPath {
  return (root, bindings) => {
    const a = truth(left(root, bindings));
    if (a === SLOW) return SLOW;
    return a === (operator === 'or') ? a : truth(right(root, bindings));
  };
}

function truth(value: Result): boolean | typeof SLOW {
  if (value === SLOW || (typeof value === 'number' && !Number.isFinite(value))) return SLOW;
  if (typeof value === 'object' && value !== null && mayActAsFunction(value)) return SLOW;
  return isTruthy(value);
}

function condition(node: AstNode): FastPath | undefined {
  const test = node.condition && compileFastPath(node.condition);
  const then = node.then && compileFastPath(node.then);
  const otherwise = node.else ? compileFastPath(node.else) : literalNothing;
  if (!test || !then || !otherwise) return undefined;
  return (root, bindings) => {
    const chosen = truth(test(root, bindings));
    if (chosen === SLOW) return SLOW;
    return chosen ? then(root, bindings) : otherwise(root, bindings);
  };
}

const literalNothing: FastPath = () => undefined;

/** `$exists`, which `??` is made of, and `$not` and `$boolean` of one argument. */
function call(node: AstNode): FastPath | undefined {
  const argument = node.arguments?.length === 1 && node.arguments[0] ? compileFastPath(node.arguments[0]) : undefined;
  if (!argument || node.procedure?.type !== 'variable') return undefined;
  const apply = FUNCTIONS.get(String(node.procedure.value));
  if (!apply) return undefined;
  return (root, bindings) => {
    const value = argument(root, bindings);
    return value === SLOW ? SLOW : apply(value);
  };
}

const FUNCTIONS = new Map<string, (value: JsonValue | undefined) => Result>([
  ['exists', existence],
  ['boolean', (value) => (value === undefined ? undefined : truth(value))],
  ['not', negation],
]);

/** A single value that looks like a function is none that the signature of `$exists` takes. */
function existence(value: JsonValue | undefined): boolean | typeof SLOW {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && looksLikeFunction(value) ? SLOW : value !== undefined;
}

function negation(value: JsonValue | undefined): Result {
  if (value === undefined) return undefined;
  const positive = truth(value);
  return positive === SLOW ? SLOW : !positive;
}

function unary(node: AstNode): FastPath | undefined {
  if (node.value === '-') return negative(node);
  if (node.value === '{') return objectConstructor(node.lhs as [AstNode, AstNode][]);
  return node.value === '[' ? arrayConstructor(node.expressions ?? []) : undefined;
}

function negative(node: AstNode): FastPath | undefined {
  const operand = node.expression && compileFastPath(node.expression);
  if (!operand) return undefined;
  return (root, bindings) => {
    const value = operand(root, bindings);
    if (value === undefined || value === SLOW) return value;
    return isFiniteNumber(value) ? -value : SLOW;
  };
}

function objectConstructor(pairs: [AstNode, AstNode][]): FastPath | undefined {
  const fields = new Map<string, FastPath>();
  for (const [key, field] of pairs) {
    const compute = compileFastPath(field);
    if (!compute || key.type !== 'string' || typeof key.value !== 'string' || fields.has(key.value)) return undefined;
    if (key.value.startsWith('_jsonata_')) return undefined;
    fields.set(key.value, compute);
  }
  return (root, bindings) => {
    // A list is what an object would be made of for each item.
    if (Array.isArray(root)) return SLOW;
    const result: JsonObject = {};
    for (const [key, compute] of fields) {
      const value = compute(root, bindings);
      if (value === SLOW) return SLOW;
      if (value !== undefined) setOwn(result, key, value);
    }
    return result;
  };
}

function arrayConstructor(expressions: AstNode[]): FastPath | undefined {
  const items: { compute: FastPath; nested: boolean }[] = [];
  for (const expression of expressions) {
    const compute = compileFastPath(expression);
    if (!compute) return undefined;
    items.push({ compute, nested: expression.value === '[' });
  }
  return (root, bindings) => {
    const result: JsonValue[] = [];
    for (const { compute, nested } of items) {
      const value = compute(root, bindings);
      if (value === SLOW) return SLOW;
      // A list in a list is its items, unless it was written as a list of its own.
      if (Array.isArray(value) && !nested) for (const item of value) result.push(item);
      else if (value !== undefined) result.push(value);
      if (result.length > MAX_ITEMS) return SLOW;
    }
    return result;
  };
}

function isFiniteNumber(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isContainer(value: JsonValue): value is JsonValue[] | JsonObject {
  return typeof value === 'object' && value !== null;
}

function isComparable(value: JsonValue | undefined): value is number | string | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}
