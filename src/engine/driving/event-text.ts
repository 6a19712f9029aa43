import type { JournalEvent } from '../journal/events.js';

/** Outputs above this fail their node. */
const OUTPUT_LIMIT_BYTES = 10 * 1024 * 1024;

/** An event as it is written; one whose outputs are too large is its node's failure instead. */
export function eventText(event: JournalEvent): { event: JournalEvent; text: string } {
  const text = stringify(event);
  if (text !== null && (text.length <= OUTPUT_LIMIT_BYTES / 3 || !isTooLarge(event))) return { event, text };
  if (event.type !== 'node:completed') throw new Error(`An event of type ${event.type} is too large to be written`);
  const { timestamp, nodeId, run, attempt, startTime, startSeq } = event;
  const message = `The outputs are larger than ${OUTPUT_LIMIT_BYTES} bytes`;
  const error = { code: 'OUTPUT_TOO_LARGE', message };
  const failed: JournalEvent = { type: 'node:failed', timestamp, nodeId, run, attempt, startTime, startSeq, error };
  return { event: failed, text: JSON.stringify(failed) };
}

function isTooLarge(event: JournalEvent): boolean {
  return event.type === 'node:completed' && Buffer.byteLength(JSON.stringify(event.outputs)) > OUTPUT_LIMIT_BYTES;
}

/** Null when the text would be longer than a string can be. */
function stringify(event: JournalEvent): string | null {
  try {
    return JSON.stringify(event);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
