import { DurationHistogram } from '../engine/progress/duration-histogram.js';
import { openTestDatabase, type OpenTestDatabase } from '../../test/support/test-database.js';
import { NodeDurationRepository, type NodeDurationSum } from './node-duration.repository.js';
import { UsageRepository } from './usage.repository.js';
import { WorkflowRepository } from './workflow.repository.js';

let opened: OpenTestDatabase;
let durations: NodeDurationRepository;

beforeAll(async () => {
  opened = await openTestDatabase();
  durations = new NodeDurationRepository(opened.database);
  await opened.database.pool.query(
    `INSERT INTO instances (id, host, boot_id, pid, pid_start, state)
     VALUES ('alive', 'here', '', 1, '', 'alive'), ('dead', 'here', '', 2, '', 'dead')`,
  );
});
afterAll(() => opened.close());

function sum(times: readonly number[], failures = 0): NodeDurationSum {
  const histogram = new DurationHistogram();
  for (const ms of times) histogram.add(ms);
  const durationSum = times.reduce((all, ms) => all + ms, 0);
  return { count: times.length + failures, failures, durationSum, histogram };
}

const add = (instance: string, workflowId: string, nodes: Record<string, NodeDurationSum>) =>
  durations.add(instance, [{ workflowId, nodes: new Map(Object.entries(nodes)) }]);

async function read(workflowId: string): Promise<Record<string, NodeDurationSum>> {
  const sums = (await durations.ofWorkflows([workflowId])).get(workflowId);
  return Object.fromEntries(sums ?? []);
}

async function instancesIn(table: string, workflowId: string): Promise<string[]> {
  const { rows } = await opened.database.pool.query<{ instance: string }>(
    `SELECT DISTINCT instance_id AS instance FROM ${table} WHERE workflow_id = $1 ORDER BY 1`,
    [workflowId],
  );
  return rows.map(({ instance }) => instance);
}

describe('the durations of nodes', () => {
  test('add up over flushes and instances, whatever the lengths of their histograms', async () => {
    await add('alive', 'wf_sum', { a: sum([1, 2, 5000], 1), 'b\u{1f600}': sum([], 2) });
    await add('alive', 'wf_sum', { a: sum([3]) });
    await add('dead', 'wf_sum', { a: sum([900_000]), 'b\u{1f600}': sum([7]) });

    expect(await read('wf_sum')).toEqual({ a: sum([1, 2, 3, 5000, 900_000], 1), 'b\u{1f600}': sum([7], 2) });
    expect(await read('wf_other')).toEqual({});
  });

  test('are kept of node ids that a column cannot hold', async () => {
    await add('alive', 'wf_odd', { 'n\ud800': sum([1]), 'n\udfff': sum([2]), plain: sum([3]) });
    expect(await read('wf_odd')).toEqual({ 'n\ufffd': sum([1, 2]), plain: sum([3]) });
  });

  test('of instances that are gone are put into one row, those of the living stay', async () => {
    await add('alive', 'wf_fold', { a: sum([1]) });
    await add('dead', 'wf_fold', { a: sum([20, 30], 1), only: sum([], 3) });
    await add('forgotten', 'wf_fold', { a: sum([400_000]) });
    const before = await read('wf_fold');
    await durations.foldGone();

    expect(await instancesIn('node_durations', 'wf_fold')).toEqual(['', 'alive']);
    expect(await read('wf_fold')).toEqual(before);

    await add('forgotten', 'wf_fold', { a: sum([50]) });
    await Promise.all([durations.foldGone(), durations.foldGone(), durations.foldGone()]);
    expect(await instancesIn('node_durations', 'wf_fold')).toEqual(['', 'alive']);
    expect(await read('wf_fold')).toEqual({ a: sum([1, 20, 30, 50, 400_000], 1), only: sum([], 3) });
  });
});

describe('the usage of workflows', () => {
  test('by instances that are gone is put into one row', async () => {
    const usage = new UsageRepository(opened.database);
    const workflows = new WorkflowRepository(opened.prisma);
    const content = { nodes: [], edges: [] };
    const stats = { totalNodes: 0, totalEdges: 0, startNodes: 0, endNodes: 0, maxDepth: 0 };
    await workflows.create('wf_used', { head: { name: 'Used', status: 'active' }, content, stats }, { now: 1 });
    const delta = { workflowId: 'wf_used', used: 2, completed: 1, failed: 1, durationSum: 10, lastExecutedAt: 5 };
    for (const instance of ['alive', 'dead', 'forgotten']) await usage.add(instance, [delta]);
    const before = (await workflows.find('wf_used'))?.usage;
    await usage.foldGone();

    expect(await instancesIn('workflow_usage', 'wf_used')).toEqual(['', 'alive']);
    expect((await workflows.find('wf_used'))?.usage).toEqual(before);
    expect(before).toEqual({ usageCount: 6, avgExecutionTime: 10, successRate: 0.5, lastExecutedAt: 5 });
  });
});
