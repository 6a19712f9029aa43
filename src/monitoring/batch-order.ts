import type { BatchName } from '../repositories/batch-names.js';
import type { BatchRow } from '../repositories/batch.repository.js';

/** Where a batch comes among all that name one execution. */
interface Turn {
  place: number;
  row: BatchRow;
}

/**
 * Puts the batches of several writers in one order: each writer's in that of their numbers, and those that name the same
 * execution in the order of its events, its deletion last. What is given holds with each batch all those before it that were
 * not sent yet, so a batch that has to wait waits for another one that is here. Where both orders leave a choice, the older
 * one comes first, as far as their clocks tell.
 * @param rows by writer and number
 */
export function orderBatches(rows: readonly BatchRow[]): BatchRow[] {
  const queues = byWriter(rows);
  if (queues.length <= 1) return [...rows];
  const turns = turnsOf(rows);
  const ordered: BatchRow[] = [];
  const isNext = (row: BatchRow) =>
    row.names.every((name) => {
      const first = turns.get(name.executionId)?.[0];
      // Log lines that stand at the same event have no order among them.
      return !first || first.row === row || first.place >= placeOf(name);
    });
  while (ordered.length < rows.length) {
    let next: BatchRow[] | undefined;
    let oldest: BatchRow[] | undefined;
    for (const queue of queues) {
      const head = queue.at(-1);
      if (!head) continue;
      if (isOlder(head, oldest)) oldest = queue;
      if (isOlder(head, next) && isNext(head)) next = queue;
    }
    // Never without `next`, unless somebody wrote into the tables by hand: then it goes on all the same.
    const row = (next ?? oldest)?.pop();
    if (!row) break;
    ordered.push(row);
    for (const { executionId } of row.names) leave(turns, executionId, row);
  }
  return ordered;
}

function isOlder(head: BatchRow, queue: BatchRow[] | undefined): boolean {
  return head.createdAt < (queue?.at(-1)?.createdAt ?? Infinity);
}

/** The batches of each writer, the first at the end. */
function byWriter(rows: readonly BatchRow[]): BatchRow[][] {
  const queues = new Map<string, BatchRow[]>();
  for (const row of rows) {
    const queue = queues.get(row.writer);
    if (queue) queue.push(row);
    else queues.set(row.writer, [row]);
  }
  return [...queues.values()].map((queue) => queue.reverse());
}

/** For each execution the batches that name it, in the order of its events. */
function turnsOf(rows: readonly BatchRow[]): Map<string, Turn[]> {
  const turns = new Map<string, Turn[]>();
  for (const row of rows) {
    for (const name of row.names) {
      const own = turns.get(name.executionId);
      const turn = { place: placeOf(name), row };
      if (!own) turns.set(name.executionId, [turn]);
      else if (own.at(-1)?.row !== row) own.push(turn);
    }
  }
  for (const own of turns.values()) if (own.length > 1) own.sort((a, b) => a.place - b.place);
  return turns;
}

/** Log lines come with the events before them, and before the next ones. */
function placeOf(name: BatchName): number {
  if (name.kind === 'events') return name.from;
  return name.kind === 'logs' ? name.seq + 0.5 : Infinity;
}

function leave(turns: Map<string, Turn[]>, executionId: string, row: BatchRow): void {
  const own = turns.get(executionId);
  const index = own?.findIndex((turn) => turn.row === row) ?? -1;
  if (index >= 0) own?.splice(index, 1);
}
