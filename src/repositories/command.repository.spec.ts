import { StoredExecutions } from '../../test/support/stored-executions.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import type { Command } from '../engine/state/decide-command.js';
import { CommandRepository, type ExecutionCommand } from './command.repository.js';
import { InstanceIdentity } from './instance-identity.js';

const WANTED_MS = 30_000;

let test: OpenTestDatabase;
let stored: StoredExecutions;
let mine: CommandRepository;
/** The same for another instance, which lives too. */
let other: { identity: InstanceIdentity; commands: CommandRepository };
let no = 0;

beforeAll(async () => {
  test = await openTestDatabase();
  stored = await new StoredExecutions(test).begin();
  mine = new CommandRepository(test.database, test.identity);
  const identity = new InstanceIdentity();
  await new StoredExecutions({ ...test, identity }).begin();
  other = { identity, commands: new CommandRepository(test.database, identity) };
});
afterAll(() => test.close());

const sql = (text: string, values: unknown[] = []) => test.database.pool.query(text, values);

/** An execution that `owner` drives. */
const driven = (owner?: string) => stored.add({ status: 'running', ...(owner !== undefined && { owner }) });

function given(executionId: string, command: Command = { kind: 'resume' }, expectedSeq?: number): ExecutionCommand {
  no += 1;
  return { id: `cmd_${no}`, executionId, command, ...(expectedSeq !== undefined && { expectedSeq }) };
}

async function post(executionId: string, key?: string, wantedMs = WANTED_MS): Promise<ExecutionCommand> {
  const command = given(executionId);
  expect(await mine.post(command, key, wantedMs)).toBe('posted');
  return command;
}

const idsOf = (commands: { id: string }[]) => commands.map(({ id }) => id);

describe('a posted command', () => {
  it('is taken as it was given, once, the oldest first, by the owner of its execution alone', async () => {
    const owned = await driven(other.identity.id);
    await post(await driven(test.identity.id));
    await post(await driven());
    const error = { message: '\u0000 \ud83d\ude00', code: 'X' };
    const commands = [
      given(owned, { kind: 'end', then: 'failed', error, actor: 'ann', reason: 'why' }, 7),
      given(owned, { kind: 'pause', mode: 'abort' }),
    ];
    for (const command of commands) await mine.post(command, undefined, WANTED_MS);
    const taken = await other.commands.takeOwn([], 10);
    expect(taken).toEqual(commands.map((command) => ({ ...command, answer: null })));
    expect(await other.commands.takeOwn(idsOf(taken), 10)).toEqual([]);
    // What it has taken and forgotten, because it could not note the answer, is taken again.
    expect(idsOf(await other.commands.takeOwn([], 1))).toEqual(idsOf(commands.slice(0, 1)));
  });

  it('that could not be answered is taken again by who took it, also when nobody drives the execution any more', async () => {
    const owned = await driven(other.identity.id);
    const { id } = await post(owned);
    expect(idsOf(await other.commands.takeOwn([], 200))).toContain(id);
    await sql('UPDATE executions SET owner = NULL WHERE id = $1', [owned]);
    expect(idsOf(await other.commands.takeOwn([id], 200))).not.toContain(id);
    expect(idsOf(await other.commands.takeOwn([], 200))).toContain(id);
    expect(idsOf(await mine.takeOwn([], 200))).not.toContain(id);
  });

  it('needs an execution', async () => {
    expect(await mine.post(given('nobody'), undefined, WANTED_MS)).toBe('missing');
    expect(await mine.post(given('nobody'), 'key', WANTED_MS)).toBe('missing');
  });

  it('stands elsewhere while another instance that lives drives its execution', async () => {
    const dead = new InstanceIdentity();
    await new StoredExecutions({ ...test, identity: dead }).begin();
    await sql(`UPDATE instances SET state = 'dead' WHERE id = $1`, [dead.id]);
    const seen = [];
    for (const owner of [other.identity.id, test.identity.id, dead.id, 'gone', undefined]) {
      const { id } = await post(await driven(owner));
      seen.push((await mine.standings([id])).get(id));
    }
    expect(seen).toEqual([true, false, false, false, false].map((isElsewhere) => ({ answer: null, isElsewhere })));
  });

  it('keeps its first answer', async () => {
    const { id } = await post(await driven());
    await mine.answer(id, { seq: 3 });
    await mine.answer(id, { error: { code: 'CONFLICT', message: 'No' } });
    expect((await mine.standings([id, 'nobody'])).get(id)).toMatchObject({ answer: { seq: 3 } });
    expect(await mine.takeOne(id)).toBeUndefined();
    expect(await mine.withdraw(id)).toBe(false);
  });

  it('is free again when it is given back, or when who took it is dead', async () => {
    const { id } = await post(await driven());
    expect(await other.commands.takeOne(id)).toMatchObject({ id });
    expect(await mine.takeOne(id)).toBeUndefined();
    await mine.giveBack(id);
    expect(await mine.takeOne(id)).toBeUndefined();
    await other.commands.giveBack(id);
    expect(await mine.takeOne(id)).toMatchObject({ id });
    await sql(`UPDATE execution_commands SET taken_by = 'gone' WHERE id = $1`, [id]);
    expect(await mine.takeOne(id)).toMatchObject({ id });
  });
});

