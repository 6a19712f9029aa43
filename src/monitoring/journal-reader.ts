import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NumberedEvent } from '../engine/journal/events.js';
import { sizeOfName, type BatchName } from '../repositories/batch-names.js';
import {
  logKey,
  type BatchRange,
  type BatchRepository,
  type BatchRow,
  type Vector,
} from '../repositories/batch.repository.js';
import type { LogLine } from '../repositories/log.repository.js';
import { orderBatches } from './batch-order.js';
import type { FeedItem } from './feed-event.js';
import type { FeedPosition } from './feed-cursor.js';
import { deletionItem, journaledItem, logItem } from './feed-item.js';
import type { ComingEvents, FollowedExecutions } from './followed-executions.js';

/** Rows of batches are read in pages of this size, each writer's. */
const ROWS_AT_ONCE = 1000;
/** A portion of batches is sent together: so many of them, and about so many bytes of events. */
const PORTION_BATCHES = 256;
const PORTION_BYTES = 1024 * 1024;
/** Who is behind by more than so many names ({@link BatchName}) is not brought up to date: their order needs memory. */
const MOST_NAMES = 200_000;

/** What a reader lets through. */
export interface ReaderScope {
  wants(executionId: string): boolean;
}

/** Takes the events of one batch, in order; `touched` are the executions with new journaled events. */
export type BatchSink = (items: readonly FeedItem[], touched: readonly string[]) => void;

/** The reader is behind by too much, so what it would have read is left out. */
export class TooFarBehind extends Error {
  override readonly name = 'TooFarBehind';
}

/** Goes through the journal's batches in one order, from a position on. */
export class JournalReader {
  constructor(
    private readonly batches: BatchRepository,
    readonly executions: FollowedExecutions,
    private readonly scope: ReaderScope,
    private current: FeedPosition,
    private readonly onFault: (executionId: string, error: unknown) => void,
  ) {}

  /** Up to where it was read. */
  get position(): FeedPosition {
    return this.current;
  }

  /**
   * Reads up to the numbers of one moment; when it breaks off it can be called again.
   * @param time what the position's time is then
   * @param between awaited before each portion but the first
   * @throws TooFarBehind
   */
  async readTo(target: Vector, time: number, sink: BatchSink, between: () => Promise<void> = nextTurn): Promise<void> {
    let rest = this.inHandFirst(orderBatches(await this.rowsTo(target)));
    for (let first = true; rest.length > 0; first = false) {
      if (!first) await between();
      rest = await this.portion(rest, sink);
    }
    // Writers whose rows are gone leave it.
    this.current = { time, vector: target };
  }

  /** Leaves out what is between here and a position. */
  skipTo(position: FeedPosition): void {
    this.current = position;
  }

  /** Of a batch in hand all that it waits for was sent. */
  private inHandFirst(rows: BatchRow[]): BatchRow[] {
    const { time, vector, inHand } = this.current;
    if (!inHand) return rows;
    const first = rows.find(({ writer }) => writer === inHand.writer);
    if (first) return [first, ...rows.filter((row) => row !== first)];
    this.current = { time, vector };
    return rows;
  }

  private async rowsTo(target: Vector): Promise<BatchRow[]> {
    const { vector } = this.current;
    let ranges: BatchRange[] = [];
    for (const [writer, upTo] of target) {
      const after = vector.get(writer) ?? 0;
      if (upTo > after) ranges.push({ writer, after, upTo });
    }
    const byWriter = new Map<string, BatchRow[]>();
    let names = 0;
    while (ranges.length > 0) {
      const page = await this.batches.rows(ranges, ROWS_AT_ONCE);
      const counts = new Map<string, { rows: number; last: number }>();
      for (const row of page) {
        names += row.names.length;
        const own = byWriter.get(row.writer);
        if (own) own.push(row);
        else byWriter.set(row.writer, [row]);
        counts.set(row.writer, { rows: (counts.get(row.writer)?.rows ?? 0) + 1, last: row.no });
      }
      if (names > MOST_NAMES) throw new TooFarBehind('There are too many batches to bring in order');
      ranges = ranges.flatMap(({ writer, upTo }) => {
        const { rows = 0, last = upTo } = counts.get(writer) ?? {};
        return rows === ROWS_AT_ONCE && last < upTo ? [{ writer, after: last, upTo }] : [];
      });
    }
    return [...byWriter.values()].flat();
  }

