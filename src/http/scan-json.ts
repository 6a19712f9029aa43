/** What the text of a JSON value gives away before it is parsed. */
export interface JsonScan {
  isTooDeep: boolean;
  /** A number of it may be larger than any double. */
  mayOverflow: boolean;
}

/** A number of so many digits before its point is Infinity. */
const OVERFLOWING_DIGITS = 309;

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;

/** Looks at each character once; nothing has to recurse through what is too deep. Text that is no JSON is scanned too. */
export function scanJson(json: string, deepest: number): JsonScan {
  let depth = 0;
  let inString = false;
  let digits = 0;
  let mayOverflow = false;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    switch (code) {
      case 0x22: // "
        inString = !inString;
        break;
      case 0x5c: // \ and what it escapes
        index++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (!inString && ++depth > deepest) return { isTooDeep: true, mayOverflow };
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!inString) depth--;
        break;
      case 0x45: // E
      case 0x65: // e
        if (!inString && isDigit(json.charCodeAt(index - 1))) mayOverflow = true;
        break;
    }
    digits = isDigit(code) ? digits + 1 : 0;
    if (digits === OVERFLOWING_DIGITS) mayOverflow = true;
  }
  return { isTooDeep: false, mayOverflow };
}

/** The dotted path of a number that is too large for a double; undefined when there is none. */
export function findOverflow(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return value === Infinity || value === -Infinity ? '' : undefined;
  for (const [name, item] of Object.entries(value)) {
    const found = findOverflow(item);
    if (found !== undefined) return found === '' ? name : `${name}.${found}`;
  }
  return undefined;
}
