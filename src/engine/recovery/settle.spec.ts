import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import { DataFlow } from '../data-flow.js';
import { EngineError } from '../errors.js';
import type { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { nodeHistory } from '../journal/node-history.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution } from '../testing/driven-execution.js';
import { settledEdges, settlementProblems, type Settlement } from './settle.js';

const value = (id: string, config: NodeDefinition['config'] = {}): NodeDefinition => ({ id, type: 'value', config });
const asking = (id: string): NodeDefinition => ({
  id,
  type: 'effect',
  onInterrupted: 'ask',
  config: { ms: 1000, give: { ran: true } },
});
const sleep = (id: string): NodeDefinition => ({ id, type: 'sleep', config: { ms: 60_000 } });

const settle = (nodeId: string, more: Partial<Settlement & { actor: string; commandId: string }> = {}): Command => ({
  kind: 'settle',
  nodeId,
  status: 'completed',
  actor: 'ann',
  reason: 'looked',
  commandId: 'c1',
  ...more,
});
const RESUME: Command = { kind: 'resume' };

/** An execution whose external nodes in hand were cut off by a crash, and which has then come to rest. */
async function paused(
  nodes: NodeDefinition[],
  edges: EdgeDefinition[] = [],
  settings: WorkflowSettings = {},
): Promise<DrivenExecution> {
  const execution = await new DrivenExecution({ nodes, edges, settings }).start().settle();
  execution.crash();
  await execution.start().settle();
  if (execution.state.status === 'running') await execution.command({ kind: 'pause', mode: 'wait' });
  return execution;
}

async function resumed(execution: DrivenExecution): Promise<DrivenExecution> {
  await execution.command(RESUME);
  await execution.run();
  checkJournal(execution);
  return execution;
}

const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    (error: unknown) => (error instanceof EngineError ? [error.code, error.details] : error),
  );

describe('a node that asks', () => {
  it('settled as completed has these outputs, and the execution goes on with them when it is resumed', async () => {
    const execution = await paused([asking('a'), value('b')], [edge('a', 'b')]);
    await execution.command(settle('a', { outputs: { id: 7 } }));
    expect(execution.state).toMatchObject({ status: 'paused', seq: execution.events.length });
    expect(execution.events.at(-1)).toMatchObject({
      type: 'node:settled',
      nodeId: 'a',
      run: 1,
      status: 'completed',
      outputs: { id: 7 },
      actor: 'ann',
      reason: 'looked',
      commandId: 'c1',
    });
    expect(execution.node('a')).toMatchObject({ status: 'completed', settledBy: 'ann', attempt: 1 });
    expect(execution.node('a').outcome).toBeUndefined();
    expect(execution.node('a').error).toBeUndefined();
    expect(execution.state.history.at(-1)).toEqual({
      type: 'settle',
      at: execution.state.timestamp,
      by: 'ann',
      reason: 'looked',
      nodeId: 'a',
      status: 'completed',
    });
    expect(execution.logs.at(-1)).toBe('Settled as completed by ann: looked');
    await resumed(execution);
    expect(execution.node('b').outputs).toEqual({ id: 7 });
    expect(execution.world.callsOf('a')).toHaveLength(1);
  });

  it('settled as completed without outputs has none', async () => {
    const execution = await paused([asking('a')]);
    await execution.command(settle('a'));
    expect(execution.node('a').outputs).toEqual({});
    await resumed(execution);
    expect(execution.state.status).toBe('completed');
  });

  it('settled as skipped has dead edges, also those for errors', async () => {
    const nodes = [asking('a'), value('b'), value('always')];
    const execution = await paused(nodes, [edge('a', 'b'), edge('a', 'always', { type: 'error' })]);
    await execution.command(settle('a', { status: 'skipped' }));
    expect(execution.node('a')).toMatchObject({ status: 'skipped', skipReason: 'settled' });
    await resumed(execution);
    expect(execution.statuses()).toEqual({ a: 'skipped', b: 'skipped', always: 'skipped' });
    expect(execution.state.status).toBe('completed');
  });

  it('settled as pending did not happen: it runs again under a new key, in a new run', async () => {
    const execution = await paused([asking('a')]);
    await execution.command(settle('a', { status: 'pending' }));
    expect(execution.node('a')).toMatchObject({ status: 'pending', run: 2, attempt: 0, settledBy: 'ann' });
    expect(execution.node('a').isInDoubt).toBeUndefined();
    await resumed(execution);
    expect(execution.node('a')).toMatchObject({ status: 'completed', run: 2, outputs: { ran: true } });
    expect(execution.node('a').settledBy).toBeUndefined();
    const keys = execution.eventsOf('node:started').map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
    const own = execution.events.filter((event) => 'nodeId' in event && event.nodeId === 'a');
    expect(nodeHistory(own.map((event, index) => ({ seq: index + 1, event })))).toMatchObject([
      { run: 1, attempts: [{ status: 'interrupted' }], settled: { status: 'pending', by: 'ann', reason: 'looked' } },
      { run: 2, attempts: [{ status: 'completed' }] },
    ]);
  });

  it('that branches goes by its port', async () => {
    const node = { ...asking('a'), type: 'decide' };
    const type = { ...typeOf('effect'), type: 'decide', ports: ['yes', 'no'] };
    const edges = [edge('a', 'y', { sourceOutput: 'yes' }), edge('a', 'n', { sourceOutput: 'no' })];
    const nodes = [node, value('y'), value('n')];
    const execution = await new DrivenExecution({ nodes, edges }, { types: [type] }).start().settle();
    execution.crash();
    await execution.start().settle();
    await execution.command(settle('a', { port: 'no' }));
    await resumed(execution);
    expect(execution.statuses()).toEqual({ a: 'completed', y: 'skipped', n: 'completed' });
  });

  it('can be settled once more, as long as nothing that depends on it has begun', async () => {
    const execution = await paused([asking('a'), value('b')], [edge('a', 'b')]);
    await execution.command(settle('a', { outputs: { id: 1 } }));
    await execution.command(settle('a', { status: 'skipped', commandId: 'c2' }));
    expect(execution.node('a')).toMatchObject({ status: 'skipped' });
    expect(execution.node('a').outputs).toBeUndefined();
    await execution.command(settle('a', { outputs: { id: 3 }, commandId: 'c3', actor: 'ben' }));
    await resumed(execution);
    expect(execution.node('b').outputs).toEqual({ id: 3 });
    expect(execution.node('a').settledBy).toBe('ben');
  });
});

