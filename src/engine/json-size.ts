/**
 * Bytes of a value's JSON text in UTF-8, without making that text: it may be longer than a string can be. What is shared
 * is measured once for all values that are measured with the same `known`.
 */
export function jsonBytes(value: unknown, known = new Map<object, number>()): number {
  switch (typeof value) {
    case 'string':
      return Buffer.byteLength(JSON.stringify(value));
    case 'number':
    case 'boolean':
      return String(value).length;
    case 'object':
      return value === null ? 4 : objectBytes(value, known);
    default:
      return 0;
  }
}

function objectBytes(value: object, known: Map<object, number>): number {
  const measured = known.get(value);
  if (measured !== undefined) return measured;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += (item === undefined ? 4 : jsonBytes(item, known)) + 1;
  } else {
    for (const [key, field] of Object.entries(value) as [string, unknown][]) {
      if (field !== undefined) bytes += jsonBytes(key) + jsonBytes(field, known) + 2;
    }
  }
  // One comma less than there are members.
  if (bytes > 2) bytes -= 1;
  known.set(value, bytes);
  return bytes;
}
