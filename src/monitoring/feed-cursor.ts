import { crc32 } from 'node:zlib';
import { invalidParams } from '../engine/errors.js';
import type { Vector } from '../repositories/batch.repository.js';

/** Up to where the feed was sent. */
export interface FeedPosition {
  /** Epoch ms by the database's clock, not later than the numbers were read. */
  readonly time: number;
  /** Of each writer the number of the last batch that was sent whole. */
  readonly vector: Vector;
  /** The batch in hand: the next one of `writer`, of which `count` events were sent. */
  readonly inHand?: { writer: string; count: number };
}

/** Changes with the shape of the body. */
const VERSION = 1;
const CHECKSUM_BYTES = 4;
const BASE64URL = /^[\w-]+$/;
/** Room for the writers of a retention; nothing that was a cursor is longer. */
export const LONGEST_CURSOR = 100_000;

/** The opaque text of a position: base64url of a checksum and of `[version, time, count, writer, no, writer, no, …]`. */
export function writeFeedCursor({ time, vector, inHand }: FeedPosition): string {
  const body: (string | number)[] = [VERSION, time, inHand?.count ?? 0];
  // The writer of the batch in hand comes first.
  if (inHand) body.push(inHand.writer, vector.get(inHand.writer) ?? 0);
  for (const [writer, no] of vector) if (writer !== inHand?.writer) body.push(writer, no);
  const bytes = Buffer.from(JSON.stringify(body));
  const checksum = Buffer.allocUnsafe(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([checksum, bytes]).toString('base64url');
}

/**
 * The position of a cursor.
 * @param field the name of the parameter that had it
 * @throws EngineError INVALID_PARAMS for a text that never was a cursor
 */
export function readFeedCursor(text: string, field: string): FeedPosition {
  const position = text.length <= LONGEST_CURSOR && BASE64URL.test(text) ? parse(text) : undefined;
  if (!position) throw invalidParams([{ field, message: `${field} is not a cursor of the feed` }]);
  return position;
}

function parse(text: string): FeedPosition | undefined {
  const all = Buffer.from(text, 'base64url');
  // One position has one text: bits behind the last byte are refused.
  if (all.length <= CHECKSUM_BYTES || all.toString('base64url') !== text) return undefined;
  const bytes = all.subarray(CHECKSUM_BYTES);
  if (crc32(bytes) !== all.readUInt32BE()) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
  return Array.isArray(body) ? positionOf(body) : undefined;
}

function positionOf([version, time, count, ...writers]: unknown[]): FeedPosition | undefined {
  if (version !== VERSION || !isCount(time) || !isCount(count) || writers.length % 2 !== 0) return undefined;
  const vector = new Map<string, number>();
  for (let place = 0; place < writers.length; place += 2) {
    const writer = writers[place];
    const no = writers[place + 1];
    if (typeof writer !== 'string' || writer.includes('\0') || !isCount(no)) return undefined;
    vector.set(writer, no);
  }
  const [first] = writers;
  if (count === 0) return { time, vector };
  return typeof first === 'string' ? { time, vector, inHand: { writer: first, count } } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
