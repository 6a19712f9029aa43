import fc from 'fast-check';
import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import type { JournalEvent, NumberedEvent } from '../engine/journal/events.js';
import { foldJournal } from '../engine/journal/fold.js';
import type { BatchName } from '../repositories/batch-names.js';
import { logKey, type BatchRepository, type BatchRow, type WantedEvents } from '../repositories/batch.repository.js';
import type { ExecutionFolds } from '../repositories/execution-folds.js';
import type { FeedItem } from './feed-event.js';
import { readFeedCursor, type FeedPosition } from './feed-cursor.js';
import type { FeedSource } from './feed-source.js';
import { FollowedExecutions } from './followed-executions.js';
import { JournalReader } from './journal-reader.js';

const CREATED: JournalEvent = {
  type: 'execution:created',
  timestamp: 1,
  workflowId: 'wf',
  workflowName: 'Orders',
  revision: 1,
  trigger: { type: 'api' },
  context: {},
  labels: {},
  priority: 0,
};
const CHANGED: JournalEvent = { type: 'execution:updated', timestamp: 1, change: 'variables', variables: {} };
const PLAN = { revision: 1, version: '1', nodes: [], byId: new Map() } as unknown as ExecutionPlan;
const START: FeedPosition = { time: 1, vector: new Map() };

function eventsOf(from: number, to: number): NumberedEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const seq = from + index;
    return { seq, event: seq === 1 ? CREATED : CHANGED };
  });
}

/** Batches in the order in which they were committed, whoever wrote them. */
interface Written {
  rows: BatchRow[];
  gone: Set<string>;
}

/** One step: a writer commits a batch of some executions, wherever their last events came from. */
type Step = { writer: number; parts: { execution: number; events: number; logs: number; deleted: boolean }[] };

function write(steps: readonly Step[]): Written {
  const seqs = new Map<string, number>();
  const numbers = new Map<string, number>();
  const gone = new Set<string>();
  const rows: BatchRow[] = [];
  const add = (writer: string, names: BatchName[], skip = 1) => {
    if (names.length === 0) return;
    const no = (numbers.get(writer) ?? 0) + skip;
    numbers.set(writer, no);
    // The clocks of batches say little of their order.
    rows.push({ writer, no, createdAt: (rows.length * 7919) % 13, names });
  };
  for (const { writer, parts } of steps) {
    const names: BatchName[] = [];
    for (const { execution, events, logs, deleted } of parts) {
      const executionId = `e${execution}`;
      if (gone.has(executionId) || names.some((name) => name.executionId === executionId)) continue;
      const seq = seqs.get(executionId) ?? 0;
      const to = seq + Math.max(events, seq === 0 ? 1 : 0);
      if (to > seq) names.push({ kind: 'events', executionId, from: seq + 1, to });
      if (logs > 0) names.push({ kind: 'logs', executionId, count: logs, seq: to });
      seqs.set(executionId, to);
      if (deleted) gone.add(executionId);
    }
    add(`w${writer}`, names, 1 + (rows.length % 2));
    for (const name of names) {
      if (!gone.has(name.executionId) || name.kind !== 'events') continue;
      const { executionId, to: seq } = name;
      add(`w${writer}/deletions`, [{ kind: 'deleted', executionId, seq, workflowId: 'wf', status: 'failed' }]);
    }
  }
  return { rows, gone };
}

/** The tables in memory; `gone` executions have no journal any more. */
function tables({ rows, gone }: Written) {
  const batches = {
    rows: (ranges: { writer: string; after: number; upTo: number }[], limit: number) => {
      const of = ranges.map(({ writer, after, upTo }) =>
        rows.filter((row) => row.writer === writer && row.no > after && row.no <= upTo).slice(0, limit),
      );
      return Promise.resolve(of.flat());
    },
    events: (wanted: WantedEvents[]) => {
      const found = wanted.map(({ executionId, from, to }) => (gone.has(executionId) ? [] : eventsOf(from, to)));
      return Promise.resolve({
        found: new Map(found.map((events, place) => [place, { events, chars: 1 }])),
        complete: wanted.length,
      });
    },
    logs: (wanted: { writer: string; no: number; executionId: string; count: number }[]) => {
      const lines = (count: number) =>
        Array.from({ length: count }, (_, id) => ({ id, timestamp: 1, level: 'info' as const, message: '' }));
      const there = wanted.filter(({ executionId }) => !gone.has(executionId));
      return Promise.resolve(new Map(there.map((of) => [logKey(of), lines(of.count)])));
    },
  } as unknown as BatchRepository;
  const last = (executionId: string) =>
    Math.max(...rows.flatMap(({ names }) => names.map((name) => seqOf(name, executionId))));
  const folded = (executionId: string, seq: number) => {
    if (gone.has(executionId) || seq < 1) return Promise.resolve(undefined);
    return Promise.resolve({ state: foldJournal(eventsOf(1, seq).map(({ event }) => event)), bytes: 1 });
  };
  const folds = {
    beginReading: () => Promise.resolve(new Map()),
    foldAt: (executionId: string, seq: number) => folded(executionId, Math.min(seq, last(executionId))),
  } as unknown as ExecutionFolds;
  return { batches, folds };
}

