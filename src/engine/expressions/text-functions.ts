import { ExpressionLimitError } from './expression-limit-error.js';
import { MAX_ITEMS, builtIn, checkTime, type Focus } from './jsonata-internals.js';
import { MAX_TEXT } from './value-weight.js';

/** Most characters of the text times those of what is looked for in it: about half a second at worst. */
const SEARCH_LIMIT = 1_000_000_000;

const SURROGATE = /[\ud800-\udfff]/;

const matchAll = await builtIn('match');
const containsMatch = await builtIn('contains');
const splitByMatch = await builtIn('split');
const replaceMatches = await builtIn('replace');

interface Match {
  next?: unknown;
}

type Matcher = (text?: string) => unknown;

/** Looks at the time limit before each match: a pattern can have millions of them. */
function guarded(matcher: unknown, focus: Focus): unknown {
  if (typeof matcher !== 'function') return matcher;
  return async (text?: string) => {
    checkTime(focus);
    const found = (await (matcher as Matcher)(text)) as Match | undefined;
    return found && { ...found, next: guarded(found.next, focus) };
  };
}

function checkSearch(text: string, wanted: string): void {
  if (text.length * wanted.length > SEARCH_LIMIT) {
    throw new ExpressionLimitError('looks for a long text in a long text');
  }
}

function checkText(characters: number): void {
  if (characters > MAX_TEXT) throw new ExpressionLimitError(`makes a text of more than ${MAX_TEXT} characters`);
}

function codePointLength(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (let index = 0; index < text.length; count++) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

/** Where the code point with this number begins. */
function offsetOf(text: string, codePoint: number): number {
  let index = 0;
  for (let count = 0; count < codePoint && index < text.length; count++) {
    index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
}

function sliceCodePoints(text: string, start: number, end?: number): string {
  if (!SURROGATE.test(text)) return text.slice(start, end);
  const total = codePointLength(text);
  const place = (index: number) => offsetOf(text, index < 0 ? Math.max(0, total + index) : index);
  const from = place(Math.trunc(start));
  return end === undefined ? text.slice(from) : text.slice(from, Math.max(from, place(Math.trunc(end))));
}

function length(text: string | undefined): number | undefined {
  return text === undefined ? undefined : codePointLength(text);
}

function substring(text: string | undefined, start: number, count?: number): string | undefined {
  if (text === undefined) return undefined;
  const total = codePointLength(text);
  const from = total + start < 0 ? 0 : start;
  if (count === undefined) return sliceCodePoints(text, from);
  if (count <= 0) return '';
  return sliceCodePoints(text, from, from >= 0 ? from + count : total + from + count);
}

function substringBefore(text: string | undefined, mark: string | undefined): string | undefined {
  if (text === undefined || mark === undefined) return text;
  checkSearch(text, mark);
  const found = text.indexOf(mark);
  return found < 0 ? text : text.slice(0, found);
}

function substringAfter(text: string | undefined, mark: string | undefined): string | undefined {
  if (text === undefined || mark === undefined) return text;
  checkSearch(text, mark);
  const found = text.indexOf(mark);
  return found < 0 ? text : text.slice(found + mark.length);
}

function pad(text: string | undefined, width: number, character?: string): string | undefined {
  if (text === undefined) return undefined;
  const missing = Math.abs(Math.trunc(width)) - codePointLength(text);
  if (missing <= 0) return text;
  const filling = character === undefined || character === '' ? ' ' : character;
  checkText(text.length + missing * 2);
  const repeats = Math.ceil(missing / codePointLength(filling));
  checkText(repeats * filling.length);
  const padding = sliceCodePoints(filling.repeat(repeats), 0, missing);
  return width > 0 ? text + padding : padding + text;
}

function match(this: Focus, text: unknown, pattern: unknown, limit: unknown): unknown {
  return matchAll.call(this, text, guarded(pattern, this), limit);
}

function contains(this: Focus, text: string | undefined, token: unknown): unknown {
  if (typeof token !== 'string' || text === undefined) return containsMatch.call(this, text, guarded(token, this));
  checkSearch(text, token);
  return text.includes(token);
}

function split(this: Focus, text: string | undefined, separator: unknown, limit?: number): unknown {
  if (typeof separator !== 'string' || text === undefined || (limit !== undefined && limit < 0)) {
    return splitByMatch.call(this, text, guarded(separator, this), limit);
  }
  checkSearch(text, separator);
  const parts = text.split(separator, limit === undefined ? MAX_ITEMS + 1 : Math.min(Math.trunc(limit), MAX_ITEMS + 1));
  if (parts.length > MAX_ITEMS) throw new ExpressionLimitError(`splits a text into more than ${MAX_ITEMS} parts`);
  return parts;
}

function replace(
  this: Focus,
  text: string | undefined,
  pattern: unknown,
  replacement: unknown,
  limit?: number,
): unknown {
  if (typeof pattern !== 'string' || pattern === '' || text === undefined || (limit !== undefined && limit < 0)) {
    return replaceMatches.call(this, text, guarded(pattern, this), replacement, limit);
  }
  if (typeof replacement !== 'string') throw new ExpressionLimitError('replaces a text by what is no text');
  checkSearch(text, pattern);
  const parts: string[] = [];
  let from = 0;
  for (let found = text.indexOf(pattern); found >= 0; found = text.indexOf(pattern, from)) {
    if (limit !== undefined && parts.length >= limit) break;
    if (parts.length >= MAX_ITEMS) throw new ExpressionLimitError(`replaces more than ${MAX_ITEMS} times`);
    parts.push(text.slice(from, found));
    from = found + pattern.length;
  }
  checkText(text.length + parts.length * replacement.length);
  parts.push(text.slice(from));
  return parts.join(replacement);
}

function join(texts: string[] | undefined, separator?: string): string | undefined {
  if (texts === undefined) return undefined;
  checkText(texts.length * (separator?.length ?? 0));
  return texts.join(separator ?? '');
}

/** JSONata's functions of texts with an end to what they take and make; by name, with JSONata's signatures. */
export const textFunctions = {
  length: { implementation: length, signature: '<s-:n>' },
  substring: { implementation: substring, signature: '<s-nn?:s>' },
  substringBefore: { implementation: substringBefore, signature: '<s-s:s>' },
  substringAfter: { implementation: substringAfter, signature: '<s-s:s>' },
  pad: { implementation: pad, signature: '<s-ns?:s>' },
  match: { implementation: match, signature: '<s-f<s:o>n?:a<o>>' },
  contains: { implementation: contains, signature: '<s-(sf):b>' },
  split: { implementation: split, signature: '<s-(sf)n?:a<s>>' },
  replace: { implementation: replace, signature: '<s-(sf)(sf)n?:s>' },
  join: { implementation: join, signature: '<a<s>s?:s>' },
};
