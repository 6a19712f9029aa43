import type { FilterPart } from './execution-filter.js';
import { Prisma } from './generated/client.js';

export type ExecutionSort = 'startTime' | 'duration' | 'createdAt';

/** A place in a sorted list that holds while rows come in: the last row that was shown. */
export interface ListPosition {
  key: number;
  id: string;
}

export interface ListWindow {
  sortBy: ExecutionSort;
  sortOrder: 'asc' | 'desc';
  limit: number;
  offset?: number;
  /** Go on behind this row. */
  after?: ListPosition;
}

/** Counting further would take longer than it is worth. */
export const EXACT_TOTAL = 10_000;
/** So many rows are read and sorted in about the time that a page of an index takes. */
const FEW = 2000;

/** The key of a list's order is a column, moved by `shift`. */
interface SortKey {
  column: Prisma.Sql;
  shift: number;
}

/** More than any duration, and small enough to be added to a time without loss. */
const BEYOND_DURATIONS = 2 ** 52;

/**
 * The statement that counts each part of a filter, up to {@link EXACT_TOTAL} and one more: `counts`. A part is counted in
 * an order (of the start when the filter is a range of it), so that it goes by an index instead of skimming the table.
 */
export function countQuery(parts: readonly FilterPart[], byStart: boolean): Prisma.Sql {
  const order = byStart ? Prisma.sql`e.start_time` : Prisma.sql`e.created_at`;
  const counts = parts.map(
    ({ where }) => Prisma.sql`(SELECT count(*) FROM (
      SELECT 1 FROM executions e WHERE ${where} ORDER BY ${order}, e.id LIMIT ${EXACT_TOTAL + 1}::int) counted)`,
  );
  return Prisma.sql`SELECT ARRAY[${Prisma.join(counts)}]::int[] AS counts`;
}

/**
 * The statement for a window of a list: `columns` of `executions e` and "sortKey", and one row more than the window holds,
 * to see whether anything follows. Each part gives its first rows, these are merged, and only what is shown is read whole.
 * @param counts of the parts
 */
export function pageQuery(
  columns: Prisma.Sql,
  parts: readonly FilterPart[],
  counts: readonly number[],
  window: ListWindow,
): Prisma.Sql {
  const { sortOrder, limit, offset = 0 } = window;
  const direction = directionOf(sortOrder);
  const firsts = parts.map((part, index) => firstRows(part, counts[index] ?? 0, window));
  return Prisma.sql`SELECT ${columns}, page.key AS "sortKey" FROM (
      SELECT key, id FROM (${Prisma.join(firsts, ' UNION ALL ')}) found
      ORDER BY key ${direction}, id ${direction} LIMIT ${limit + 1}::int OFFSET ${offset}::int
    ) page JOIN executions e ON e.id = page.id ORDER BY page.key ${direction}, page.id ${direction}`;
}

/**
 * What a part can have in the window. Where it has few rows all are gathered and then sorted: a walk in the order of the
 * sort could meet them last.
 */
function firstRows(part: FilterPart, count: number, window: ListWindow): Prisma.Sql {
  const { sortBy, sortOrder, limit, offset = 0, after } = window;
  const direction = directionOf(sortOrder);
  const { column, shift } = sortKey(part, sortBy, sortOrder);
  const beyond = sortOrder === 'asc' ? Prisma.sql`>` : Prisma.sql`<`;
  const rest = after
    ? Prisma.sql`AND (${column}, e.id) ${beyond} (${after.key - shift}::bigint, ${after.id}::text)`
    : Prisma.empty;
  const key = shift === 0 ? column : Prisma.sql`${column} + ${shift}::bigint`;
  const rows = Prisma.sql`SELECT ${key} AS key, e.id FROM executions e WHERE ${part.where} ${rest}`;
  const first = Prisma.sql`LIMIT ${offset + limit + 1}::int`;
  if (count > FEW) return Prisma.sql`(${rows} ORDER BY ${column} ${direction}, e.id ${direction} ${first})`;
  const gathered = Prisma.sql`${rows} ORDER BY e.created_at, e.id LIMIT ${EXACT_TOTAL}::int`;
  return Prisma.sql`(SELECT * FROM (${gathered}) gathered ORDER BY key ${direction}, id ${direction} ${first})`;
}

/** What has not ended has no duration: it comes last in both orders, in the order of its creation. */
function sortKey({ isOpen }: FilterPart, sortBy: ExecutionSort, sortOrder: 'asc' | 'desc'): SortKey {
  if (sortBy !== 'duration' || !isOpen) return { column: COLUMNS[sortBy], shift: 0 };
  return { column: COLUMNS.createdAt, shift: sortOrder === 'asc' ? BEYOND_DURATIONS : -BEYOND_DURATIONS };
}

const COLUMNS: Record<ExecutionSort, Prisma.Sql> = {
  createdAt: Prisma.sql`e.created_at`,
  startTime: Prisma.sql`e.start_time`,
  duration: Prisma.sql`e.duration`,
};

function directionOf(sortOrder: 'asc' | 'desc'): Prisma.Sql {
  return sortOrder === 'asc' ? Prisma.sql`ASC` : Prisma.sql`DESC`;
}
