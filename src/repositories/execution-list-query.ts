import type { FilterParts } from './execution-filter.js';
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

/** The key of a list's order is a column, moved by `shift`. */
interface SortKey {
  column: Prisma.Sql;
  shift: number;
}

/** More than any duration, and small enough to be added to a time without loss. */
const BEYOND_DURATIONS = 2 ** 52;

/**
 * The statement that counts what a filter takes, up to {@link EXACT_TOTAL} and one more. Its parts have an order (of the
 * start when the filter is a range of it), so that they walk an index instead of skimming the table.
 */
export function countQuery(parts: FilterParts, byStart: boolean): Prisma.Sql {
  const order = byStart ? Prisma.sql`e.start_time` : Prisma.sql`e.created_at`;
  const selects = allParts(parts).map(
    (where) =>
      Prisma.sql`(SELECT 1 FROM executions e WHERE ${where} ORDER BY ${order}, e.id LIMIT ${EXACT_TOTAL + 1}::int)`,
  );
  return Prisma.sql`SELECT count(*) AS total FROM (
    SELECT 1 FROM (${union(selects)}) found LIMIT ${EXACT_TOTAL + 1}::int) counted`;
}

/**
 * The statement for a window of a list, `columns` of `executions e` and "sortKey". Each part gives its first rows in
 * order, by an index where there is one; these are merged, and only what the window shows is read whole.
 */
export function walkQuery(columns: Prisma.Sql, parts: FilterParts, window: ListWindow): Prisma.Sql {
  const { sortOrder, limit, offset = 0 } = window;
  const direction = directionOf(sortOrder);
  const selects = keyedParts(parts, window).map(
    ({ where, key }) => Prisma.sql`(${keyedSelect(where, key, window)}
      ORDER BY ${key.column} ${direction}, e.id ${direction} LIMIT ${offset + limit + 1}::int)`,
  );
  return pageOf(columns, union(selects), window);
}

/**
 * The same for a filter that takes few rows: all are gathered and then sorted. A walk in the order of the sort could
 * meet them last.
 */
export function gatherQuery(columns: Prisma.Sql, parts: FilterParts, window: ListWindow): Prisma.Sql {
  const selects = keyedParts(parts, window).map(
    ({ where, key }) => Prisma.sql`(${keyedSelect(where, key, window)}
      ORDER BY e.created_at, e.id LIMIT ${EXACT_TOTAL + 1}::int)`,
  );
  const gathered = Prisma.sql`SELECT * FROM gathered`;
  return Prisma.sql`WITH gathered AS MATERIALIZED (${union(selects)}) ${pageOf(columns, gathered, window)}`;
}

/** One row more than the window holds, to see whether anything follows. */
function pageOf(columns: Prisma.Sql, found: Prisma.Sql, { sortOrder, limit, offset = 0 }: ListWindow): Prisma.Sql {
  const direction = directionOf(sortOrder);
  return Prisma.sql`SELECT ${columns}, page.key AS "sortKey" FROM (
      SELECT key, id FROM (${found}) found
      ORDER BY key ${direction}, id ${direction} LIMIT ${limit + 1}::int OFFSET ${offset}::int
    ) page JOIN executions e ON e.id = page.id ORDER BY page.key ${direction}, page.id ${direction}`;
}

function keyedSelect(where: Prisma.Sql, { column, shift }: SortKey, { sortOrder, after }: ListWindow): Prisma.Sql {
  const beyond = sortOrder === 'asc' ? Prisma.sql`>` : Prisma.sql`<`;
  const rest = after
    ? Prisma.sql`AND (${column}, e.id) ${beyond} (${after.key - shift}::bigint, ${after.id}::text)`
    : Prisma.empty;
  const key = shift === 0 ? column : Prisma.sql`${column} + ${shift}::bigint`;
  return Prisma.sql`SELECT ${key} AS key, e.id FROM executions e WHERE ${where} ${rest}`;
}

/** What has not ended has no duration: it comes last in both orders, in the order of its creation. */
function keyedParts({ ended, open }: FilterParts, { sortBy, sortOrder }: ListWindow) {
  const keyed = ended.map((where) => ({ where, key: { column: COLUMNS[sortBy], shift: 0 } }));
  if (!open) return keyed;
  if (sortBy !== 'duration') return [...keyed, { where: open, key: { column: COLUMNS[sortBy], shift: 0 } }];
  const shift = sortOrder === 'asc' ? BEYOND_DURATIONS : -BEYOND_DURATIONS;
  return [...keyed, { where: open, key: { column: COLUMNS.createdAt, shift } }];
}

const COLUMNS: Record<ExecutionSort, Prisma.Sql> = {
  createdAt: Prisma.sql`e.created_at`,
  startTime: Prisma.sql`e.start_time`,
  duration: Prisma.sql`e.duration`,
};

function allParts({ ended, open }: FilterParts): Prisma.Sql[] {
  return open ? [...ended, open] : ended;
}

function union(selects: Prisma.Sql[]): Prisma.Sql {
  return Prisma.join(selects, ' UNION ALL ');
}

function directionOf(sortOrder: 'asc' | 'desc'): Prisma.Sql {
  return sortOrder === 'asc' ? Prisma.sql`ASC` : Prisma.sql`DESC`;
}