function seqOf(name: BatchName, executionId: string): number {
  if (name.executionId !== executionId) return 0;
  return name.kind === 'events' ? name.to : name.seq;
}

function readerOf(written: Written, position: FeedPosition): JournalReader {
  const { batches, folds } = tables(written);
  const source = { plan: () => Promise.resolve(PLAN) } as unknown as FeedSource;
  // So little is kept that most of it is read again and again.
  const executions = new FollowedExecutions(folds, source, 10_000);
  return new JournalReader(batches, executions, { wants: () => true }, position, (_, error) => {
    throw error;
  });
}

/** Reads on to each of these places of the order of commits in turn. */
async function read(written: Written, position: FeedPosition, places: readonly number[]): Promise<FeedItem[]> {
  const reader = readerOf(written, position);
  const items: FeedItem[] = [];
  for (const place of [...places, written.rows.length]) {
    const vector = new Map<string, number>();
    for (const { writer, no } of written.rows.slice(0, place)) vector.set(writer, no);
    for (const [writer, no] of reader.position.vector) vector.set(writer, Math.max(no, vector.get(writer) ?? 0));
    await reader.readTo(
      vector,
      1,
      (some) => items.push(...some),
      () => Promise.resolve(),
    );
  }
  return items;
}

const text = ({ event }: FeedItem) =>
  `${event.executionId} ${event.type} ${event.seq} ${JSON.stringify(event.data['id'] ?? '')}`;

const steps = fc.array(
  fc.record({
    writer: fc.nat(3),
    parts: fc.array(
      fc.record({
        execution: fc.nat(5),
        events: fc.nat(4),
        logs: fc.nat(2),
        deleted: fc.nat(9).map((roll) => roll === 0),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  { maxLength: 20 },
);

it('every event comes once and in its order, however the writers take turns', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.nat(20)), async (given, places) => {
      const written = write(given);
      const sorted = [...places].sort((a, b) => a - b);
      const items = await read(written, START, sorted);
      const expected = written.rows.flatMap(({ names }) =>
        names.flatMap((name) => {
          if (name.kind === 'deleted') return [`${name.executionId} execution:deleted ${name.seq} ""`];
          if (written.gone.has(name.executionId)) return [];
          if (name.kind === 'events') {
            return eventsOf(name.from, name.to).map(({ seq, event }) => `${name.executionId} ${event.type} ${seq} ""`);
          }
          return Array.from({ length: name.count }, (_, id) => `${name.executionId} log:added ${name.seq} ${id}`);
        }),
      );
      expect(items.map(text).sort()).toEqual(expected.sort());
      const seqs = new Map<string, number>();
      for (const { event, journaled } of items) {
        if (!journaled) continue;
        expect(event.seq).toBe((seqs.get(event.executionId) ?? 0) + 1);
        seqs.set(event.executionId, event.seq);
      }
    }),
    { numRuns: 200 },
  );
});

it('who comes back with the cursor of any event is told what he has not heard, also of batches that he has in part', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.array(fc.nat(20)), async (given, cut, places) => {
      const written = write(given);
      const sorted = [...places].sort((a, b) => a - b);
      const whole = await read(written, START, sorted);
      fc.pre(whole.length > 0);
      const heard = whole.slice(0, (cut % whole.length) + 1);
      const cursor = heard.at(-1)?.event.cursor ?? '';
      // Elsewhere the writers' batches may come in another order.
      const rest = await read(written, readFeedCursor(cursor, 'after'), []);
      expect([...heard, ...rest].map(text).sort()).toEqual(whole.map(text).sort());
      const seqs = new Map<string, number>();
      for (const { event, journaled } of [...heard, ...rest]) {
        if (!journaled) continue;
        expect(event.seq).toBe((seqs.get(event.executionId) ?? 0) + 1);
        seqs.set(event.executionId, event.seq);
      }
    }),
    { numRuns: 200 },
  );
});

it('what is deleted between the cuts takes no other event with it', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.nat(5), async (given, cut, victim) => {
      const kept = write(
        given.map((step) => ({ ...step, parts: step.parts.map((part) => ({ ...part, deleted: false })) })),
      );
      const whole = await read(kept, START, []);
      fc.pre(whole.length > 0);
      const heard = whole.slice(0, (cut % whole.length) + 1);
      const gone = new Set([`e${victim}`]);
      const rest = await read({ ...kept, gone }, readFeedCursor(heard.at(-1)?.event.cursor ?? '', 'after'), []);
      const ofOthers = (items: FeedItem[]) => items.filter(({ event }) => !gone.has(event.executionId)).map(text);
      expect(ofOthers([...heard, ...rest]).sort()).toEqual(ofOthers(whole).sort());
    }),
    { numRuns: 100 },
  );
});
