import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { ClaimRepository, type Claim } from './claim.repository.js';
import { InstanceIdentity } from './instance-identity.js';

interface Row {
  owner?: string;
  wakeAt?: number;
  priority?: number;
  createdAt?: number;
  claims?: number;
}

let test: OpenTestDatabase;
let claims: ClaimRepository;
/** Another instance that lives. */
let other: InstanceIdentity;

beforeAll(async () => {
  test = await openTestDatabase();
  other = new InstanceIdentity();
  claims = new ClaimRepository(test.database, test.identity);
  for (const [id, state] of [
    [test.identity.id, 'alive'],
    [other.id, 'alive'],
    ['dead', 'dead'],
  ]) {
    await test.database.pool.query(
      `INSERT INTO instances (id, host, boot_id, pid, pid_start, state) VALUES ($1, 'h', '', 1, '', $2)`,
      [id, state],
    );
  }
});
afterEach(() => test.database.pool.query('TRUNCATE executions'));
afterAll(() => test.close());

async function add(id: string, { owner, wakeAt, priority = 0, createdAt = 1, claims: count = 0 }: Row): Promise<void> {
  await test.database.pool.query(
    `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq, trigger_type,
       total_nodes, created_at, updated_at, owner, wake_at, priority, claims)
     VALUES ($1, 'wf', 'n', '1', 1, 'running', 1, 'api', 1, $2, 1, $3, $4, $5, $6)`,
    [id, createdAt, owner, wakeAt, priority, count],
  );
}

const ids = (claimed: Claim[]) => claimed.map(({ id }) => id).sort();

describe('orphans', () => {
  it('are those of the dead and the gone; the claim is counted, and tells from whom it took', async () => {
    await add('mine', { owner: test.identity.id });
    await add('others', { owner: other.id });
    await add('dead', { owner: 'dead' });
    await add('gone', { owner: 'zzz' });
    await add('free', {});

    const claimed = await claims.orphans(10);
    const claimer = test.identity.id;
    expect(claimed).toHaveLength(2);
    expect(claimed).toEqual(
      expect.arrayContaining([
        { id: 'dead', claimer, claims: 1, from: 'dead', revision: 1 },
        { id: 'gone', claimer, claims: 1, from: 'zzz', revision: 1 },
      ]),
    );
    expect(await claims.orphans(10)).toEqual([]);
    expect((await claims.held()).sort()).toEqual(['dead', 'gone', 'mine']);
  });

  it('come by priority, then by age, and no more than asked for', async () => {
    for (const [id, row] of Object.entries<Row>({
      low: { priority: -1 },
      young: { createdAt: 3 },
      old: { createdAt: 2 },
      high: { priority: 5 },
    })) {
      await add(id, { ...row, owner: 'dead' });
    }
    expect(ids(await claims.orphans(2))).toEqual(['high', 'old']);
    expect(ids(await claims.orphans(2))).toEqual(['low', 'young']);
  });

  it('that a death has hit before are claimed apart, the least often hit first', async () => {
    await add('first', { owner: 'dead' });
    for (const count of [1, 2, 3, 7]) await add(`hit${count}`, { owner: 'dead', claims: count });

    expect(ids(await claims.orphans(10))).toEqual(['first']);
    expect(ids(await claims.suspects(2, 7))).toEqual(['hit1', 'hit2']);
    expect((await claims.suspects(5, 7)).map(({ id, claims: count }) => [id, count])).toEqual([['hit3', 4]]);
    expect(ids(await claims.suspects(5, 8))).toEqual(['hit7']);
  });

  it('are shared among those who claim at the same time, each once', async () => {
    for (let n = 0; n < 60; n += 1) await add(`e${n}`, { owner: 'dead' });
    const others = new ClaimRepository(test.database, other);
    const rounds = await Promise.all(Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? claims : others).orphans(10)));
    const rest = await claims.orphans(60);

    const all = [...rounds.flat(), ...rest];
    expect(new Set(ids(all)).size).toBe(60);
    expect(all).toHaveLength(60);
  });

  it('are not for an instance that is dead itself', async () => {
    await add('orphan', { owner: 'zzz' });
    await add('due', { wakeAt: 1 });
    const dead = new InstanceIdentity();
    const late = new ClaimRepository(test.database, dead);

    expect([await late.orphans(10), await late.due(10, 10), await late.one('orphan')]).toEqual([[], [], null]);
  });
});

describe('another revision', () => {
  it('is written into the row by its owner alone', async () => {
    await add('mine', { owner: test.identity.id });
    await add('theirs', { owner: 'somebody' });
    for (const id of ['mine', 'theirs'])
      await claims.nameRevision(id, { revision: 3, version: '2.0.0', totalNodes: 7 });
    const { rows } = await test.database.pool.query(
      `SELECT id, workflow_revision, workflow_version, total_nodes FROM executions WHERE id IN ('mine', 'theirs') ORDER BY id`,
    );
    expect(rows).toMatchObject([
      { id: 'mine', workflow_revision: 3, workflow_version: '2.0.0', total_nodes: 7 },
      { id: 'theirs', workflow_revision: 1 },
    ]);
  });
});

describe('what is due', () => {
  it('comes by priority, then by due time; a claim of it is no claim after a death', async () => {
    await add('low', { priority: -1, wakeAt: 1 });
    await add('later', { wakeAt: 5000 });
    await add('high', { priority: 9, wakeAt: 3, claims: 4 });
    await add('mid', { wakeAt: 2 });

    const claimer = test.identity.id;
    expect(await claims.due(1000, 1)).toEqual([{ id: 'high', claimer, claims: 4, from: null, revision: 1 }]);
    expect(ids(await claims.due(1000, 1))).toEqual(['mid']);
    expect(ids(await claims.due(1000, 9))).toEqual(['low']);
  });

  it('is found through an index in its order, however much waits', async () => {
    await test.database.pool.query(
      `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq,
         trigger_type, total_nodes, created_at, updated_at, wake_at)
       SELECT 'e' || i, 'wf', 'n', '1', 1, 'pending', 1, 'api', 1, i, i, i FROM generate_series(1, 5000) i`,
    );
    const { rows } = await test.database.journalPool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT e.id FROM executions e WHERE e.wake_at <= 9000 AND e.owner IS NULL
       ORDER BY e.priority DESC, e.wake_at LIMIT 1 FOR UPDATE OF e SKIP LOCKED`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');

    expect(plan).toContain('executions_due_idx');
    expect(plan).not.toContain('Sort');
  });
});

describe('one execution', () => {
  it('is claimed when nobody alive holds it; one of a dead owner is counted', async () => {
    await add('free', { claims: 2 });
    await add('mine', { owner: test.identity.id, claims: 3 });
    await add('orphan', { owner: 'dead' });
    await add('others', { owner: other.id });

    expect(await claims.one('free')).toMatchObject({ claims: 2, from: null });
    expect(await claims.one('mine')).toMatchObject({ claims: 3, from: test.identity.id });
    expect(await claims.one('orphan')).toMatchObject({ claims: 1, from: 'dead' });
    expect([await claims.one('others'), await claims.one('nowhere')]).toEqual([null, null]);
    expect([await claims.exists('others'), await claims.exists('nowhere')]).toEqual([true, false]);
  });
});
