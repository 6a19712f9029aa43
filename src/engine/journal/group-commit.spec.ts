import fc from 'fast-check';
import type { LogEntry } from '../ports.js';
import { MemoryJournal } from '../testing/memory-journal.js';
import { VirtualScheduler } from '../testing/virtual-scheduler.js';
import type { Batch, BatchResult, CreationRow, SummaryRow } from './batch.js';
import { GroupCommit } from './group-commit.js';
import type { JournalStream, StreamLoss, StreamOwner } from './journal-stream.js';

const event = (size = 10) => JSON.stringify({ type: 'x', pad: 'p'.repeat(Math.max(0, size - 20)) });
const CHANGE = { owner: 'i1', wakeAt: null } as SummaryRow;

/** Who stands behind a stream: counts what it is told. */
class Owner implements StreamOwner {
  creation: CreationRow | undefined;
  change: SummaryRow | undefined;
  readonly losses: StreamLoss[] = [];
  readonly partials: boolean[] = [];

  get isKeyed(): boolean {
    return this.creation?.idempotency !== undefined;
  }

  rowFor(partial: boolean) {
    this.partials.push(partial);
    const { creation, change } = this;
    this.creation = undefined;
    this.change = undefined;
    return { creation, change };
  }

  lost(loss: StreamLoss): void {
    this.losses.push(loss);
  }
}

/** A queue on a journal in memory, with the streams that the test opens. */
function setUp({ lanes = 1, queueLimit = 1_000_000 } = {}) {
  const journal = new MemoryJournal();
  const scheduler = new VirtualScheduler();
  const said = { leaseLost: 0, troubled: 0 };
  const queue = new GroupCommit({ instanceId: 'i1', lanes, queueLimit }, journal, scheduler, {
    leaseLost: () => {
      said.leaseLost += 1;
    },
    troubled: () => {
      said.troubled += 1;
    },
  });
  const open = (id: string, lastSeq = 0) => {
    const owner = new Owner();
    return { id, owner, stream: queue.open(id, lastSeq, owner) };
  };
  const batches = () => journal.sent.map(({ batch }) => batch.entries.map(({ executionId }) => executionId));
  return { journal, scheduler, queue, said, open, batches };
}

/** A promise, and whether it has resolved. */
function watch(promise: Promise<void>) {
  const watched = { done: false };
  void promise.then(() => {
    watched.done = true;
  });
  return watched;
}

/** Answers that a test gives out one by one. */
class Gate {
  private open: ((result: BatchResult) => void)[] = [];
  answer = () => new Promise<BatchResult>((resolve) => this.open.push(resolve));
  release(result: BatchResult = { kind: 'committed', missing: [], existing: [] }): void {
    this.open.shift()?.(result);
  }
}

