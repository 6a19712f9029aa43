import type { AstNode } from './jsonata-ast.js';

interface Token {
  type: 'number' | 'string' | 'name' | 'variable' | 'value' | 'operator' | 'end';
  value: unknown;
  /** Where it ends. */
  position: number;
}

/** A name goes on until one of these. */
const AFTER_NAME = String.raw`(?=$|[ \t\n\r\v.[\]{}(),@#;:?+\-*/%|=<>^&!~])`;
const KINDS = [
  String.raw`((?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][-+]?\d+)?)`, // number
  String.raw`"([^"\\]*)"`, // text without escapes
  String.raw`'([^'\\]*)'`,
  '`([^`]*)`', // name
  String.raw`\$([\p{L}\p{N}_$]*)${AFTER_NAME}`, // variable
  String.raw`([\p{L}_][\p{L}\p{N}_]*)${AFTER_NAME}`, // name, constant or operator
  String.raw`(!=|<=|>=|[.+\-*/%=<>&?:,()[\]{}])`, // operator
];
const TOKEN = new RegExp(String.raw`[ \t\n\r\v]*(?:${KINDS.join('|')})`, 'uy');
const BLANKS = /[ \t\n\r\v]*$/y;
const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const WORD_OPERATORS = new Set(['and', 'or', 'in']);
/** Two characters that together are an operator or a comment which is not among the common ones. */
const UNCOMMON_PAIRS = new Set(['..', '**', ':=', '?:', '??', '/*']);

/** How strongly the operators bind; those of JSONata. */
const BINDING = new Map<unknown, number>([
  ['(', 80],
  ['[', 80],
  ['.', 75],
  ['{', 70],
  ['*', 60],
  ['/', 60],
  ['%', 60],
  ['+', 50],
  ['-', 50],
  ['&', 50],
  ['=', 40],
  ['!=', 40],
  ['<', 40],
  ['<=', 40],
  ['>', 40],
  ['>=', 40],
  ['in', 40],
  ['and', 30],
  ['or', 25],
  ['?', 20],
]);
const UNARY_BINDING = 70;
const STEPS = new Set(['path', 'variable', 'function', 'block', 'string']);
const DEEPEST = 100;

/** Made once: where it comes from is of no interest. */
const UNCOMMON = new Error('Not a common expression');

/**
 * The syntax tree that JSONata's own parser makes, fifty times as fast, of what most expressions are made of: paths,
 * literals, operators between values, conditions, calls of functions by name, constructors. Undefined for what has
 * anything else in it, and for what is no expression at all: that is for JSONata to say.
 */
export function parseCommonExpression(source: string): AstNode | undefined {
  try {
    return new CommonParser(source).parse();
  } catch (error) {
    if (error === UNCOMMON) return undefined;
    throw error;
  }
}

/** Vaughan R. Pratt, Top Down Operator Precedence, POPL 1973. */
class CommonParser {
  private at = 0;
  private depth = 0;
  private token: Token;

  constructor(private readonly source: string) {
    this.token = this.read();
  }

  parse(): AstNode {
    const whole = this.expression(0);
    if (this.token.type !== 'end') throw UNCOMMON;
    return whole;
  }

  private expression(binding: number): AstNode {
    if (++this.depth > DEEPEST) throw UNCOMMON;
    let left = this.prefix(this.take());
    while (this.token.type === 'operator' && (BINDING.get(this.token.value) ?? 0) > binding) {
      left = this.infix(left, this.take());
    }
    this.depth -= 1;
    return left;
  }

  private prefix(token: Token): AstNode {
    const { type, value, position } = token;
    if (type === 'name') return { type: 'path', steps: [{ type, value, position }] };
    if (type === 'operator') return this.prefixOperator(value, position);
    if (type === 'end') throw UNCOMMON;
    return { type, value, position };
  }

