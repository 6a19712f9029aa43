import type { Random } from './ports.js';

/**
 * A generator that gives the same numbers for the same seed (mulberry32, seeded by FNV-1a of the text). It is made at
 * its first draw, since most nodes never draw.
 */
export function seededRandom(seed: string): Random {
  let state: number | undefined;
  return () => {
    state = ((state ?? fnv1a(seed)) + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