describe('group commit', () => {
  it('writes what all executions handed in within one turn as one batch, one entry an execution', async () => {
    const { journal, scheduler, open } = setUp();
    const a = open('a');
    const b = open('b');
    a.stream.append(event());
    b.stream.append(event());
    a.stream.append(event());
    await Promise.resolve().then(() => b.stream.append(event()));
    expect(journal.sent).toHaveLength(0);
    await scheduler.settle();
    expect(journal.sent).toHaveLength(1);
    const [first] = journal.sent;
    expect(first?.batch).toMatchObject({ writer: 'i1/0', no: 1, instanceId: 'i1' });
    expect(first?.batch.entries.map(({ executionId, chunks }) => [executionId, chunks.length])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect(journal.executions.get('a')?.chunks).toMatchObject([{ firstSeq: 1, lastSeq: 2 }]);
  });

  it('uses no timer while all goes well', async () => {
    const { scheduler, open } = setUp();
    const a = open('a');
    a.stream.append(event());
    expect(scheduler.nextTimerAt).toBeUndefined();
    await scheduler.settle();
    expect(scheduler.nextTimerAt).toBeUndefined();
  });

  it('gathers what comes in while a batch is under way into the next one', async () => {
    const { journal, scheduler, open, batches } = setUp();
    const gate = new Gate();
    journal.script = gate.answer;
    const [a, b, c] = [open('a'), open('b'), open('c')];
    a.stream.append(event());
    await scheduler.settle();
    b.stream.append(event());
    c.stream.append(event());
    a.stream.append(event());
    await scheduler.settle();
    expect(batches()).toEqual([['a']]);
    gate.release();
    await scheduler.settle();
    expect(batches()).toEqual([['a'], ['b', 'c', 'a']]);
    expect(journal.sent.map(({ batch }) => batch.no)).toEqual([1, 2]);
  });

  it('resolves committed() once everything appended before it is written, in the order of the batches', async () => {
    const { journal, scheduler, open } = setUp();
    const gate = new Gate();
    journal.script = gate.answer;
    const { stream } = open('a');
    const atOnce = watch(stream.committed());
    await Promise.resolve();
    expect(atOnce.done).toBe(true);
    stream.append(event());
    const first = watch(stream.committed());
    await scheduler.settle();
    stream.append(event());
    const second = watch(stream.committed());
    await scheduler.settle();
    expect([first.done, second.done]).toEqual([false, false]);
    gate.release();
    await scheduler.settle();
    expect([first.done, second.done]).toEqual([true, false]);
    gate.release();
    await scheduler.settle();
    expect(second.done).toBe(true);
  });

  it('lets what the callbacks of a commit set going go out together', async () => {
    const { scheduler, open, batches } = setUp();
    const streams = ['a', 'b', 'c'].map((id) => open(id).stream);
    for (const [index, stream] of streams.entries()) {
      stream.append(event());
      let committed = stream.committed();
      for (let hop = 0; hop < index * 10; hop += 1) committed = committed.then(() => undefined);
      void committed.then(() => stream.append(event()));
    }
    await scheduler.settle();
    expect(batches()).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('asks for the row when it seals, and writes a row alone', async () => {
    const { journal, scheduler, open } = setUp();
    const { stream, owner } = open('a');
    stream.append(event());
    owner.creation = { identity: { id: 'a' } } as CreationRow;
    await scheduler.settle();
    owner.change = CHANGE;
    stream.touch();
    await scheduler.settle();
    expect(journal.sent.map(({ batch }) => batch.entries[0])).toMatchObject([
      { creation: { identity: { id: 'a' } } },
      { change: CHANGE, chunks: [] },
    ]);
  });

  it('sends nothing for a stream that was touched for a row that is as it was, and confirms it all the same', async () => {
    const { journal, scheduler, open } = setUp();
    const { stream } = open('a');
    stream.touch();
    const touched = watch(stream.committed());
    await scheduler.settle();
    expect(journal.sent).toHaveLength(0);
    expect(touched.done).toBe(true);
  });

  it('writes log lines with the batch', async () => {
    const { journal, scheduler, open } = setUp();
    const line: LogEntry = { timestamp: 1, level: 'info', message: 'hello' };
    const { stream } = open('a');
    stream.log(line);
    const logged = watch(stream.committed());
    await scheduler.settle();
    expect(journal.executions.get('a')?.logs).toEqual([line]);
    expect(logged.done).toBe(true);
  });

  it('goes on after the last seq of a journal that is there already', async () => {
    const { journal, scheduler, open } = setUp();
    open('a').stream.append(event());
    await scheduler.settle();
    const again = open('a', 1);
    again.stream.append(event());
    await scheduler.settle();
    expect(journal.executions.get('a')?.chunks.map(({ firstSeq }) => firstSeq)).toEqual([1, 2]);
  });
});

describe('the caps of a batch', () => {
  it('carries about a million characters at most, and one giant does not hold the others up', async () => {
    const { journal, scheduler, open, batches } = setUp({ queueLimit: 100_000_000 });
    const giant = open('giant');
    for (let index = 0; index < 350; index += 1) giant.stream.append(event(10_000));
    const small = ['a', 'b', 'c'].map((id) => open(id));
    for (const { stream } of small) stream.append(event());
    await scheduler.settle();
    for (const { batch } of journal.sent) {
      const size = batch.entries.flatMap(({ chunks }) => chunks).reduce((sum, { text }) => sum + text.length, 0);
      expect(size).toBeLessThan(1_100_000);
    }
    expect(batches().slice(0, 2)).toEqual([['giant'], ['a', 'b', 'c', 'giant']]);
    expect(journal.executions.get('giant')?.events).toHaveLength(350);
  });

  it('holds for many executions together too', async () => {
    const { journal, scheduler, open, batches } = setUp({ queueLimit: 100_000_000 });
    for (let index = 0; index < 6; index += 1) open(`e${index}`).stream.append(event(400_000));
    await scheduler.settle();
    expect(batches()).toEqual([
      ['e0', 'e1', 'e2'],
      ['e3', 'e4', 'e5'],
    ]);
    expect(journal.executions.size).toBe(6);
  });

  it('tells the row which events of it stay behind, and resolves committed() only with the last of them', async () => {
    const { journal, scheduler, open } = setUp({ queueLimit: 100_000_000 });
    const gate = new Gate();
    journal.script = gate.answer;
    const giant = open('giant');
    for (let index = 0; index < 150; index += 1) giant.stream.append(event(10_000));
    const all = watch(giant.stream.committed());
    await scheduler.settle();
    expect(giant.owner.partials).toEqual([true]);
    gate.release();
    await scheduler.settle();
    expect(giant.owner.partials).toEqual([true, false]);
    expect(all.done).toBe(false);
    gate.release();
    await scheduler.settle();
    expect(all.done).toBe(true);
  });
});

describe('a lost answer', () => {
  it.each(['lost-before', 'lost-after'] as const)('%s: the same batch is sent again, byte for byte', async (how) => {
    const { journal, scheduler, open, said } = setUp();
    const { stream } = open('a');
    const answers: ('lost-before' | 'lost-after')[] = [how, how, how];
    journal.script = () => answers.shift();
    stream.append(event());
    const committed = watch(stream.committed());
    await scheduler.settle();
    const other = open('b');
    other.stream.append(event());
    stream.append(event());
    await scheduler.advance(10_000);
    expect(said.troubled).toBe(3);
    expect(committed.done).toBe(true);
    const [first, ...rest] = journal.sent;
    expect(rest.slice(0, 3).map(({ text }) => text)).toEqual([first?.text, first?.text, first?.text]);
    expect(rest[3]?.batch.no).toBe(2);
    expect(rest[3]?.batch.entries.map(({ executionId }) => executionId)).toEqual(['b', 'a']);
    expect(journal.events('a')).toHaveLength(2);
  });

  it('waits longer each time, at most a second', async () => {
    const { journal, scheduler, open } = setUp();
    journal.script = () => 'lost-before';
    open('a').stream.append(event());
    const pauses: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      await scheduler.settle();
      pauses.push((scheduler.nextTimerAt ?? 0) - scheduler.now());
      await scheduler.advanceTo(scheduler.nextTimerAt ?? 0);
    }
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  });

  it('sends nothing else of its lane until it is known', async () => {
    const { journal, scheduler, open } = setUp();
    journal.script = ({ no }) => (no === 1 ? 'lost-before' : undefined);
    open('a').stream.append(event());
    await scheduler.settle();
    open('b').stream.append(event());
    await scheduler.advance(5000);
    expect(new Set(journal.sent.map(({ batch }) => batch.no))).toEqual(new Set([1]));
  });
});

describe('a batch that the database refuses', () => {
  /** Refuses each batch that holds one of these. */
  const refusing =
    (...bad: string[]) =>
    ({ entries }: Batch): BatchResult | undefined =>
      entries.some(({ executionId }) => bad.includes(executionId))
        ? { kind: 'refused', message: 'invalid byte sequence' }
        : undefined;

  it('is halved until the bad execution stands alone; the others are written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(fc.nat(39), { maxLength: 4 }), async (n, picks) => {
        const { journal, scheduler, open } = setUp();
        const bad = new Set(picks.map((pick) => `e${pick % n}`));
        journal.script = refusing(...bad);
        const opened = Array.from({ length: n }, (_, index) => open(`e${index}`));
        const watched = opened.map(({ stream }) => {
          stream.append(event());
          return watch(stream.committed());
        });
        await scheduler.settle();
        for (const [index, { id, owner }] of opened.entries()) {
          expect(owner.losses).toEqual(bad.has(id) ? ['unstorable'] : []);
          expect(watched[index]?.done).toBe(!bad.has(id));
          expect(journal.events(id)).toHaveLength(bad.has(id) ? 0 : 1);
        }
        const numbers = journal.sent.map(({ batch }) => batch.no);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      }),
    );
  });

  it('drops everything that the bad execution has queued and takes nothing more from it', async () => {
    const { journal, scheduler, open, queue } = setUp();
    const gate = new Gate();
    journal.script = gate.answer;
    const { stream, owner } = open('a');
    stream.append(event());
    await scheduler.settle();
    stream.append(event());
    gate.release({ kind: 'refused', message: 'no' });
    await scheduler.settle();
    stream.append(event());
    stream.log({ timestamp: 1, level: 'info', message: 'late' });
    stream.touch();
    await scheduler.settle();
    expect(owner.losses).toEqual(['unstorable']);
    expect(journal.sent).toHaveLength(1);
    await queue.idle();
  });

  it('that cannot even be sent is dropped like one that is refused', async () => {
    const { journal, scheduler, open } = setUp();
    journal.script = ({ entries }) => {
      if (entries.some(({ executionId }) => executionId === 'b')) throw new TypeError('no text');
      return undefined;
    };
    const opened = ['a', 'b', 'c'].map((id) => open(id));
    for (const { stream } of opened) stream.append(event());
    await scheduler.settle();
    expect(opened.map(({ owner }) => owner.losses)).toEqual([[], ['unstorable'], []]);
  });

  it('that collides with another writer is told so, alone', async () => {
    const { journal, scheduler, open } = setUp();
    open('a').stream.append(event());
    await scheduler.settle();
    const late = open('a', 0);
    const other = open('b');
    late.stream.append(event());
    other.stream.append(event());
    await scheduler.settle();
    expect(late.owner.losses).toEqual(['collision']);
    expect(other.owner.losses).toEqual([]);
    expect(journal.events('a')).toHaveLength(1);
    expect(journal.events('b')).toHaveLength(1);
  });

  it('says which executions are no longer there', async () => {
    const { journal, scheduler, open } = setUp();
    const a = open('a');
    const b = open('b');
    for (const { owner, stream } of [a, b]) {
      owner.change = CHANGE;
      stream.append(event());
    }
    journal.deleted.add('a');
    await scheduler.settle();
    expect([a.owner.losses, b.owner.losses]).toEqual([['missing'], []]);
  });
});

