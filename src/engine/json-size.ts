/** Text that JSON says as it is, one byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * Bytes of a value's JSON text in UTF-8, without making that text: it may be longer than a string can be. What is shared
 * is measured once for all values that are measured with the same `known`.
 */
export function jsonBytes(value: unknown, known = new Map<object, number>()): number {
  switch (typeof value) {
    case 'string':
      return textBytes(value);
    case 'number':
    case 'boolean':
      return String(value).length;
    case 'object':
      return value === null ? 4 : objectBytes(value, known);
    default:
      return 0;
  }
}

function textBytes(text: string): number {
  return PLAIN.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}

function objectBytes(value: object, known: Map<object, number>): number {
  const measured = known.get(value);
  if (measured !== undefined) return measured;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += (item === undefined ? 4 : jsonBytes(item, known)) + 1;
  } else {
    for (const key of Object.keys(value)) {
      const field = (value as Record<string, unknown>)[key];
      if (field !== undefined) bytes += textBytes(key) + jsonBytes(field, known) + 2;
    }
  }
  // One comma less than there are members.
  if (bytes > 2) bytes -= 1;
  known.set(value, bytes);
  return bytes;
}
