import { isUtf8 } from 'node:buffer';
import { NodeError } from '../../engine/errors.js';
import type { JsonObject, JsonValue } from '../../engine/json.js';

/** How a file's bytes stand in a JSON text. */
type Encoding = 'utf8' | 'latin1' | 'base64' | 'hex';

export const encodingSchema: JsonObject = {
  type: 'string',
  enum: ['utf8', 'utf-8', 'latin1', 'base64', 'hex'],
  description: 'How the bytes stand in content; utf8 when absent.',
};

/**
 * The bytes that a content stands for: a text by its encoding, anything else as its JSON (UTF-8 or Latin-1 then).
 * @throws NodeError INVALID_CONFIG for a text that the encoding cannot say
 */
export function encodeContent(content: JsonValue | undefined, encoding: Encoding): Buffer {
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? null);
  const isJson = text !== content;
  const problem = isJson && IN_DIGITS.has(encoding) ? `wants a text in ${encoding}` : CANNOT_SAY[encoding](text);
  if (problem !== undefined) throw new NodeError('INVALID_CONFIG', `content: ${problem}`, { effect: 'none' });
  return Buffer.from(text, encoding);
}

/**
 * What of a file stands in an output.
 * @throws NodeError FILE_NOT_TEXT for bytes that are no UTF-8: what is read is never quietly something else
 */
export function decodeContent(path: string, bytes: Buffer, encoding: Encoding): string {
  if (encoding === 'utf8' && !isUtf8(bytes)) {
    const message = `${path}: is no UTF-8 text; read it with encoding latin1, base64 or hex`;
    throw new NodeError('FILE_NOT_TEXT', message, { effect: 'none', details: { path } });
  }
  return bytes.toString(encoding);
}

export function encodingOf({ encoding }: JsonObject): Encoding {
  return encoding === 'latin1' || encoding === 'base64' || encoding === 'hex' ? encoding : 'utf8';
}

/** Encodings whose texts are no text to read. */
const IN_DIGITS = new Set<Encoding>(['base64', 'hex']);

/** Buffer.from would quietly write something else. */
const CANNOT_SAY: Record<Encoding, (text: string) => string | undefined> = {
  utf8: (text) => (/\p{Surrogate}/u.test(text) ? 'has half a character (a lone surrogate) in it' : undefined),
  latin1: (text) => (/^[\0-\xff]*$/.test(text) ? undefined : 'has a character that is not in Latin-1'),
  base64: (text) => (isBase64(text) ? undefined : 'is no base64'),
  hex: (text) => (text.length % 2 === 0 && /^[\da-fA-F]*$/.test(text) ? undefined : 'is no hex'),
};

/** With either alphabet, broken into lines or not. */
function isBase64(text: string): boolean {
  const digits = text.replaceAll(/\s+/g, '').replace(/={1,2}$/, '');
  return /^[\w+/-]*$/.test(digits) && digits.length % 4 !== 1;
}
