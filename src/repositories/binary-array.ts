/**
 * One-dimensional arrays in PostgreSQL's binary format: a batch's parameters are mostly these, and as text they would
 * cost more than everything else in Node.
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c array_recv
 */
const TEXT = 25;
const INT4 = 23;
const INT8 = 20;
const HEADER_BYTES = 20;
const EMPTY_HEADER_BYTES = 12;

/** A `text[]`. PostgreSQL holds no U+0000: it becomes U+FFFD. */
export function textArray(values: readonly (string | null)[]): Buffer {
  const texts = values.map((value) => (value === null ? null : withoutNul(value)));
  // A character of UTF-16 takes at most three bytes of UTF-8.
  const room = texts.reduce((sum, text) => sum + 4 + (text === null ? 0 : text.length * 3), HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(room);
  let at = writeHeader(buffer, TEXT, texts.length, texts.includes(null));
  for (const text of texts) {
    if (text === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const length = buffer.write(text, at + 4, 'utf8');
    buffer.writeInt32BE(length, at);
    at += 4 + length;
  }
  return buffer.subarray(0, at);
}

/** An `int4[]`. */
export function int4Array(values: readonly number[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 8);
  let at = writeHeader(buffer, INT4, values.length, false);
  for (const value of values) {
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(value, at);
  }
  return buffer.subarray(0, at);
}

/** An `int8[]` of safe integers. */
export function int8Array(values: readonly (number | null)[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 12);
  let at = writeHeader(buffer, INT8, values.length, values.includes(null));
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : 8, at);
    if (value !== null) at = buffer.writeBigInt64BE(BigInt(value), at);
  }
  return buffer.subarray(0, at);
}

/** What a text column can hold of a text. */
function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

function writeHeader(buffer: Buffer, elementType: number, length: number, hasNull: boolean): number {
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(elementType, 8);
  if (length === 0) return EMPTY_HEADER_BYTES;
  buffer.writeInt32BE(length, 12);
  return buffer.writeInt32BE(1, 16);
}
