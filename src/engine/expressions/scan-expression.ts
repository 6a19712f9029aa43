/** A lexical piece of a JSONata expression; spaces and comments are none. */
interface Token {
  kind: 'operand' | 'operator' | 'open' | 'close';
  text: string;
  start: number;
  end: number;
}

const SPACE = ' \t\n\r\v';
const OPENING = '([{';
const CLOSING = ')]}';
/** Characters that end a name, as JSONata's own tokenizer has them. */
const OPERATOR_CHARACTERS = '.[]{}(),@#;:?+-*/%|=<>^&!~';
const TWO_CHARACTER_OPERATORS = new Set(['..', ':=', '!=', '>=', '<=', '**', '~>', '?:', '??']);
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?/y;

/**
 * Finds the `}}` that ends the expression which begins at `start`: not one inside a string, a quoted name, a regular
 * expression, a comment or an object. -1 when there is none.
 */
export function findExpressionEnd(text: string, start: number): number {
  const open: string[] = [];
  for (const token of tokens(text, start)) {
    if (token.kind === 'open') open.push(token.text);
    if (token.kind !== 'close') continue;
    // With another bracket still open the expression is wrong; it ends here all the same, and its compiler says why.
    if (token.text === '}' && open.at(-1) !== '{' && text[token.end] === '}') return token.start;
    open.pop();
  }
  return -1;
}

/**
 * How deep operators `?:` and `??` stand in brackets inside each other. JSONata's parser copies what stands left of
 * each, so that every level doubles the syntax tree.
 */
export function defaultingDepth(source: string): number {
  const groups = [{ inner: 0, defaults: false }];
  const height = (group: { inner: number; defaults: boolean } | undefined) =>
    group ? group.inner + (group.defaults ? 1 : 0) : 0;
  const close = () => {
    const closed = height(groups.pop());
    const outer = groups.at(-1);
    if (outer) outer.inner = Math.max(outer.inner, closed);
  };
  for (const token of tokens(source, 0)) {
    const group = groups.at(-1);
    if (token.kind === 'open') groups.push({ inner: 0, defaults: false });
    else if (token.kind === 'close' && groups.length > 1) close();
    else if (group && (token.text === '?:' || token.text === '??')) group.defaults = true;
  }
  while (groups.length > 1) close();
  return height(groups[0]);
}

/** Splits as JSONata's tokenizer does. It never throws: what is not closed reaches to the end of the text. */
function* tokens(text: string, start: number): Generator<Token> {
  let position = start;
  let previous: Token | undefined;
  while (position < text.length) {
    const next = skipSpaceAndComments(text, position);
    if (next >= text.length) return;
    previous = tokenAt(text, next, previous);
    yield previous;
    position = previous.end;
  }
}

function skipSpaceAndComments(text: string, from: number): number {
  let position = from;
  while (position < text.length) {
    if (SPACE.includes(text.charAt(position))) position += 1;
    else if (text.startsWith('/*', position)) position = after(text, '*/', position + 2);
    else return position;
  }
  return position;
}

function tokenAt(text: string, start: number, previous: Token | undefined): Token {
  const character = text.charAt(start);
  const token = (kind: Token['kind'], end: number): Token => ({ kind, text: text.slice(start, end), start, end });
  const follows = previous?.kind === 'operand' || previous?.kind === 'close';
  if (character === '/' && !follows) {
    const end = endOfRegex(text, start + 1);
    return end < 0 ? token('operator', start + 1) : token('operand', end);
  }
  if (OPENING.includes(character)) return token('open', start + 1);
  if (CLOSING.includes(character)) return token('close', start + 1);
  if (TWO_CHARACTER_OPERATORS.has(text.slice(start, start + 2))) return token('operator', start + 2);
  if (OPERATOR_CHARACTERS.includes(character)) return token('operator', start + 1);
  if (character === '"' || character === "'") return token('operand', endOfString(text, start + 1, character));
  if (character === '`') return token('operand', after(text, '`', start + 1));
  NUMBER.lastIndex = start;
  const number = NUMBER.exec(text);
  if (number) return token('operand', start + number[0].length);
  const end = endOfName(text, start);
  const word = text.slice(start, end);
  return token(word === 'and' || word === 'or' || word === 'in' ? 'operator' : 'operand', end);
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function endOfString(text: string, from: number, quote: string): number {
  for (let position = from; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === '\\') position += 1;
    else if (character === quote) return position + 1;
  }
  return text.length;
}

function endOfName(text: string, from: number): number {
  let position = from;
  while (position < text.length) {
    const character = text.charAt(position);
    if (SPACE.includes(character) || OPERATOR_CHARACTERS.includes(character)) break;
    position += 1;
  }
  return position;
}

/** -1 when no slash ends it: then the first one was a division. */
function endOfRegex(text: string, from: number): number {
  let depth = 0;
  let escaped = false;
  for (let position = from; position < text.length; position++) {
    const character = text.charAt(position);
    if (character === '/' && depth === 0 && !escaped) {
      let end = position + 1;
      while (text.charAt(end) === 'i' || text.charAt(end) === 'm') end += 1;
      return end;
    }
    const bare = text.charAt(position - 1) !== '\\';
    if (bare && OPENING.includes(character)) depth += 1;
    else if (bare && CLOSING.includes(character)) depth -= 1;
    escaped = character === '\\' && !escaped;
  }
  return -1;
}