describe('a lost lease', () => {
  it('ends everything that is queued or under way, on every lane, and says so once', async () => {
    const { journal, scheduler, queue, said, open } = setUp({ lanes: 3 });
    journal.script = () => new Promise<BatchResult>(() => {});
    const opened = Array.from({ length: 12 }, (_, index) => open(`e${index}`));
    const lanes = new Set(opened.map(({ stream }) => stream.lane));
    expect(lanes).toEqual(new Set([0, 1, 2]));
    for (const { stream } of opened) stream.append(event());
    await scheduler.settle();
    for (const { stream } of opened) stream.append(event());
    queue.stop();
    expect(opened.map(({ owner }) => owner.losses)).toEqual(opened.map(() => ['lease-lost']));
    expect(said.leaseLost).toBe(0);
  });

  it('that a batch finds is told to the instance once, and to each execution in it', async () => {
    const { journal, scheduler, said, open } = setUp();
    journal.dead.add('i1');
    const opened = ['a', 'b'].map((id) => open(id));
    for (const { stream } of opened) stream.append(event());
    await scheduler.settle();
    expect(said.leaseLost).toBe(1);
    expect(opened.map(({ owner }) => owner.losses)).toEqual([['lease-lost'], ['lease-lost']]);
  });

  it('in the middle of halves reaches those halves that were not sent yet', async () => {
    const { journal, scheduler, said, open } = setUp();
    const answers: BatchResult[] = [{ kind: 'refused', message: 'no' }, { kind: 'lease-lost' }];
    journal.script = () => answers.shift();
    const opened = ['a', 'b', 'c', 'd'].map((id) => open(id));
    for (const { stream } of opened) stream.append(event());
    await scheduler.settle();
    expect(said.leaseLost).toBe(1);
    expect(journal.sent).toHaveLength(2);
    expect(opened.map(({ owner }) => owner.losses)).toEqual(opened.map(() => ['lease-lost']));
  });

  it('ends the wait for an answer that is unknown', async () => {
    const { journal, scheduler, queue, open } = setUp();
    journal.script = () => 'lost-before';
    const { stream, owner } = open('a');
    stream.append(event());
    await scheduler.settle();
    queue.stop();
    await scheduler.advance(5000);
    expect(owner.losses).toEqual(['lease-lost']);
    expect(journal.sent.length).toBeLessThanOrEqual(2);
    await queue.idle();
  });
});

