import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { NumberedEvent } from '../engine/journal/events.js';
import { type NameColumns, readNames, type BatchName } from './batch-names.js';
import { Database } from './database.js';
import { parseChunk } from './journal-rows.js';
import { logLine, type LogLine, type LogRow } from './log.repository.js';
import { EACH_WRITER } from './writers.js';

/** Numbers by writer: of each its last batch. */
export type Vector = ReadonlyMap<string, number>;

/** What one batch wrote. */
export interface BatchRow {
  writer: string;
  no: number;
  /** Epoch ms by the database's clock. */
  createdAt: number;
  names: BatchName[];
}

/** The batches of a writer above `after`, up to and with `upTo`. */
export interface BatchRange {
  writer: string;
  after: number;
  upTo: number;
}

/** Events that one batch added to an execution; `chars` is the length of their text. */
export interface BatchEvents {
  events: NumberedEvent[];
  chars: number;
}

/** Which events: those of one name of one batch. */
export interface WantedEvents {
  executionId: string;
  from: number;
  to: number;
}

/** Which log lines: those that a batch added to an execution. */
export interface WantedLogs {
  writer: string;
  no: number;
  executionId: string;
  count: number;
}

/** The statement that sees a number sees all batches that were committed before that one, of every writer. */
const NEWEST = `${EACH_WRITER}
  SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now, w.writer,
    (SELECT b.no FROM journal_batches b WHERE b.writer = w.writer ORDER BY b.no DESC LIMIT 1) AS no
  FROM (SELECT 1) one LEFT JOIN writers w ON w.writer IS NOT NULL`;

const ROWS = `SELECT b.writer, b.no, b.execution_ids AS "executionIds", b.from_seqs AS "fromSeqs", b.to_seqs AS "toSeqs",
    (extract(epoch FROM b.created_at) * 1000)::int8 AS "createdAt"
  FROM unnest($1::text[], $2::int8[], $3::int8[]) AS r(writer, after, up_to), LATERAL (
    SELECT * FROM journal_batches b WHERE b.writer = r.writer AND b.no > r.after AND b.no <= r.up_to
    ORDER BY b.no LIMIT $4
  ) b ORDER BY b.writer, b.no`;

/** No chunk reaches over the end of a batch. */
const EVENTS = `SELECT place, first_seq, events FROM (
    SELECT w.place, e.first_seq, e.events,
      sum(octet_length(e.events)) OVER (ORDER BY w.place, e.first_seq) - octet_length(e.events) AS before
    FROM unnest($1::text[], $2::int4[], $3::int4[]) WITH ORDINALITY AS w(id, from_seq, to_seq, place)
    JOIN execution_events e ON e.execution_id = w.id AND e.first_seq BETWEEN w.from_seq AND w.to_seq
  ) s WHERE before < $4 ORDER BY place, first_seq`;

/**
 * What one statement wrote bears the number of its transaction: so a batch's log lines are those with the number that its
 * own row has (neither is ever updated). The newest lines are looked at first, and no more than there are to find.
 */
const LOGS = `WITH batches AS MATERIALIZED (
    SELECT b.xmin AS written, b.writer, b.no
    FROM unnest($1::text[], $2::int8[]) AS w(writer, no) JOIN journal_batches b ON b.writer = w.writer AND b.no = w.no
  ) SELECT l.* FROM unnest($3::text[], $4::int4[]) AS w(id, lines), LATERAL (
    SELECT b.writer, b.no, l.execution_id, l.id, l.node_id, l.timestamp, l.level, l.message, l.data
    FROM execution_logs l JOIN batches b ON b.written = l.xmin WHERE l.execution_id = w.id ORDER BY l.id DESC LIMIT w.lines
  ) l ORDER BY l.id`;

/** Reads what the journal's batches wrote, of whichever instance. */
@Injectable()
export class BatchRepository {
  private readonly pool: Pool;

  constructor(database: Database) {
    this.pool = database.pool;
  }

  /** The newest number of every writer, all of one moment, and the database's time (epoch ms). */
  async newest(): Promise<{ now: number; vector: Vector }> {
    const { rows } = await this.pool.query<{ now: number; writer: string | null; no: number | null }>({
      name: 'batches_newest',
      text: NEWEST,
    });
    const vector = new Map<string, number>();
    for (const { writer, no } of rows) if (writer !== null && no !== null) vector.set(writer, no);
    return { now: rows[0]?.now ?? Date.now(), vector };
  }

  /** The rows of ranges, by writer and number; of each range at most `limit`. */
  async rows(ranges: readonly BatchRange[], limit: number): Promise<BatchRow[]> {
    const { rows } = await this.pool.query<Omit<BatchRow, 'names'> & NameColumns>({
      name: 'batches_rows',
      text: ROWS,
      values: [
        ranges.map(({ writer }) => writer),
        ranges.map(({ after }) => after),
        ranges.map(({ upTo }) => upTo),
        limit,
      ],
    });
    return rows.map(({ writer, no, createdAt, ...names }) => ({ writer, no, createdAt, names: readNames(names) }));
  }

  /**
   * Events, by their place in `wanted`; what is not there (any more) has none. It stops when the texts exceed so many
   * bytes: `complete` places, from the first on, have all of theirs.
   */
  async events(
    wanted: readonly WantedEvents[],
    bytes: number,
  ): Promise<{ found: Map<number, BatchEvents>; complete: number }> {
    const found = new Map<number, BatchEvents>();
    if (wanted.length === 0) return { found, complete: 0 };
    const { rows } = await this.pool.query<{ place: number; first_seq: number; events: string }>({
      name: 'batches_events',
      text: EVENTS,
      values: [
        wanted.map(({ executionId }) => executionId),
        wanted.map(({ from }) => from),
        wanted.map(({ to }) => to),
        bytes,
      ],
    });
    let read = 0;
    for (const row of rows) {
      read += Buffer.byteLength(row.events);
      const part = found.get(row.place - 1) ?? { events: [], chars: 0 };
      part.events.push(...parseChunk(row));
      part.chars += row.events.length;
      found.set(row.place - 1, part);
    }
    const last = (rows.at(-1)?.place ?? 1) - 1;
    return { found, complete: read < bytes ? wanted.length : last };
  }

  /** Log lines by their batch and execution ({@link logKey}), each list in order. */
  async logs(wanted: readonly WantedLogs[]): Promise<Map<string, LogLine[]>> {
    const found = new Map<string, LogLine[]>();
    if (wanted.length === 0) return found;
    const lines = new Map<string, number>();
    for (const { executionId, count } of wanted) lines.set(executionId, (lines.get(executionId) ?? 0) + count);
    const { rows } = await this.pool.query<LogRow & { writer: string; no: number; execution_id: string }>({
      name: 'batches_logs',
      text: LOGS,
      values: [wanted.map(({ writer }) => writer), wanted.map(({ no }) => no), [...lines.keys()], [...lines.values()]],
    });
    for (const { writer, no, execution_id: executionId, ...row } of rows) {
      const key = logKey({ writer, no, executionId });
      const list = found.get(key) ?? [];
      list.push(logLine(row));
      found.set(key, list);
    }
    return found;
  }
}

/** One text for a batch and an execution. */
export function logKey({ writer, no, executionId }: Pick<WantedLogs, 'writer' | 'no' | 'executionId'>): string {
  return `${executionId} ${no} ${writer}`;
}
