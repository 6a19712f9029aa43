import type { JsonValue } from '../../engine/json.js';

/**
 * Reads how PostgreSQL writes an array (`{1,NULL,"a \"b\""}`, with bounds `[0:1]={1,2}`) in linear time; pg's own parser
 * is quadratic in the number of quoted elements.
 * @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function parseArrayText(text: string, element: (text: string) => JsonValue): JsonValue[] {
  const outer: JsonValue[][] = [];
  let current: JsonValue[] = [];
  let at = text.indexOf('{') + 1;
  while (at < text.length) {
    const mark = text[at];
    if (mark === '{') {
      const inner: JsonValue[] = [];
      current.push(inner);
      outer.push(current);
      current = inner;
    } else if (mark === '}') {
      // The last one has none around it.
      current = outer.pop() ?? current;
    } else if (mark !== ',') {
      const end = mark === '"' ? endOfQuoted(text, at + 1) : endOfPlain(text, at);
      const raw = text.slice(at, end);
      current.push(raw === 'NULL' ? null : element(mark === '"' ? unquoted(raw) : raw));
      at = end;
      continue;
    }
    at += 1;
  }
  return current;
}

/** Behind the closing quote. */
function endOfQuoted(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfPlain(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1;
  return at;
}

function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner;
}