describe('back-pressure', () => {
  it('holds from above the limit until enough is written, and calls back everybody who waits', async () => {
    const { journal, scheduler, queue, open } = setUp({ queueLimit: 1000 });
    const gate = new Gate();
    journal.script = gate.answer;
    const { stream } = open('a');
    stream.append(event(600));
    expect(queue.isFull).toBe(false);
    stream.append(event(600));
    expect(queue.isFull).toBe(true);
    let called = 0;
    queue.whenRoom(() => (called += 1));
    stream.whenRoom(() => (called += 1));
    await scheduler.settle();
    expect(called).toBe(0);
    gate.release();
    await scheduler.settle();
    expect([called, queue.isFull]).toEqual([2, false]);
    queue.whenRoom(() => (called += 1));
    expect(called).toBe(2);
    await scheduler.settle();
    expect(called).toBe(3);
  });

  it.each(['closed', 'refused'])('gives back what an execution that was %s had in the queue', async (how) => {
    const { journal, scheduler, queue, open } = setUp({ queueLimit: 1000 });
    const gate = new Gate();
    journal.script = gate.answer;
    const { stream } = open('a');
    stream.append(event(600));
    await scheduler.settle();
    stream.append(event(600));
    stream.log({ timestamp: 1, level: 'info', message: 'x'.repeat(600) });
    expect(queue.isFull).toBe(true);
    let called = 0;
    queue.whenRoom(() => (called += 1));
    if (how === 'closed') stream.close();
    gate.release(how === 'closed' ? undefined : { kind: 'refused', message: 'no' });
    await scheduler.settle();
    expect([queue.isFull, called]).toEqual([false, 1]);
    const other = open('b');
    other.stream.append(event(900));
    expect(queue.isFull).toBe(false);
  });
});

