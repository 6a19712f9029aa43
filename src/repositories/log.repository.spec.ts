import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { LogEntry } from '../engine/ports.js';
import { LogRepository, type LogFilter } from './log.repository.js';

let test: OpenTestDatabase;
let repository: LogRepository;

const LINES: LogEntry[] = [
  { timestamp: 1, level: 'debug', message: 'one' },
  { timestamp: 2, level: 'info', message: 'Two', nodeId: 'a', data: { n: 2 } },
  { timestamp: 3, level: 'warn', message: 'three 50%', nodeId: 'b', data: null },
  { timestamp: 4, level: 'error', message: 'four' },
];

beforeAll(async () => {
  test = await openTestDatabase();
  repository = new LogRepository(test.database);
  const stored = await new StoredExecutions(test).begin();
  await stored.add({ id: 'x', logs: LINES });
  await stored.add({ id: 'y', logs: LINES });
});
afterAll(() => test.close());

const list = (filter: Partial<LogFilter> = {}) => repository.list('x', { limit: 100, ...filter });
const messages = async (filter: Partial<LogFilter>) => (await list(filter)).map(({ message }) => message);

describe('the log of an execution', () => {
  it('has its own lines alone, the oldest first, as they were written', async () => {
    const lines = await list();
    const ids = lines.map(({ id }) => id);
    expect(lines).toEqual(LINES.map((line, index) => ({ id: ids[index], ...line })));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it('takes a level and what is graver', async () => {
    expect(await messages({ level: 'debug' })).toHaveLength(4);
    expect(await messages({ level: 'warn' })).toEqual(['three 50%', 'four']);
    expect(await messages({ level: 'error' })).toEqual(['four']);
  });

  it('takes a node and part of the message, in any case', async () => {
    expect(await messages({ nodeId: 'a' })).toEqual(['Two']);
    expect(await messages({ search: 'tWO' })).toEqual(['Two']);
    expect(await messages({ search: '%' })).toEqual(['three 50%']);
    expect(await messages({ nodeId: 'a', search: 'three' })).toEqual([]);
  });

  it('goes on after the last line that was seen', async () => {
    const [first] = await list({ limit: 1 });
    expect(await messages({ limit: 2, after: first?.id })).toEqual(['Two', 'three 50%']);
    expect(await messages({ after: Number.MAX_SAFE_INTEGER })).toEqual([]);
  });

  it('gives the newest ones as its tail, still the oldest first', async () => {
    expect(await messages({ limit: 2, tail: true })).toEqual(['three 50%', 'four']);
  });

  it('goes back before the first line that was seen, still the oldest first', async () => {
    const [, , , last] = await list();
    expect(await messages({ limit: 2, before: last?.id })).toEqual(['Two', 'three 50%']);
    expect(await messages({ level: 'info', before: last?.id })).toEqual(['Two', 'three 50%']);
    expect(await messages({ before: 0 })).toEqual([]);
  });
});
