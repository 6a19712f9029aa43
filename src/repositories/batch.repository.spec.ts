import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { BatchEntry } from '../engine/journal/batch.js';
import { BatchRepository, logKey } from './batch.repository.js';
import { DeletionBatches } from './deletion-batches.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';
import { ExecutionFolds } from './execution-folds.js';
import { InstanceRepository } from './instance.repository.js';
import { JournalRepository } from './journal.repository.js';

let test: OpenTestDatabase;
let journal: JournalRepository;
let batches: BatchRepository;
let deletions: ExecutionDeletionRepository;
const numbers = new Map<string, number>();

beforeAll(async () => {
  test = await openTestDatabase();
  journal = new JournalRepository(test.database);
  batches = new BatchRepository(test.database);
  const folds = new ExecutionFolds(test.database);
  deletions = new ExecutionDeletionRepository(test.database, folds, test.identity, new DeletionBatches(test.identity));
  await new InstanceRepository(test.database).register(test.identity.id, {
    host: 'h',
    bootId: 'b',
    pid: 1,
    pidStart: '1',
  });
});

afterAll(() => test.close());

async function write(lane: number, entries: BatchEntry[]): Promise<{ writer: string; no: number }> {
  const writer = `${test.identity.id}/${lane}`;
  const no = (numbers.get(writer) ?? 0) + 1;
  numbers.set(writer, no);
  const result = await journal.write({ writer, no, instanceId: test.identity.id, entries });
  expect(result).toMatchObject({ kind: 'committed' });
  return { writer, no };
}

const line = (message: string) => ({ timestamp: 1, level: 'info' as const, message });

function entry(executionId: string, from: number, to: number, messages: string[] = []): BatchEntry {
  const text = JSON.stringify(Array.from({ length: to - from + 1 }, (_, index) => ({ n: from + index })));
  const chunks = to < from ? [] : [{ firstSeq: from, lastSeq: to, text }];
  return { executionId, seq: to, chunks, logs: messages.map(line) };
}

it('a batch names the events and the log lines that it has, and these are found by it', async () => {
  const first = await write(0, [entry('e1', 1, 3, ['one', 'two']), entry('e2', 1, 1)]);
  const second = await write(1, [entry('e1', 4, 3, ['three'])]);
  const third = await write(0, [entry('e1', 4, 5, ['four'])]);
  const { vector, now } = await batches.newest();
  expect(vector).toEqual(
    new Map([
      [third.writer, third.no],
      [second.writer, second.no],
    ]),
  );
  expect(Math.abs(now - Date.now())).toBeLessThan(60_000);
  const ranges = [first, second].map(({ writer }) => ({ writer, after: 0, upTo: 100 }));
  const rows = await batches.rows(ranges, 100);
  expect(rows.map(({ names }) => names)).toEqual([
    [
      { kind: 'events', executionId: 'e1', from: 1, to: 3 },
      { kind: 'logs', executionId: 'e1', count: 2, seq: 3 },
      { kind: 'events', executionId: 'e2', from: 1, to: 1 },
    ],
    [
      { kind: 'events', executionId: 'e1', from: 4, to: 5 },
      { kind: 'logs', executionId: 'e1', count: 1, seq: 5 },
    ],
    [{ kind: 'logs', executionId: 'e1', count: 1, seq: 3 }],
  ]);
  expect((await batches.rows(ranges, 1)).map(({ no }) => no)).toEqual([1, 1]);
  expect((await batches.rows([{ writer: first.writer, after: 1, upTo: 2 }], 9)).map(({ no }) => no)).toEqual([2]);

  const wanted = [
    { executionId: 'e1', from: 4, to: 5 },
    { executionId: 'none', from: 1, to: 2 },
    { executionId: 'e1', from: 1, to: 3 },
  ];
  const { found, complete } = await batches.events(wanted, 1000);
  expect([...found].map(([place, { events }]) => [place, events.map(({ seq }) => seq)])).toEqual([
    [0, [4, 5]],
    [2, [1, 2, 3]],
  ]);
  expect(complete).toBe(3);
  expect(await batches.events(wanted, 1)).toMatchObject({ complete: 0 });

  const keys = [
    { ...first, executionId: 'e1', count: 2 },
    { ...second, executionId: 'e1', count: 1 },
  ];
  const logs = await batches.logs(keys);
  expect(keys.map((key) => logs.get(logKey(key))?.map(({ message }) => message))).toEqual([['one', 'two'], ['three']]);
});

it('a deletion writes a row of its own, with what became of each that it took', async () => {
  await test.database.pool.query(
    `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq, trigger_type,
       total_nodes, created_at, updated_at, ended_at)
     SELECT 'd' || n, 'wf' || n, 'Orders', '1', 1, (ARRAY['completed','failed','cancelled','completed'])[n], n, 'api', 1, 1, 1, 1
     FROM generate_series(1, 4) n`,
  );
  expect(await deletions.delete('d4')).toBe('deleted');
  expect(await deletions.delete('d4')).toBe('missing');
  expect(await deletions.cleanup({ endedUntil: 10 })).toBe(3);
  const rows = await batches.rows([{ writer: `${test.identity.id}/deletions`, after: 0, upTo: 9 }], 9);
  const deleted = (n: number, status: string) => ({
    kind: 'deleted',
    executionId: `d${n}`,
    seq: n,
    workflowId: `wf${n}`,
    status,
  });
  expect(rows.map(({ no, names }) => [no, names])).toEqual([
    [1, [deleted(4, 'completed')]],
    [2, [deleted(1, 'completed'), deleted(2, 'failed'), deleted(3, 'cancelled')]],
  ]);
});

it('deletions go one after the other, and past a number that a statement with a lost answer has used', async () => {
  const writer = new DeletionBatches(test.identity);
  const used: number[] = [];
  const insert = async ({ writer: name, no }: { writer: string; no: number }) => {
    await test.database.pool.query(`INSERT INTO journal_batches VALUES ($1, $2, '{}', '{}', '{}')`, [
      `${name}/lost`,
      no,
    ]);
    used.push(no);
    return no;
  };
  const lost = async (batch: { writer: string; no: number }) => {
    await insert(batch);
    throw new Error('the answer was lost');
  };
  expect(writer.written).toBeUndefined();
  const all = [
    writer.write(insert, () => true),
    writer.write(lost, () => true).catch(() => 0),
    writer.write(insert, () => true),
    writer.write(
      () => Promise.resolve(0),
      () => false,
    ),
    writer.write(insert, () => true),
  ];
  await Promise.all(all);
  expect(used).toEqual([1, 2, 3, 4]);
  expect(writer.written?.no).toBe(4);
});