describe('creations with an idempotency key', () => {
  const keyed = (id: string, key: string) =>
    ({ identity: { id }, idempotency: { key, bodyHash: 'h' } }) as unknown as CreationRow;

  it('go in batches of their own, and neither kind starves the other', async () => {
    const { scheduler, open, batches } = setUp();
    for (const id of ['p1', 'k1', 'p2', 'k2']) {
      const { owner, stream } = open(id);
      if (id.startsWith('k')) owner.creation = keyed(id, id);
      stream.append(event());
    }
    await scheduler.settle();
    expect(batches()).toEqual([
      ['p1', 'p2'],
      ['k1', 'k2'],
    ]);
  });

  it('whose key was taken lose, alone', async () => {
    const { scheduler, open, journal } = setUp();
    const first = open('a');
    first.owner.creation = keyed('a', 'key');
    first.stream.append(event());
    await scheduler.settle();
    const [second, third] = [open('b'), open('c')];
    second.owner.creation = keyed('b', 'key');
    third.owner.creation = keyed('c', 'other');
    second.stream.append(event());
    third.stream.append(event());
    await scheduler.settle();
    expect([first, second, third].map(({ owner }) => owner.losses)).toEqual([[], ['exists'], []]);
    expect(journal.executions.has('b')).toBe(false);
    expect(journal.events('c')).toHaveLength(1);
  });
});