describe('a command that nobody wants any more', () => {
  it('is not taken by the owner', async () => {
    const owned = await driven(test.identity.id);
    await post(owned, undefined, -1);
    expect((await mine.takeOwn([], 10)).filter(({ executionId }) => executionId === owned)).toEqual([]);
  });

  it('can be withdrawn, unless somebody has taken it or somebody else waits for it', async () => {
    const execution = await driven();
    const [free, taken, awaited] = [
      await post(execution, undefined, 0),
      await post(execution, undefined, 0),
      await post(execution, 'awaited', 0),
    ];
    await other.commands.takeOne(taken.id);
    await other.commands.withKey(execution, 'awaited', WANTED_MS);
    expect(await Promise.all([free, taken, awaited].map(({ id }) => mine.withdraw(id)))).toEqual([true, false, false]);
    expect([...(await mine.standings([free.id, taken.id])).keys()]).toEqual([taken.id]);
  });
});

describe('a key', () => {
  it('has one command in an execution', async () => {
    const [one, two] = [await driven(), await driven()];
    const first = await post(one, 'key');
    await post(two, 'key');
    expect(await mine.post(given(one), 'key', WANTED_MS)).toBe('taken');
    expect(await mine.withKey(one, 'key', WANTED_MS)).toMatchObject({ id: first.id, answer: null });
    await mine.answer(first.id, { seq: 5 });
    expect(await mine.withKey(one, 'key', WANTED_MS)).toMatchObject({ answer: { seq: 5 } });
    expect(await mine.withKey(one, 'another', WANTED_MS)).toBeUndefined();
  });

  it('is kept, while commands without one are forgotten after a time', async () => {
    const execution = await driven();
    const [old, young, keyed] = [await post(execution), await post(execution), await post(execution, 'key')];
    await sql(`UPDATE execution_commands SET created_at = now() - interval '2 hours' WHERE id = ANY($1)`, [
      idsOf([old, keyed]),
    ]);
    expect(await mine.forget(3_600_000)).toBe(1);
    expect([...(await mine.standings(idsOf([old, young, keyed]))).keys()].sort()).toEqual(idsOf([young, keyed]).sort());
  });

  it('is freed with an execution that is gone', async () => {
    const execution = await driven();
    const { id } = await post(execution, 'key');
    expect(await mine.removeOrphan(id)).toBe(false);
    await sql('DELETE FROM executions WHERE id = $1', [execution]);
    expect(await mine.removeOrphan(id)).toBe(true);
    expect(await mine.withKey(execution, 'key', WANTED_MS)).toBeUndefined();
  });
});
