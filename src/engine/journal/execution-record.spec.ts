import fc from 'fast-check';
import type { EdgeDefinition, NodeDefinition } from '../definition/workflow-definition.js';
import type { NodeType } from '../ports.js';
import type { ExecutionState } from '../state/execution-state.js';
import { DrivenExecution, type TestWorkflow } from '../testing/driven-execution.js';
import type { JournalEvent } from './events.js';
import { buildRecord, recordWithoutNodes, type ExecutionRecord, type RunningAttempt } from './execution-record.js';
import { executionRow } from './execution-row.js';
import { foldJournal } from './fold.js';
import { RECORD_LIMIT_BYTES } from './record-limit.js';

const OUTPUT: NodeType = {
  type: 'output',
  name: 'output',
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect: 'pure',
  execute: ({ inputs }) => ({ outputs: inputs }),
};

const edge = (source: string, target: string, more: Partial<EdgeDefinition> = {}): EdgeDefinition => ({
  source,
  target,
  ...more,
});
const value = (id: string, config: NodeDefinition['config'] = {}, more: Partial<NodeDefinition> = {}) => ({
  id,
  type: 'value',
  config,
  ...more,
});
const output = (id: string): NodeDefinition => ({ id, type: 'output' });

async function drive(workflow: TestWorkflow, options = {}): Promise<DrivenExecution> {
  return DrivenExecution.run(workflow, { types: [OUTPUT], ...options });
}

function recordOf(execution: DrivenExecution, more: Partial<Parameters<typeof buildRecord>[0]> = {}): ExecutionRecord {
  const state = more.state ?? execution.state;
  return buildRecord({ executionId: 'exec_1', plan: execution.plan, now: state.timestamp, ...more, state });
}

function nodeOf(record: ExecutionRecord, nodeId: string) {
  const node = record.nodes.find((each) => each.nodeId === nodeId);
  if (!node) throw new Error(`no node ${nodeId}`);
  return node;
}

/** What a client gets. */
function asJson(shown: object): unknown {
  return JSON.parse(JSON.stringify(shown));
}

describe('the record of a completed execution', () => {
  it('has exactly the fields of the contract', async () => {
    const execution = await drive(
      { nodes: [value('a', { give: { n: 1 } }, { label: 'First' }), output('out')], edges: [edge('a', 'out')] },
      { context: { variables: { v: 1 } } },
    );
    const { createdAt } = execution.state;

    expect(asJson(recordOf(execution))).toEqual({
      id: 'exec_1',
      workflowId: 'wf_test',
      workflowName: 'Test',
      workflowVersion: '1.0.0',
      workflowRevision: 1,
      status: 'completed',
      activity: null,
      attention: null,
      seq: 5,
      startTime: createdAt,
      endTime: createdAt,
      duration: 0,
      trigger: { type: 'api' },
      context: { variables: { v: 1 } },
      labels: {},
      priority: 0,
      nodes: [
        {
          nodeId: 'a',
          nodeName: 'First',
          nodeType: 'value',
          effect: 'pure',
          status: 'completed',
          startTime: createdAt,
          endTime: createdAt,
          duration: 0,
          inputs: {},
          outputs: { n: 1 },
          error: null,
          retryCount: 0,
          run: 1,
          attempt: 1,
        },
        expect.objectContaining({ nodeId: 'out', inputs: { n: 1 }, outputs: { n: 1 } }),
      ],
      stats: { totalNodes: 2, completedNodes: 2, failedNodes: 0, skippedNodes: 0, successRate: 1 },
      result: { n: 1 },
      error: null,
      checkpoints: [
        { nodeId: 'a', timestamp: createdAt, state: { variables: { v: 1 }, outputs: { n: 1 } } },
        { nodeId: 'out', timestamp: createdAt, state: { variables: { v: 1 }, outputs: { n: 1 } } },
      ],
      performance: null,
      history: [],
      rollbacks: [],
      createdAt,
      updatedAt: createdAt,
    });
  });

  it('has no inputs, outputs and checkpoints when it is light', async () => {
    const execution = await drive({ nodes: [value('a', { give: { n: 1 } })] });
    const record = recordOf(execution, { light: true });

    expect(record).not.toHaveProperty('checkpoints');
    expect(record.nodes[0]).not.toHaveProperty('inputs');
    expect(record.nodes[0]).not.toHaveProperty('outputs');
    expect(record.nodes[0]).toMatchObject({ nodeId: 'a', status: 'completed', run: 1 });
  });

  it('answers commands without nodes and with all the rest', async () => {
    const record = recordOf(await drive({ nodes: [value('a')] }));
    const { nodes: _, ...rest } = record;
    expect(recordWithoutNodes(record)).toEqual(rest);
  });
});

