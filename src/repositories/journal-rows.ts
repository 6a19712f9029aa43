import type { Pool } from 'pg';
import type { JournalEvent, NumberedEvent } from '../engine/journal/events.js';

/** One reading takes rows of about so many bytes, at least one row. */
const READ_BYTES = 1024 * 1024;
const READ_ROWS = 1000;
/** Of each execution, where many are begun at once. */
const BEGIN_ROWS = 100;

/** What one reading of an execution's journal found. */
export interface JournalReading {
  events: NumberedEvent[];
  /** Bytes of their text. */
  bytes: number;
  /** There may be more. */
  more: boolean;
}

interface Row {
  first_seq: number;
  /** Null when all of its events are known already. */
  events: string | null;
  /** Of the events. */
  bytes: number;
}

/**
 * The window stops before the first row that is too much (its length is known without unpacking it). Of a row without new
 * events only its being there is of interest.
 */
const bounded = (rows: string, order: 'ASC' | 'DESC', isNew: string) =>
  `SELECT first_seq, CASE WHEN bytes > 0 THEN events END AS events, bytes FROM (
     SELECT first_seq, events, bytes, sum(bytes) OVER (ORDER BY first_seq ${order}) - bytes AS before FROM (
       SELECT first_seq, events, CASE WHEN ${isNew} THEN octet_length(events) ELSE 0 END AS bytes
       FROM execution_events WHERE execution_id = $1 AND ${rows} ORDER BY first_seq ${order} LIMIT ${READ_ROWS}
     ) r
   ) w WHERE before < ${READ_BYTES} ORDER BY first_seq ${order}`;

/** Two probes of the primary key: where the chunk with the next event begins, and on from there. */
const AFTER = bounded(
  `first_seq >= coalesce((SELECT first_seq FROM execution_events WHERE execution_id = $1 AND first_seq <= $2 + 1
     ORDER BY first_seq DESC LIMIT 1), 1)`,
  'ASC',
  'last_seq > $2',
);

const BEFORE = bounded('first_seq < $2', 'DESC', 'true');

/**
 * The next events after `seq`, in order; undefined when the execution has no journal (any more): the chunk that holds
 * `seq` is always found with it.
 */
export async function readJournalAfter(
  pool: Pool,
  executionId: string,
  seq: number,
): Promise<JournalReading | undefined> {
  const { rows } = await pool.query<Row>(AFTER, [executionId, seq]);
  if (rows.length === 0) return undefined;
  return readingOf(
    rows,
    rows.flatMap(parseChunk).filter((event) => event.seq > seq),
  );
}

const BEGIN = `SELECT execution_id, first_seq, events, bytes FROM (
    SELECT r.*, sum(bytes) OVER (ORDER BY execution_id, first_seq) - bytes AS before
    FROM unnest($1::text[]) AS wanted (id), LATERAL (
      SELECT execution_id, first_seq, events, octet_length(events) AS bytes
      FROM execution_events WHERE execution_id = wanted.id ORDER BY first_seq LIMIT ${BEGIN_ROWS}
    ) r
  ) w WHERE before < ${READ_BYTES} ORDER BY execution_id, first_seq`;

/**
 * The first events of many executions by one statement: most are short, and a statement for each costs more than what it
 * brings. What did not fit in any more is not in the answer.
 */
export async function beginJournals(pool: Pool, executionIds: string[]): Promise<Map<string, JournalReading>> {
  const { rows } = await pool.query<Row & { execution_id: string }>(BEGIN, [executionIds]);
  const isCut = bytesOf(rows) >= READ_BYTES;
  const rowsOf = new Map<string, Row[]>();
  for (const row of rows) rowsOf.set(row.execution_id, [...(rowsOf.get(row.execution_id) ?? []), row]);
  const readings = [...rowsOf].map(([executionId, own]): [string, JournalReading] => {
    const more = isCut || own.length === BEGIN_ROWS;
    return [executionId, { events: own.flatMap(parseChunk), bytes: bytesOf(own), more }];
  });
  return new Map(readings);
}

/** The events before `seq`, the newest first. */
export async function readJournalBefore(pool: Pool, executionId: string, seq: number): Promise<JournalReading> {
  const { rows } = await pool.query<Row>(BEFORE, [executionId, seq]);
  return readingOf(
    rows,
    rows.flatMap((row) => parseChunk(row).reverse()).filter((event) => event.seq < seq),
  );
}

function readingOf(rows: Row[], events: NumberedEvent[]): JournalReading {
  const bytes = bytesOf(rows);
  return { events, bytes, more: events.length > 0 && (rows.length === READ_ROWS || bytes >= READ_BYTES) };
}

function bytesOf(rows: Row[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The events of a chunk, with their numbers. */
export function parseChunk({ first_seq: firstSeq, events }: Pick<Row, 'first_seq' | 'events'>): NumberedEvent[] {
  if (events === null) return [];
  return (JSON.parse(events) as JournalEvent[]).map((event, index) => ({ seq: firstSeq + index, event }));
}
