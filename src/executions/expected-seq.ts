import { invalidParams } from '../engine/errors.js';
import { movedOn } from '../engine/state/refusals.js';

/** RFC 9110, 13.1.1; the bare number is accepted too. */
const IF_MATCH = /^(?:(\d{1,10})|"(\d{1,10})"|W\/"(\d{1,10})")$/;

/**
 * The seq that a caller has seen, by `If-Match` (7, "7", W/"7"; * is any).
 * @throws EngineError INVALID_PARAMS when it is anything else
 */
export function expectedSeq(ifMatch: string | undefined): number | undefined {
  const text = ifMatch?.trim();
  if (text === undefined || text === '*') return undefined;
  const match = IF_MATCH.exec(text);
  if (!match) throw invalidParams([{ field: 'If-Match', message: 'If-Match must be a seq such as 7, or *' }]);
  return Number(match[1] ?? match[2] ?? match[3]);
}

/** @throws EngineError CONFLICT with the present seq when the caller expected another one */
export function checkSeq(seq: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== seq) throw movedOn(seq);
}