  private prefixOperator(operator: unknown, position: number): AstNode {
    switch (operator) {
      case '-':
        return negative(this.expression(UNARY_BINDING), position);
      case '(': {
        const inner = this.expression(0);
        this.expect(')');
        return { type: 'block', position, expressions: [inner] };
      }
      case '[':
        return { type: 'unary', value: '[', position, expressions: this.list(']', () => this.expression(0)) };
      case '{':
        return { type: 'unary', value: '{', position, lhs: this.list('}', () => this.pair()) };
      default:
        throw UNCOMMON;
    }
  }

  private infix(left: AstNode, { value, position }: Token): AstNode {
    switch (value) {
      case '.':
        return path(left, this.expression(75));
      case '(':
        if (left.type !== 'variable') throw UNCOMMON;
        return {
          type: 'function',
          value: '(',
          position,
          arguments: this.list(')', () => this.expression(0)),
          procedure: left,
        };
      case '?':
        return this.condition(left, position);
      case '[':
      case '{':
        throw UNCOMMON;
      default:
        return { type: 'binary', value, position, lhs: left, rhs: this.expression(BINDING.get(value) ?? 0) };
    }
  }

  private condition(condition: AstNode, position: number): AstNode {
    const then = this.expression(0);
    if (this.token.type !== 'operator' || this.token.value !== ':')
      return { type: 'condition', position, condition, then };
    this.expect(':');
    return { type: 'condition', position, condition, then, else: this.expression(0) };
  }

  private pair(): [AstNode, AstNode] {
    const key = this.expression(0);
    this.expect(':');
    return [key, this.expression(0)];
  }

  private list<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    if (this.token.type === 'operator' && this.token.value === end) {
      this.take();
      return items;
    }
    for (;;) {
      items.push(item());
      const { type, value } = this.take();
      if (type !== 'operator' || (value !== ',' && value !== end)) throw UNCOMMON;
      if (value === end) return items;
    }
  }

  private expect(operator: string): void {
    const { type, value } = this.take();
    if (type !== 'operator' || value !== operator) throw UNCOMMON;
  }

  private take(): Token {
    const { token } = this;
    if (token.type !== 'end') this.token = this.read();
    return token;
  }

  private read(): Token {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.source);
    if (match === null) {
      BLANKS.lastIndex = this.at;
      if (!BLANKS.test(this.source)) throw UNCOMMON;
      return { type: 'end', value: undefined, position: this.source.length };
    }
    this.at = TOKEN.lastIndex;
    const [, number, double, single = double, quoted, variable, name, operator] = match;
    const position = this.at;
    if (name !== undefined) return named(name, position);
    if (operator !== undefined) {
      if (UNCOMMON_PAIRS.has(this.source.slice(position - 1, position + 1))) throw UNCOMMON;
      return { type: 'operator', value: operator, position };
    }
    if (variable !== undefined) return { type: 'variable', value: variable, position };
    if (single !== undefined) return { type: 'string', value: single, position };
    if (quoted !== undefined) return { type: 'name', value: quoted, position };
    const value = Number(number);
    if (!Number.isFinite(value)) throw UNCOMMON;
    return { type: 'number', value, position };
  }
}

function named(name: string, position: number): Token {
  if (WORD_OPERATORS.has(name)) return { type: 'operator', value: name, position };
  const constant = CONSTANTS.get(name);
  return constant === undefined
    ? { type: 'name', value: name, position }
    : { type: 'value', value: constant, position };
}

function negative(operand: AstNode, position: number): AstNode {
  if (operand.type === 'number') return { ...operand, value: -(operand.value as number) };
  return { type: 'unary', value: '-', position, expression: operand };
}

/** Texts that are steps are names. */
function path(left: AstNode, right: AstNode): AstNode {
  if (!STEPS.has(left.type) || !STEPS.has(right.type)) throw UNCOMMON;
  const steps = [left, right].flatMap((part) => (part.type === 'path' ? (part.steps ?? []) : [part]));
  return { type: 'path', steps: steps.map((step) => (step.type === 'string' ? { ...step, type: 'name' } : step)) };
}