describe('lanes', () => {
  it('write side by side, and an execution stays on its own', async () => {
    const { journal, scheduler, open } = setUp({ lanes: 2 });
    const gate = new Gate();
    journal.script = gate.answer;
    const opened = Array.from({ length: 10 }, (_, index) => open(`e${index}`));
    for (const { stream } of opened) stream.append(event());
    await scheduler.settle();
    expect(journal.sent.map(({ batch }) => batch.writer)).toEqual(['i1/0', 'i1/1']);
    expect(journal.sent.map(({ batch }) => batch.no)).toEqual([1, 1]);
    for (const { id, stream } of opened) expect(open(id).stream.lane).toBe(stream.lane);
  });
});

describe('idle()', () => {
  it('resolves when nothing is queued or under way', async () => {
    const { journal, scheduler, queue, open } = setUp();
    const gate = new Gate();
    journal.script = gate.answer;
    await queue.idle();
    open('a').stream.append(event());
    const idle = watch(queue.idle());
    await scheduler.settle();
    expect(idle.done).toBe(false);
    gate.release();
    await scheduler.settle();
    expect(idle.done).toBe(true);
  });
});

describe('random interleavings', () => {
  type Step =
    | { do: 'append'; of: number; size: number }
    | { do: 'log' | 'touch' | 'commit'; of: number }
    | { do: 'settle' }
    | { do: 'wait'; ms: number };
  const of = fc.nat(5);
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('append' as const), of, size: fc.integer({ min: 30, max: 400 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('append' as const), of, size: fc.constant(600_000) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('log' as const, 'touch' as const, 'commit' as const), of }),
    },
    { weight: 3, arbitrary: fc.constant({ do: 'settle' as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(300) }) },
  );
  const answer = fc.constantFrom(
    undefined,
    undefined,
    undefined,
    'lost-before' as const,
    'lost-after' as const,
    'refused' as const,
  );

  it('leave each execution with gapless seqs in the order of its events, each written once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.array(answer, { maxLength: 20 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, allAnswers, lanes) => {
          const answers = [...allAnswers];
          const { journal, scheduler, queue, open } = setUp({ lanes, queueLimit: 2_000_000 });
          journal.script = () => {
            const next = answers.shift();
            return next === 'refused' ? { kind: 'refused', message: 'no' } : next;
          };
          const opened = Array.from({ length: 6 }, (_, index) => ({ ...open(`e${index}`), appended: [] as number[] }));
          const promised: {
            stream: JournalStream;
            owner: Owner;
            id: string;
            count: number;
            seen: { done: boolean };
          }[] = [];
          let made = 0;
          for (const each of steps) {
            if (each.do === 'settle') await scheduler.settle();
            else if (each.do === 'wait') await scheduler.advance(each.ms);
            else {
              const { id, owner, stream, appended } = opened[each.of] as (typeof opened)[number];
              if (each.do === 'append') {
                made += 1;
                stream.append(JSON.stringify({ made, pad: 'x'.repeat(each.size - 30) }));
                if (owner.losses.length === 0) appended.push(made);
              } else if (each.do === 'log') stream.log({ timestamp: 1, level: 'info', message: 'm' });
              else if (each.do === 'touch') stream.touch();
              else {
                const count = appended.length;
                const seen = { done: false };
                promised.push({ stream, owner, id, count, seen });
                void stream.committed().then(() => {
                  seen.done = true;
                  expect(journal.events(id).length).toBeGreaterThanOrEqual(count);
                });
              }
            }
          }
          await scheduler.advance(60_000);
          await queue.idle();
          for (const { id, owner, appended } of opened) {
            const written = journal.events(id).map((stored) => (stored as unknown as { made: number }).made);
            expect(written).toEqual(appended.slice(0, written.length));
            if (owner.losses.length === 0) expect(written).toHaveLength(appended.length);
            else expect(owner.losses).toEqual(['unstorable']);
          }
          for (const { owner, seen } of promised) if (owner.losses.length === 0) expect(seen.done).toBe(true);
          expect(queue.isFull).toBe(false);
          for (let lane = 0; lane < lanes; lane += 1) {
            const numbers = journal.sent
              .filter(({ batch }) => batch.writer === `i1/${lane}`)
              .map(({ batch }) => batch.no);
            expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
