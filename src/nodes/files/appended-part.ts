import type { FileHandle } from 'node:fs/promises';
import { partsOf, readAt } from './read-parts.js';

/**
 * Cuts off what a file has from a place on, when that is what was added there or a beginning of it.
 * @returns whether the file ends at that place now
 */
export async function cutFromEnd(file: FileHandle, from: number, added: Buffer): Promise<boolean> {
  const { size } = await file.stat();
  if (size <= from) return size === from;
  if (size - from > added.length) return false;
  const tail = await readAt(file, from, size - from);
  if (!tail.equals(added.subarray(0, tail.length))) return false;
  await file.truncate(from);
  await file.sync();
  return true;
}

/** The first place at or after `from` where a file has these bytes; undefined when it has them nowhere. */
export async function findIn(file: FileHandle, bytes: Buffer, from: number): Promise<number | undefined> {
  let start = from;
  let window = Buffer.alloc(0);
  for await (const part of partsOf(file, { from })) {
    window = Buffer.concat([window, part]);
    const at = window.indexOf(bytes);
    if (at >= 0) return start + at;
    const rest = window.subarray(Math.max(0, window.length - bytes.length + 1));
    start += window.length - rest.length;
    window = rest;
  }
  return undefined;
}

/** A file's content but for some bytes. */
export async function* contentWithout(file: FileHandle, from: number, length: number): AsyncGenerator<Buffer> {
  yield* partsOf(file, { to: from });
  yield* partsOf(file, { from: from + length });
}