describe('the result', () => {
  const two = {
    nodes: [
      { id: 'if', type: 'branch', config: { port: 'true', give: { n: 1 } } },
      output('yes'),
      output('no'),
      output('always'),
    ],
    edges: [
      edge('if', 'yes', { sourceOutput: 'true' }),
      edge('if', 'no', { sourceOutput: 'false' }),
      edge('if', 'always'),
    ],
  };

  it('of several output nodes names those that completed', async () => {
    expect(recordOf(await drive(two)).result).toEqual({ yes: { n: 1 }, always: { n: 1 } });
  });

  it('is null without an output node, and while it has not completed', async () => {
    const execution = await drive(two);
    const before = foldJournal(execution.events.slice(0, -1));

    expect(recordOf(await drive({ nodes: [value('a')] })).result).toBeNull();
    expect(recordOf(execution, { state: before })).toMatchObject({ status: 'running', result: null });
  });

  it('is what passed through the one output node when it is disabled', async () => {
    const nodes = [value('a', { give: { n: 1 } }), { ...output('out'), enabled: false }];
    expect(recordOf(await drive({ nodes, edges: [edge('a', 'out')] })).result).toEqual({ n: 1 });
  });

  it('is null when the one output node was skipped', async () => {
    const nodes = [{ id: 'if', type: 'branch', config: { port: 'false' } }, output('out')];
    const edges = [edge('if', 'out', { sourceOutput: 'true' })];
    expect(recordOf(await drive({ nodes, edges }))).toMatchObject({ status: 'completed', result: null });
  });
});

