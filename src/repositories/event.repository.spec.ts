import fc from 'fast-check';
import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { JournalEvent } from '../engine/journal/events.js';
import { DrivenExecution } from '../engine/testing/driven-execution.js';
import { EventRepository, type EventFilter } from './event.repository.js';

let test: OpenTestDatabase;
let stored: StoredExecutions;
let repository: EventRepository;
let events: JournalEvent[];

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
  repository = new EventRepository(test.database);
  const nodes = Array.from({ length: 20 }, (_, index) => ({ id: `n${index}`, type: 'effect', config: {} }));
  events = (await DrivenExecution.run({ nodes })).events;
  for (const chunkSize of [1, 4, 100]) await stored.add({ id: `by_${chunkSize}`, events, chunkSize });
});
afterAll(() => test.close());

function expected({ after = 0, before = Infinity, descending, limit, type, nodeId }: EventFilter) {
  const wanted = events
    .map((event, index) => ({ seq: index + 1, event }))
    .filter(({ seq }) => seq > after && seq < before)
    .filter(({ event }) => type === undefined || event.type === type)
    .filter(({ event }) => nodeId === undefined || ('nodeId' in event && event.nodeId === nodeId));
  if (descending) wanted.reverse();
  return { events: wanted.slice(0, limit), more: wanted.length > limit };
}

describe('list', () => {
  it('gives what the filter lets through, both ways, however the journal is cut into chunks', async () => {
    const seq = fc.option(fc.nat(50), { nil: undefined });
    const filters = fc.record({
      after: seq,
      before: seq,
      descending: fc.boolean(),
      limit: fc.integer({ min: 1, max: 50 }),
      type: fc.option(fc.constantFrom('node:started' as const, 'execution:created' as const), { nil: undefined }),
      nodeId: fc.option(fc.constantFrom('n0', 'n19', 'nobody'), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 4, 100), filters, async (chunkSize, filter) => {
        expect(await repository.list(`by_${chunkSize}`, filter)).toEqual(expected(filter));
      }),
      { numRuns: 200 },
    );
  });

  it('gives nothing for an execution that does not exist', async () => {
    expect(await repository.list('nobody', { descending: false, limit: 10 })).toEqual({ events: [], more: false });
    expect(await repository.list('nobody', { descending: true, limit: 10 })).toEqual({ events: [], more: false });
  });

  it('ends a page early when its events are large, and says that there are more', async () => {
    const give = { text: 'x'.repeat(3_000_000) };
    const nodes = Array.from({ length: 12 }, (_, index) => ({ id: `n${index}`, type: 'value', config: { give } }));
    const large = (await DrivenExecution.run({ nodes })).events;
    const id = await stored.add({ id: 'large', events: large, chunkSize: 1 });
    const seqs: number[] = [];
    for (let after = 0; ; ) {
      const page = await repository.list(id, { after, descending: false, limit: 1000 });
      seqs.push(...page.events.map(({ seq }) => seq));
      if (seqs.length < large.length) expect(JSON.stringify(page.events).length).toBeLessThan(25_000_000);
      if (!page.more) break;
      after = seqs.at(-1) ?? after;
    }
    expect(seqs).toEqual(large.map((_, index) => index + 1));
  });
});

describe('ofNode', () => {
  it('gives every event of the node and no others', async () => {
    const found = await repository.ofNode('by_4', 'n3');
    expect(found).toEqual(expected({ descending: false, limit: 1000, nodeId: 'n3' }).events);
    expect(await repository.ofNode('by_4', 'nobody')).toEqual([]);
  });
});
