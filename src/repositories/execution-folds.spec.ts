import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { JournalEvent } from '../engine/journal/events.js';
import { foldJournal } from '../engine/journal/fold.js';
import { DrivenExecution } from '../engine/testing/driven-execution.js';
import { ExecutionFolds } from './execution-folds.js';

let test: OpenTestDatabase;
let stored: StoredExecutions;
let folds: ExecutionFolds;

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
});
beforeEach(() => {
  folds = new ExecutionFolds(test.database);
});
afterAll(() => test.close());

async function journal(nodes = 20, size = 0): Promise<JournalEvent[]> {
  const give = { text: 'x'.repeat(size) };
  const list = Array.from({ length: nodes }, (_, index) => ({ id: `n${index}`, type: 'value', config: { give } }));
  return (await DrivenExecution.run({ nodes: list })).events;
}

/** Bytes of journal text that the database sent during `work`. */
async function readDuring(work: () => Promise<unknown>): Promise<number> {
  const { pool } = test.database;
  const original = pool.query.bind(pool) as (...args: unknown[]) => Promise<{ rows: { events?: string | null }[] }>;
  let read = 0;
  const counting = async (...args: unknown[]) => {
    const result = await original(...args);
    for (const { events } of result.rows) read += events?.length ?? 0;
    return result;
  };
  pool.query = counting as unknown as typeof pool.query;
  try {
    await work();
  } finally {
    pool.query = original as unknown as typeof pool.query;
  }
  return read;
}

describe('a fold', () => {
  it('is that of the whole journal, however it is cut into chunks', async () => {
    const events = await journal();
    for (const chunkSize of [1, 3, events.length]) {
      const id = await stored.add({ id: `cut_${chunkSize}`, events, chunkSize });
      expect(await folds.load(id)).toEqual(foldJournal(events));
      expect(await folds.loadFresh(id)).toEqual(foldJournal(events));
    }
  });

  it('is undefined for an execution that does not exist', async () => {
    expect(await folds.load('nobody')).toBeUndefined();
    expect(await folds.loadFresh('nobody')).toBeUndefined();
    expect(await folds.loadAt('nobody', 1)).toBeUndefined();
  });

  it('is carried on by what is new alone', async () => {
    const events = await journal(50, 1000);
    const first = events.slice(0, 30);
    const id = await stored.add({ id: 'carried', events: first, chunkSize: 7 });
    await folds.load(id);

    expect(await readDuring(() => folds.load(id))).toBe(0);
    await stored.append(id, 31, events.slice(30));
    const rest = await readDuring(() => folds.load(id));
    expect(rest).toBe(JSON.stringify(events.slice(30)).length);
    expect(await folds.load(id)).toEqual(foldJournal(events));
  });

  it('goes on in the middle of a chunk', async () => {
    const events = await journal(10);
    const id = await stored.add({ id: 'middle', events, chunkSize: 5 });
    const seen: number[] = [];
    await folds.replay(id, 8, ({ seq }, state) => {
      seen.push(seq);
      expect(state.seq).toBe(seq);
    });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is read in parts when the journal is long, and one event may be larger than a part', async () => {
    const events = await journal(12, 300_000);
    const large = await journal(2, 5_000_000);
    const id = await stored.add({ id: 'long', events, chunkSize: 2 });
    const largeId = await stored.add({ id: 'large', events: large, chunkSize: 1 });

    expect(await folds.load(id)).toEqual(foldJournal(events));
    expect(await folds.load(largeId)).toEqual(foldJournal(large));
    expect(await folds.load(largeId)).toEqual(foldJournal(large));
  });

  it('is the same when many were begun by one statement, also of what did not fit into it', async () => {
    const journals = new Map<string, JournalEvent[]>([
      ['many_a', await journal(3)],
      ['many_b', await journal(150)],
      ['many_c', await journal(8, 300_000)],
      ['many_d', await journal(2)],
    ]);
    for (const [id, events] of journals) await stored.add({ id, events, chunkSize: 1 });
    const ids = [...journals.keys()];

    const begun = await folds.beginReading([...ids, 'nobody']);
    expect(begun.get('many_a')).toMatchObject({ more: true, events: { length: journals.get('many_a')?.length } });
    expect(begun.get('many_d')).toBeUndefined();
    for (const [id, events] of journals) expect(await folds.loadFresh(id, begun.get(id))).toEqual(foldJournal(events));

    const small = await folds.beginReading(['many_a', 'many_d', 'nobody']);
    expect([...small].map(([id, { more }]) => [id, more])).toEqual([
      ['many_a', false],
      ['many_d', false],
    ]);
    expect(await readDuring(() => folds.loadFresh('many_d', small.get('many_d')))).toBe(0);
  });

  it('of the past ends at its event, or at the newest', async () => {
    const events = await journal(10);
    const id = await stored.add({ id: 'past', events, chunkSize: 4 });
    expect(await folds.loadAt(id, 6)).toEqual(foldJournal(events.slice(0, 6)));
    expect((await folds.loadAt(id, 1000))?.seq).toBe(events.length);
  });

  it('of one reader is never that of a driver', async () => {
    const events = await journal(3);
    const id = await stored.add({ id: 'own', events: events.slice(0, 3) });
    const shared = await folds.load(id);
    const own = await folds.loadFresh(id);
    expect(own).not.toBe(shared);
    expect(own?.nodes.get('n0')).not.toBe(shared?.nodes.get('n0'));
  });
});