describe('the nodes of a record', () => {
  it('are all those of the revision, in document order, also before anything has run', () => {
    const execution = new DrivenExecution({ nodes: [value('b'), value('a')], edges: [edge('a', 'b')] });
    const state = foldJournal([created()]);
    const record = recordOf(execution, { state });

    expect(record.nodes.map(({ nodeId }) => nodeId)).toEqual(['b', 'a']);
    expect(record.nodes[0]).toMatchObject({
      status: 'pending',
      startTime: null,
      endTime: null,
      duration: null,
      inputs: null,
      outputs: null,
      error: null,
      retryCount: 0,
      run: 1,
      attempt: 0,
    });
  });

  it('have no inputs on a dead branch, and a disabled one shows what it lets through', async () => {
    const execution = await drive({
      nodes: [
        { id: 'if', type: 'branch', config: { port: 'true', give: { n: 1 } } },
        value('off', {}, { enabled: false }),
        value('dead'),
        value('after'),
      ],
      edges: [
        edge('if', 'off', { sourceOutput: 'true' }),
        edge('if', 'dead', { sourceOutput: 'false' }),
        edge('off', 'after'),
      ],
    });
    const record = recordOf(execution);

    expect(nodeOf(record, 'dead')).toMatchObject({ status: 'skipped', inputs: null, outputs: null });
    expect(nodeOf(record, 'off')).toMatchObject({ status: 'skipped', inputs: { n: 1 }, outputs: { n: 1 } });
    expect(nodeOf(record, 'after')).toMatchObject({ status: 'completed', inputs: { n: 1 } });
    expect(record.stats).toMatchObject({ completedNodes: 2, skippedNodes: 2, successRate: 1 });
  });

  it('show a retry with its last error while it waits, and count the attempts', async () => {
    const retry = { maxRetries: 2, backoff: 'fixed' as const, initialDelay: 1000 };
    const flaky = value('a', { fail: { code: 'BUSY', times: 2 }, give: {} }, { retryPolicy: retry });
    const execution = new DrivenExecution({ nodes: [flaky] }).start();
    await execution.settle();
    const waiting = recordOf(execution);
    await execution.run();

    expect(waiting).toMatchObject({ status: 'running', activity: 'retrying' });
    expect(nodeOf(waiting, 'a')).toMatchObject({
      status: 'running',
      endTime: null,
      duration: null,
      error: { code: 'BUSY' },
    });
    expect(nodeOf(recordOf(execution), 'a')).toMatchObject({
      status: 'completed',
      error: null,
      retryCount: 2,
      attempt: 3,
    });
  });

  it('show what they wait for', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'nap', type: 'sleep', config: { ms: 60_000 } }] }).start();
    await execution.settle();
    const record = recordOf(execution);
    const since = execution.state.createdAt;

    expect(record.activity).toBe('waiting');
    expect(nodeOf(record, 'nap')).toMatchObject({
      status: 'running',
      startTime: since,
      waiting: { for: 'delay', since, until: since + 60_000 },
    });
  });

  it('are pending without a wait under an end by hand', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'nap', type: 'sleep', config: { ms: 60_000 } }] }).start();
    await execution.settle();
    await execution.command({ kind: 'end', then: 'cancelled', actor: 'ann', reason: 'enough' });
    const record = recordOf(execution);

    expect(nodeOf(record, 'nap')).toMatchObject({ status: 'pending', startTime: null });
    expect(nodeOf(record, 'nap')).not.toHaveProperty('waiting');
    expect(asJson(record.history)).toEqual([
      { type: 'cancel', at: execution.state.timestamp, by: 'ann', reason: 'enough' },
    ]);
  });

  it('carry the failure, and the record names the node', async () => {
    const broken = value('a', { fail: { code: 'BROKEN' } }, { label: 'The one', retryPolicy: { maxRetries: 0 } });
    const record = recordOf(await drive({ nodes: [broken, value('b')], edges: [edge('a', 'b')] }));

    expect(record).toMatchObject({
      status: 'failed',
      attention: 'failed',
      error: { code: 'BROKEN', message: 'a failed', failedNodeId: 'a', failedNodeName: 'The one' },
      stats: { failedNodes: 1, successRate: 0 },
    });
    expect(nodeOf(record, 'a').error).toMatchObject({ code: 'BROKEN' });
  });

  it('null where no node is to blame for a failure', () => {
    const error = { code: 'CRASH_LOOP', message: 'again and again' };
    const state = foldJournal([created(), at('execution:started'), { ...at('execution:failed'), error }]);
    expect(recordOf(new DrivenExecution({ nodes: [value('a')] }), { state }).error).toEqual({
      ...error,
      failedNodeId: null,
      failedNodeName: null,
    });
  });
});

describe('attempts that only their driver knows', () => {
  const chain = { nodes: [value('a'), { id: 'b', type: 'work', config: { ms: 100 } }], edges: [edge('a', 'b')] };

  async function underWay(): Promise<{ execution: DrivenExecution; running: RunningAttempt[] }> {
    const execution = new DrivenExecution(chain).start();
    await execution.settle();
    const running = execution.driver
      .running()
      .map(({ node, run, attempt, startTime }) => ({ nodeId: node.id, run, attempt, startTime }));
    return { execution, running };
  }

  it('are shown as running, with their inputs', async () => {
    const { execution, running } = await underWay();
    expect(nodeOf(recordOf(execution), 'b').status).toBe('pending');
    expect(nodeOf(recordOf(execution, { running }), 'b')).toMatchObject({
      status: 'running',
      attempt: 1,
      startTime: execution.state.createdAt,
      inputs: {},
      outputs: null,
    });
  });

  it('are not shown before the journal has their sources, nor when it knows of their end', async () => {
    const { execution, running } = await underWay();
    const early = foldJournal(execution.events.filter(({ type }) => type !== 'node:completed'));
    expect(nodeOf(recordOf(execution, { running, state: early }), 'b').status).toBe('pending');

    await execution.run();
    expect(nodeOf(recordOf(execution, { running }), 'b').status).toBe('completed');
  });

  it('of another run are not shown', async () => {
    const { execution, running } = await underWay();
    const older = running.map((attempt) => ({ ...attempt, run: attempt.run + 1 }));
    expect(nodeOf(recordOf(execution, { running: older }), 'b').status).toBe('pending');
  });
});