  /** Sends the first of these batches; gives those that are left. */
  private async portion(rows: readonly BatchRow[], sink: BatchSink): Promise<BatchRow[]> {
    const some = rows.slice(0, PORTION_BATCHES);
    const wanted = some.flatMap((row) => this.wantedOf(row));
    const places = new Map<BatchName, number>(wanted.map((name, place) => [name, place]));
    let read = await this.batches.events(wanted, PORTION_BYTES);
    let count = completeRows(some, places, read.complete);
    if (count === 0) {
      // One batch alone is larger than a portion.
      count = 1;
      read = await this.batches.events(this.wantedOf(some[0] as BatchRow), Number.MAX_SAFE_INTEGER);
    }
    const taken = some.slice(0, count);
    const logs = await this.logsOf(taken);
    const coming = wanted.flatMap((name, place): ComingEvents[] => {
      const part = read.found.get(place);
      return part ? [{ executionId: name.executionId, ...part }] : [];
    });
    await this.executions.prepare(coming);
    // The others are brought here by their events, and must not be ahead of them.
    const prepared = new Set(coming.map(({ executionId }) => executionId));
    for (const executionId of logs.executionIds)
      if (!prepared.has(executionId)) await this.executions.load(executionId);
    for (const row of taken) {
      const { items, touched } = this.itemsOf(
        row,
        (name) => read.found.get(places.get(name) ?? -1)?.events ?? [],
        logs.lines,
      );
      if (items.length > 0) sink(items, touched);
    }
    this.executions.settle(coming);
    return rows.slice(count);
  }

  private wantedOf(row: BatchRow): Extract<BatchName, { kind: 'events' }>[] {
    return row.names.flatMap((name) => (name.kind === 'events' && this.scope.wants(name.executionId) ? [name] : []));
  }

  private async logsOf(
    rows: readonly BatchRow[],
  ): Promise<{ lines: ReadonlyMap<string, LogLine[]>; executionIds: ReadonlySet<string> }> {
    const wanted = rows.flatMap(({ writer, no, names }) =>
      names.flatMap((name) =>
        name.kind === 'logs' && this.scope.wants(name.executionId)
          ? [{ writer, no, executionId: name.executionId, count: name.count }]
          : [],
      ),
    );
    const lines = await this.batches.logs(wanted);
    return { lines, executionIds: new Set(lines.size > 0 ? wanted.map(({ executionId }) => executionId) : []) };
  }

  /** The events of a batch; with the last one the batch was sent whole. What was sent of it already is left out. */
  private itemsOf(
    row: BatchRow,
    eventsOf: (name: BatchName) => readonly NumberedEvent[],
    logs: ReadonlyMap<string, LogLine[]>,
  ): { items: FeedItem[]; touched: string[] } {
    const { time, vector, inHand } = this.current;
    const { writer, no } = row;
    const sent = inHand?.count ?? 0;
    const whole = { time, vector: new Map(vector).set(writer, no) };
    const total = row.names.reduce((sum, name) => sum + sizeOfName(name), 0);
    const at = (count: number): FeedPosition => (count === total ? whole : { time, vector, inHand: { writer, count } });
    const items: FeedItem[] = [];
    const touched: string[] = [];
    let start = 0;
    for (const name of row.names) {
      const own = this.itemsOfName(row, name, eventsOf(name), logs, (place) => at(start + place + 1));
      for (const { place, item } of own) if (start + place >= sent) items.push(item);
      if (name.kind === 'events' && own.length > 0) touched.push(name.executionId);
      start += sizeOfName(name);
    }
    this.current = whole;
    return { items, touched };
  }

  private itemsOfName(
    { writer, no, createdAt }: BatchRow,
    name: BatchName,
    events: readonly NumberedEvent[],
    logs: ReadonlyMap<string, LogLine[]>,
    at: (place: number) => FeedPosition,
  ): { place: number; item: FeedItem }[] {
    const { executionId } = name;
    if (!this.scope.wants(executionId)) return [];
    if (name.kind === 'deleted') return [{ place: 0, item: deletionItem(name, createdAt, at(0)) }];
    if (name.kind === 'events') {
      return events.flatMap((numbered) => {
        const place = numbered.seq - name.from;
        const item = this.journaled(executionId, numbered, at(place));
        return item ? [{ place, item }] : [];
      });
    }
    const lines = logs.get(logKey({ writer, no, executionId })) ?? [];
    const state = this.executions.get(executionId)?.state;
    if (!state) return [];
    const { workflowId, status } = state;
    const standing = { executionId, seq: name.seq, workflowId, status };
    return lines.map((line, place) => ({ place, item: logItem(standing, line, at(place)) }));
  }

  private journaled(executionId: string, numbered: NumberedEvent, position: FeedPosition): FeedItem | undefined {
    try {
      const applied = this.executions.apply(executionId, numbered);
      return applied && journaledItem(executionId, applied.plan, numbered, applied.state, position);
    } catch (error) {
      this.executions.forget(executionId);
      this.onFault(executionId, error);
      return undefined;
    }
  }
}

/** How many rows, from the first on, have all of their events among the first `complete` ones. */
function completeRows(rows: readonly BatchRow[], places: ReadonlyMap<BatchName, number>, complete: number): number {
  const cut = rows.findIndex(({ names }) => names.some((name) => (places.get(name) ?? -1) >= complete));
  return cut < 0 ? rows.length : cut;
}
