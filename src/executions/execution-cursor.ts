import { invalidParams } from '../engine/errors.js';
import type { ExecutionSort, ListPosition } from '../repositories/execution-list-query.js';

/** Where a list goes on, in which order, and how many pages came before. */
export interface ListCursor {
  sortBy: ExecutionSort;
  sortOrder: 'asc' | 'desc';
  position: ListPosition;
  page: number;
}

/** As the client sees it: opaque, and safe in a URL. */
export function writeCursor({ sortBy, sortOrder, position, page }: ListCursor): string {
  return Buffer.from(JSON.stringify([sortBy, sortOrder, position.key, position.id, page])).toString('base64url');
}

/** @throws EngineError INVALID_PARAMS for what is no cursor, or one of a list in another order */
export function readCursor(text: string, order: Pick<ListCursor, 'sortBy' | 'sortOrder'>): ListCursor {
  const [sortBy, sortOrder, key, id, page] = parse(text);
  const isPage = Number.isSafeInteger(page) && (page as number) >= 1;
  if (!Number.isSafeInteger(key) || typeof id !== 'string' || id.includes('\0') || !isPage) {
    throw invalidParams([{ field: 'cursor', message: 'cursor must be a nextCursor of this list' }]);
  }
  if (sortBy !== order.sortBy || sortOrder !== order.sortOrder) {
    const message = `cursor belongs to the order ${String(sortBy)} ${String(sortOrder)}`;
    throw invalidParams([{ field: 'cursor', message }]);
  }
  return { ...order, position: { key: key as number, id }, page: page as number };
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