describe('a pending execution', () => {
  it('is scheduled until its time has come, then queued, and plans to start then', () => {
    const execution = new DrivenExecution({ nodes: [value('a')] });
    const state = foldJournal([created({ runAt: 5000 })]);

    expect(recordOf(execution, { state, now: 4999 })).toMatchObject({ activity: 'scheduled', startTime: 5000 });
    expect(recordOf(execution, { state, now: 5000 })).toMatchObject({ activity: 'queued', startTime: 5000 });
  });

  it('plans to start at its creation when runAt lies before it', () => {
    const state = foldJournal([created({ runAt: 10 })]);
    expect(recordOf(new DrivenExecution({ nodes: [] }), { state })).toMatchObject({ startTime: 1000, duration: null });
  });

  it('took no time when it was cancelled before it started', () => {
    const state = foldJournal([created({ runAt: 5000 }), at('execution:cancelled', 2000)]);
    expect(recordOf(new DrivenExecution({ nodes: [] }), { state })).toMatchObject({
      status: 'cancelled',
      endTime: 2000,
      duration: 0,
    });
  });
});

describe('checkpoints', () => {
  const chain = (count: number, settings = {}) => ({
    nodes: Array.from({ length: count }, (_, index) =>
      value(`n${index}`, { give: { n: index }, variables: { last: index, [`v${index}`]: true } }),
    ),
    edges: Array.from({ length: count - 1 }, (_, index) => edge(`n${index}`, `n${index + 1}`)),
    settings,
  });

  it('have the variables after each node and the own outputs of it', async () => {
    const record = recordOf(await drive(chain(3), { context: { variables: { last: null } } }));
    expect(record.checkpoints?.map(({ nodeId, state }) => [nodeId, state])).toEqual([
      ['n0', { variables: { last: 0, v0: true }, outputs: { n: 0 } }],
      ['n1', { variables: { last: 1, v0: true, v1: true }, outputs: { n: 1 } }],
      ['n2', { variables: { last: 2, v0: true, v1: true, v2: true }, outputs: { n: 2 } }],
    ]);
  });

  it('are every n-th completed node by settings.checkpointInterval', async () => {
    const record = recordOf(await drive(chain(7, { checkpointInterval: 3 })));
    expect(record.checkpoints?.map(({ nodeId }) => nodeId)).toEqual(['n2', 'n5']);
  });

  it('are the newest hundred', async () => {
    const { checkpoints } = recordOf(await drive(chain(130)));
    expect(checkpoints).toHaveLength(100);
    expect(checkpoints?.at(0)?.nodeId).toBe('n30');
    expect(checkpoints?.at(-1)?.nodeId).toBe('n129');
  });

  it('are those that a person made without settings.enableCheckpoint', async () => {
    const { plan, events } = await drive(chain(2, { enableCheckpoint: false }));
    const marked: JournalEvent = {
      ...at('execution:updated', 9e12),
      change: 'checkpoint',
      nodeId: 'n0',
      label: 'Here',
    };
    const state = foldJournal([...events.slice(0, -1), marked]);
    const { checkpoints } = buildRecord({ executionId: 'exec_1', plan, state, now: 0 });
    expect(checkpoints).toEqual([
      {
        nodeId: 'n0',
        timestamp: 9e12,
        label: 'Here',
        state: { variables: { last: 0, v0: true }, outputs: { n: 0 } },
      },
    ]);
  });
});