/** A type of the test's. */
function typeOf(name: string) {
  const type = new DrivenExecution({ nodes: [{ id: 'x', type: name }] }).plan.nodes[0]?.type;
  if (!type) throw new Error(`No type ${name}`);
  return type;
}

describe('any other node', () => {
  it('of a failed execution may be settled: the resume goes on with that', async () => {
    const failing = { ...value('a', { fail: { code: 'B' } }), retryPolicy: { maxRetries: 0 } };
    const execution = await new DrivenExecution({ nodes: [failing, value('b')], edges: [edge('a', 'b')] })
      .start()
      .run();
    await execution.command(settle('a', { outputs: { by: 'hand' } }));
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'B' } });
    await resumed(execution);
    expect(execution.state.status).toBe('completed');
    expect(execution.node('b').outputs).toEqual({ by: 'hand' });
    expect(execution.world.callsOf('a')).toHaveLength(1);
  });

  it('that waits ends its wait', async () => {
    const execution = await paused([sleep('s'), value('b')], [edge('s', 'b')]);
    await execution.command(settle('s', { outputs: { waited: 0 } }));
    await resumed(execution);
    expect(execution.elapsed).toBe(0);
    expect(execution.node('b').outputs).toEqual({ waited: 0 });
  });

  it('that was not reached yet is skipped before its time, and stays so when what is before it runs again', async () => {
    const failing = { ...value('a', { fail: { code: 'B', times: 1 } }), retryPolicy: { maxRetries: 0 } };
    const nodes = [failing, value('b'), value('c')];
    const execution = await new DrivenExecution({ nodes, edges: [edge('a', 'b'), edge('a', 'c')] }).start().run();
    await execution.command(settle('b', { status: 'skipped' }));
    await resumed(execution);
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'skipped', c: 'completed' });
  });

  it('that has completed takes back what it set into the variables', async () => {
    const nodes = [value('a', { variables: { x: 1 } }), sleep('s')];
    const execution = await paused(nodes);
    expect(execution.state.variables).toEqual({ x: 1 });
    await execution.command(settle('a', { status: 'skipped' }));
    expect(execution.state.variables).toEqual({});
  });
});

