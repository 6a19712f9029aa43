import type { Chunk } from './batch.js';

/** A row of the journal holds at most this many events or bytes, so that reading "after seq" stays cheap. */
const CHUNK_EVENTS = 256;
const CHUNK_BYTES = 64 * 1024;

/**
 * Packs events (as JSON) into chunks, in order, until `budget` characters are full; at least one event is taken. Gives
 * the chunks and how many events are in them.
 */
export function cutChunks(
  firstSeq: number,
  texts: readonly string[],
  budget: number,
): { chunks: Chunk[]; taken: number } {
  const chunks: Chunk[] = [];
  let taken = 0;
  let spent = 0;
  while (taken < texts.length && (taken === 0 || spent < budget)) {
    const from = taken;
    let size = 0;
    while (taken < texts.length && taken - from < CHUNK_EVENTS) {
      const next = (texts[taken] as string).length;
      if (taken > from && size + next > CHUNK_BYTES) break;
      size += next;
      taken += 1;
    }
    spent += size;
    chunks.push({
      firstSeq: firstSeq + from,
      lastSeq: firstSeq + taken - 1,
      text: `[${texts.slice(from, taken).join(',')}]`,
    });
  }
  return { chunks, taken };
}
