import { invalidParams } from '../engine/errors.js';
import { isJsonObject, type JsonValue } from '../engine/json.js';

/** RFC 9110, 13.1.1; the bare number is accepted too. */
const IF_MATCH = /^(?:(\d{1,10})|"(\d{1,10})"|W\/"(\d{1,10})")$/;

/**
 * The revision that a caller wants to change, by `If-Match` (7, "7", W/"7"; * is any) or by `revision` in the body.
 * @throws EngineError INVALID_PARAMS when one of them is neither, or they name two
 */
export function expectedRevision(ifMatch: string | undefined, body?: JsonValue): number | undefined {
  const fromHeader = ifMatch === undefined ? undefined : readIfMatch(ifMatch.trim());
  const fromBody = isJsonObject(body) && Object.hasOwn(body, 'revision') ? readNumber(body.revision) : undefined;
  if (fromHeader !== undefined && fromBody !== undefined && fromHeader !== fromBody) {
    throw invalidParams([{ field: 'revision', message: `revision ${fromBody} contradicts If-Match ${fromHeader}` }]);
  }
  return fromHeader ?? fromBody;
}

function readIfMatch(text: string): number | undefined {
  if (text === '*') return undefined;
  const match = IF_MATCH.exec(text);
  if (!match) throw invalidParams([{ field: 'If-Match', message: 'If-Match must be a revision such as "7", or *' }]);
  return Number(match[1] ?? match[2] ?? match[3]);
}

function readNumber(value: JsonValue | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw invalidParams([{ field: 'revision', message: 'revision must be an integer from 1' }]);
}