describe('a record above 8 MiB', () => {
  it('has a note in place of its largest inputs and outputs, and keeps the small ones', async () => {
    const large = (id: string, size: number) => value(id, { give: { text: id.repeat(size) } });
    const execution = await drive({
      nodes: [large('a', 3_000_000), large('b', 4_000_000), large('c', 10), value('d')],
      edges: [edge('a', 'd', { targetInput: 'x' }), edge('b', 'd', { targetInput: 'y' }), edge('c', 'd')],
    });
    const whole = execution.state.nodes.get('d')?.outputs;
    const record = recordOf(execution);

    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThanOrEqual(RECORD_LIMIT_BYTES);
    expect(nodeOf(record, 'd').outputs).toEqual({
      truncated: true,
      bytes: Buffer.byteLength(JSON.stringify(whole)),
    });
    expect(nodeOf(record, 'c').outputs).toEqual({ text: 'c'.repeat(10) });
    expect(execution.state.nodes.get('d')?.outputs).toEqual(whole);
  });

  it('is measured without making its text', async () => {
    const big = 'x'.repeat(9_000_000);
    const nodes = Array.from({ length: 70 }, (_, index) => value(`n${index}`, { give: { index } }));
    const execution = await drive({ nodes });
    const state = execution.state;
    // Longer than a string can be, all together.
    for (const node of state.nodes.values()) node.outputs = { text: big };
    const record = recordOf(execution, { state });
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThanOrEqual(RECORD_LIMIT_BYTES);
  });
});

describe('for every prefix of a journal', () => {
  it('counts, statuses and the list row agree', async () => {
    const world = fc.record({
      failures: fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }),
      links: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 8 }),
      types: fc.array(fc.constantFrom('value', 'work', 'effect', 'sleep'), { minLength: 5, maxLength: 5 }),
      errorHandling: fc.constantFrom('stop' as const, 'continue' as const),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ failures, links, types, errorHandling }) => {
        const nodes = types.map((type, index) => ({
          id: `n${index}`,
          type,
          config: { ms: 60, give: { index }, fail: { code: 'BUSY', times: failures[index] ?? 0 } },
          retryPolicy: { maxRetries: 1, initialDelay: 10, retryableErrors: ['BUSY'] },
        }));
        const edges = links.flatMap(([a, b]) => (a < b ? [edge(`n${a}`, `n${b}`)] : []));
        const execution = await drive({ nodes, edges, settings: { errorHandling } });
        for (let length = 1; length <= execution.events.length; length += 1) {
          expectAgreement(execution, foldJournal(execution.events.slice(0, length)));
        }
      }),
      { numRuns: 30 },
    );
  });
});

function expectAgreement(execution: DrivenExecution, state: ExecutionState): void {
  const record = recordOf(execution, { state });
  const count = (status: string) => record.nodes.filter((node) => node.status === status).length;
  expect(record.nodes).toHaveLength(execution.plan.nodes.length);
  expect(record.stats).toMatchObject({
    completedNodes: count('completed'),
    failedNodes: count('failed'),
    skippedNodes: count('skipped'),
  });
  for (const node of record.nodes) {
    expect(node.duration === null || node.duration >= 0).toBe(true);
    if (node.status === 'completed')
      expect(node).toMatchObject({ inputs: expect.anything(), outputs: expect.anything() });
    if (node.status === 'pending' || node.status === 'running')
      expect(node).toMatchObject({ endTime: null, outputs: null });
  }
  expect((record.endTime === null) === (record.duration === null)).toBe(true);
  const row = executionRow('exec_1', execution.plan, state, state.timestamp);
  const { trigger, summary: _, progress, ...shared } = row;
  expect(record).toMatchObject(shared);
  expect(trigger).not.toHaveProperty('data');
  expect(progress).toBeGreaterThanOrEqual(0);
  expect(progress).toBeLessThanOrEqual(1);
}

function created(more: { runAt?: number } = {}): JournalEvent {
  const what = { workflowId: 'wf', workflowName: 'Test', revision: 1, labels: {}, priority: 0 };
  return { type: 'execution:created', timestamp: 1000, ...what, trigger: { type: 'api' }, context: {}, ...more };
}

function at<T extends JournalEvent['type']>(type: T, timestamp = 1000): { type: T; timestamp: number } {
  return { type, timestamp };
}
