import type { FileHandle } from 'node:fs/promises';
import { stopIfAborted } from './files-folder.js';

/** As much of a large file as is in memory at once, in bytes. */
const PART_BYTES = 1024 * 1024;

/** Up to `length` bytes of a file from a place on; fewer where it ends. */
export async function readAt(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, from + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}

/** Which part of a file. */
export interface FilePart {
  /** Its first byte; 0 when absent. */
  from?: number;
  /** The byte behind its last one; absent: to the end. */
  to?: number;
  /** Heard between two parts. */
  signal?: AbortSignal;
}

/** A file's content, part by part. The file stays open. */
export async function* partsOf(file: FileHandle, { from = 0, to = Infinity, signal }: FilePart = {}) {
  for (let at = from; at < to; ) {
    if (signal) stopIfAborted(signal);
    const part = await readAt(file, at, Math.min(PART_BYTES, to - at));
    if (part.length === 0) return;
    yield part;
    at += part.length;
  }
}