describe('a settlement is refused', () => {
  it.each<[string, Command | null, string, string | null]>([
    ['runs', null, 'INVALID_TRANSITION', null],
    ['is pausing', { kind: 'pause', mode: 'wait' }, 'CONFLICT', 'pausing'],
    ['is cancelling', { kind: 'end', then: 'cancelled' }, 'CONFLICT', 'cancelling'],
  ])('while the execution %s', async (_, command, code, activity) => {
    const stubborn = { id: 'w', type: 'work', config: { ms: 1000, stubborn: true } };
    const execution = await new DrivenExecution({ nodes: [stubborn, value('a')] }).start().settle();
    if (command) await execution.command(command);
    const details = activity ? { status: 'running', activity } : { from: 'running', to: 'paused' };
    expect(await refusalOf(execution.command(settle('a')))).toEqual([code, details]);
  });

  it.each(['completed', 'cancelled'] as const)('once the execution is %s', async (then) => {
    const execution = await new DrivenExecution({ nodes: [sleep('s')] }).start().settle();
    await execution.command({ kind: 'end', then });
    expect(await refusalOf(execution.command(settle('s')))).toEqual([
      'INVALID_TRANSITION',
      { from: then, to: 'paused' },
    ]);
  });

  it('before the execution has begun', async () => {
    const execution = new DrivenExecution({ nodes: [sleep('s')] });
    const { events } = await execution.start().settle();
    const pending = new DrivenExecution({ nodes: [sleep('s')] }, { events: events.slice(0, 1) });
    expect(await refusalOf(pending.command(settle('s')))).toEqual([
      'INVALID_TRANSITION',
      { from: 'pending', to: 'paused' },
    ]);
  });

  it('for a node that is not there', async () => {
    const execution = await paused([sleep('s')]);
    expect(await refusalOf(execution.command(settle('t')))).toEqual(['NOT_FOUND', { nodeId: 't' }]);
  });

  it('when something that depends on the node, by edges or mappings, has ended or begun', async () => {
    const handled = { ...value('h', { fail: { code: 'B' } }), retryPolicy: { maxRetries: 0 } };
    const mapped = { ...value('m'), inputs: { x: { from: 'rescue', output: 'x' } } };
    const execution = await paused(
      [handled, value('rescue'), mapped, value('a'), sleep('s'), value('z')],
      [edge('h', 'rescue', { type: 'error' }), edge('a', 's'), edge('s', 'z')],
    );
    expect(await refusalOf(execution.command(settle('h')))).toEqual(['CONFLICT', { nodes: ['rescue', 'm'] }]);
    expect(await refusalOf(execution.command(settle('rescue')))).toEqual(['CONFLICT', { nodes: ['m'] }]);
    expect(await refusalOf(execution.command(settle('a')))).toEqual(['CONFLICT', { nodes: ['s'] }]);
    expect(await execution.command(settle('m'))).toBe(true);
  });

  it('when its conditions were decided by another state', async () => {
    const execution = await paused([asking('a')]);
    const { seq } = execution.state;
    const stale = settle('a', { decided: { seq: seq - 1, edges: {} } });
    expect(await refusalOf(execution.command(stale))).toEqual(['CONFLICT', { seq }]);
    const decided = settle('a', { decided: { seq, edges: { e: true } } });
    expect(await execution.command(decided)).toBe(true);
    expect(execution.events.at(-1)).toMatchObject({ edges: { e: true } });
  });

  it('changes nothing', async () => {
    const execution = await paused([sleep('s'), value('b')], [edge('s', 'b')]);
    const { events } = execution;
    await refusalOf(execution.command(settle('t')));
    expect(execution.events).toEqual(events);
    expect(execution.left).toEqual({ wakeAt: null });
  });
});

describe('what fits a node', () => {
  const nodeWith = (ports: string[] | null) => ({ ports }) as Parameters<typeof settlementProblems>[0];
  const plain = nodeWith(null);
  const branching = nodeWith(['true', 'false']);
  const unclear = nodeWith([]);

  it.each<[string, Parameters<typeof settlementProblems>[0], Omit<Settlement, 'nodeId'>, string[]]>([
    ['outputs', plain, { status: 'completed', outputs: { a: 1 } }, []],
    ['nothing', plain, { status: 'completed' }, []],
    ['a port without branches', plain, { status: 'completed', port: 'true' }, ['port']],
    ['no port with branches', branching, { status: 'completed' }, ['port']],
    ['a port of the node', branching, { status: 'completed', port: 'false' }, []],
    ['a port of another one', branching, { status: 'completed', port: 'maybe' }, ['port']],
    ['any port where nobody knows which there are', unclear, { status: 'completed', port: 'x' }, []],
    ['no port there either', unclear, { status: 'completed' }, ['port']],
    ['outputs of a skipped one', plain, { status: 'skipped', outputs: {} }, ['outputs']],
    ['a port of a pending one', branching, { status: 'pending', port: 'true' }, ['port']],
    ['nothing of a skipped one', branching, { status: 'skipped' }, []],
    ['too much', plain, { status: 'completed', outputs: { text: 'x'.repeat(10 * 1024 * 1024) } }, ['outputs']],
  ])('%s', (_, node, settlement, fields) => {
    const problems = settlementProblems(node, { nodeId: 'a', ...settlement });
    expect(problems.map(({ field }) => field)).toEqual(fields);
    for (const { field, message } of problems) expect(message.startsWith(`${field} `)).toBe(true);
  });
});

describe('the conditions behind a settled node', () => {
  it('see its outputs, the variables and what came before, and only those of its branch are decided', async () => {
    const nodes = [value('before', { give: { n: 2 }, variables: { v: 3 } }), asking('a'), value('x'), value('y')];
    const edges = [
      edge('before', 'a'),
      edge('a', 'x', { condition: 'id = 7 and $variables.v = 3 and $nodes.before.n = 2 and $nodes.a.id = 7' }),
      edge('a', 'y', { condition: '$inputs.n = 1' }),
    ];
    const { plan, state } = await paused(nodes, edges);
    const source = { executionId: 'exec_test', plan, state, flow: new DataFlow(plan, state) };
    const node = plan.byId.get('a');
    if (!node) throw new Error('No node');
    const settlement = { nodeId: 'a', status: 'completed', outputs: { id: 7 } } as const;
    const decided = await settledEdges(source, node, settlement, {} as PinnedEnvironment);
    expect(decided).toEqual({ 'a-x': true, 'a-y': false });
  });
});