describe('many readers of one execution', () => {
  it('each see what was committed before they asked', async () => {
    const events = await journal(60, 100);
    const id = await stored.add({ id: 'crowd', events: events.slice(0, 1) });
    const checks: Promise<void>[] = [];
    for (let seq = 2; seq <= events.length; seq += 1) {
      await stored.append(id, seq, events.slice(seq - 1, seq));
      for (let reader = 0; reader < 5; reader += 1) {
        const wanted = seq;
        checks.push(folds.load(id).then((state) => expect(state?.seq).toBeGreaterThanOrEqual(wanted)));
      }
    }
    await Promise.all(checks);
    expect(await folds.load(id)).toEqual(foldJournal(events));
  });

  it('who ask at once share two readings', async () => {
    const events = await journal(10, 1000);
    const id = await stored.add({ id: 'shared', events });
    const read = await readDuring(() => Promise.all(Array.from({ length: 100 }, () => folds.load(id))));
    expect(read).toBe(JSON.stringify(events).length);
  });
});

describe('what is kept', () => {
  it('ends when the execution is gone', async () => {
    const id = await stored.add({ id: 'gone' });
    await folds.load(id);
    await test.database.pool.query('DELETE FROM execution_events WHERE execution_id = $1', [id]);
    expect(await folds.load(id)).toBeUndefined();
    expect(await folds.load(id)).toBeUndefined();
  });

  it('is bounded: the least used go first', async () => {
    const events = await journal(3, 2_500_000);
    const ids: string[] = [];
    for (let index = 0; index < 6; index += 1) ids.push(await stored.add({ id: `big_${index}`, events }));
    for (const id of ids) await folds.load(id);
    const whole = JSON.stringify(events).length;

    expect(await readDuring(() => folds.load(ids.at(-1) ?? ''))).toBe(0);
    expect(await readDuring(() => folds.load(ids.at(0) ?? ''))).toBe(whole);
  });

  it('is dropped when a journal cannot be folded, so that the next reading begins anew', async () => {
    const events = await journal(3);
    const broken: JournalEvent = { type: 'execution:started', timestamp: 1 };
    const id = await stored.add({ id: 'broken', events: [...events.slice(0, 2), broken] });
    await expect(folds.load(id)).rejects.toThrow(/running/);
    await expect(folds.load(id)).rejects.toThrow(/running/);

    const text = JSON.stringify(events.slice(0, 3));
    await test.database.pool.query('UPDATE execution_events SET events = $2 WHERE execution_id = $1', [id, text]);
    expect(await folds.load(id)).toEqual(foldJournal(events.slice(0, 3)));
  });

  it('is not needed after the database was away', async () => {
    const id = await stored.add({ id: 'away' });
    const { pool } = test.database;
    const original = pool.query.bind(pool);
    pool.query = (() => Promise.reject(new Error('away'))) as unknown as typeof pool.query;
    await expect(folds.load(id)).rejects.toThrow('away');
    pool.query = original;
    expect((await folds.load(id))?.seq).toBe(1);
  });
});
