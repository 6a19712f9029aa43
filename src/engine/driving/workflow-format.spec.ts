import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import type { JsonObject } from '../json.js';
import type { NodeType } from '../ports.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution, type DrivenOptions } from '../testing/driven-execution.js';

/** An edge of the document. */
const value = (
  id: string,
  give: NodeDefinition['config'] = {},
  more: Partial<NodeDefinition> = {},
): NodeDefinition => ({
  id,
  type: 'value',
  config: { give },
  ...more,
});

/** A node that gives its inputs. */
const echo = (id: string, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'value',
  config: {},
  ...more,
});

const fails = (id: string, code = 'BROKEN', more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'value',
  config: { fail: { code } },
  retryPolicy: { maxRetries: 0 },
  ...more,
});

const work = (id: string, ms: number, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'work',
  config: { ms },
  ...more,
});

const run = (
  nodes: NodeDefinition[],
  edges: EdgeDefinition[] = [],
  settings?: WorkflowSettings,
  options?: DrivenOptions,
) => DrivenExecution.run({ nodes, edges, settings }, options);

describe('edge.sourceOutput of a branching node', () => {
  it('takes the edges of the port that was chosen; the others are dead', async () => {
    const execution = await run(
      [{ id: 'if', type: 'branch', config: { give: { n: 1 }, port: 'false' } }, echo('yes'), echo('no'), echo('after')],
      [
        edge('if', 'yes', { sourceOutput: 'true' }),
        edge('if', 'no', { sourceHandle: 'false' }),
        edge('yes', 'after'),
        edge('no', 'after'),
      ],
    );
    expect(execution.statuses()).toEqual({ if: 'completed', yes: 'skipped', no: 'completed', after: 'completed' });
    expect(execution.node('no').outputs).toEqual({ n: 1 });
    expect(execution.eventsOf('node:skipped')).toMatchObject([{ nodeId: 'yes', reason: 'dead' }]);
    expect(execution.state.status).toBe('completed');
  });

  it('has one port a case, and an edge without a port is live whichever was chosen', async () => {
    const execution = await run(
      [
        { id: 'sw', type: 'branch', config: { ports: ['x', 'y', 'z'], port: 'y', give: { v: 1 } } },
        echo('x'),
        echo('y'),
        echo('any'),
      ],
      [edge('sw', 'x', { sourceOutput: 'x' }), edge('sw', 'y', { sourceOutput: 'y' }), edge('sw', 'any')],
    );
    expect(execution.statuses()).toEqual({ sw: 'completed', x: 'skipped', y: 'completed', any: 'completed' });
  });

  it('that chose no port leaves all its named edges dead', async () => {
    const execution = await run(
      [{ id: 'sw', type: 'branch', config: { ports: ['x'], give: {} } }, echo('x'), echo('beyond')],
      [edge('sw', 'x', { sourceOutput: 'x' }), edge('x', 'beyond')],
    );
    expect(execution.statuses()).toEqual({ sw: 'completed', x: 'skipped', beyond: 'skipped' });
    expect(execution.state.status).toBe('completed');
  });
});

describe('node.join', () => {
  const branches = (join: 'any' | 'all' | undefined, port: string): Promise<DrivenExecution> =>
    run(
      [
        { id: 'if', type: 'branch', config: { give: {}, port } },
        work('slow', 100, { config: { ms: 100, give: { slow: true } } }),
        echo('join', join ? { join } : {}),
      ],
      [edge('if', 'join', { sourceOutput: 'true' }), edge('slow', 'join')],
    );

  it('any runs when all edges are settled and one of them is live', async () => {
    const execution = await branches(undefined, 'false');
    expect(execution.node('join')).toMatchObject({ status: 'completed', outputs: { slow: true } });
    expect(execution.node('join').startTime).toBe(execution.node('slow').endTime);
  });

  it('any waits for the slower live edge too', async () => {
    const execution = await branches('any', 'true');
    expect(execution.node('join').startTime).toBe(execution.node('slow').endTime);
  });

  it('all runs only when every edge is live', async () => {
    expect((await branches('all', 'true')).node('join').status).toBe('completed');
    expect((await branches('all', 'false')).node('join')).toMatchObject({ status: 'skipped', skipReason: 'dead' });
  });

  it('any is skipped when every edge is dead', async () => {
    const execution = await run(
      [{ id: 'if', type: 'branch', config: { give: {}, port: 'true' } }, echo('join')],
      [edge('if', 'join', { sourceOutput: 'false' }), edge('if', 'join', { id: 'e2', sourceOutput: 'other' })],
    );
    expect(execution.node('join').status).toBe('skipped');
  });
});

describe('an error edge (edge.type)', () => {
  it('is live only when its source has failed for good, and carries the error as the input error', async () => {
    const execution = await run(
      [
        fails('a', 'BROKEN', { config: { fail: { code: 'BROKEN', message: 'it broke' } } }),
        echo('rescue'),
        echo('next'),
      ],
      [edge('a', 'rescue', { type: 'error' }), edge('a', 'next')],
    );
    expect(execution.statuses()).toEqual({ a: 'failed', rescue: 'completed', next: 'skipped' });
    expect(execution.node('rescue').outputs).toEqual({ error: { message: 'it broke', code: 'BROKEN', nodeId: 'a' } });
    expect(execution.state.status).toBe('completed');
  });

  it('carries the details of the error too', async () => {
    const type: NodeType = {
      type: 'detailed',
      name: 'detailed',
      category: 'test',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'pure',
      execute: () => Promise.reject(Object.assign(new Error('no'), { code: 'MINE', details: { why: [1] } })),
    };
    const execution = await run(
      [{ id: 'a', type: 'detailed', retryPolicy: { maxRetries: 0 } }, echo('rescue')],
      [edge('a', 'rescue', { type: 'error' })],
      {},
      { types: [type] },
    );
    expect(execution.node('rescue').outputs).toEqual({
      error: { message: 'no', code: 'MINE', nodeId: 'a', details: { why: [1] } },
    });
  });

  it('is dead when its source has completed', async () => {
    const execution = await run([value('a'), echo('rescue')], [edge('a', 'rescue', { type: 'error' })]);
    expect(execution.node('rescue').status).toBe('skipped');
  });

  it.each(['targetInput', 'targetHandle'])('has the error under its %s', async (name) => {
    const execution = await run(
      [fails('a'), echo('rescue')],
      [edge('a', 'rescue', { type: 'error', [name]: 'problem' })],
    );
    expect(execution.node('rescue').outputs).toEqual({ problem: { code: 'BROKEN', message: 'a failed', nodeId: 'a' } });
  });

  it('handles the failure even when its target is skipped by join all', async () => {
    const execution = await run(
      [fails('a'), value('b'), echo('rescue', { join: 'all' }), { id: 'if', type: 'branch', config: { port: 'true' } }],
      [edge('a', 'rescue', { type: 'error' }), edge('if', 'rescue', { sourceOutput: 'false' })],
    );
    expect(execution.node('rescue').status).toBe('skipped');
    expect(execution.state.status).toBe('completed');
  });

  it('comes after the last retry', async () => {
    const execution = await run(
      [fails('a', 'BROKEN', { retryPolicy: { maxRetries: 2, initialDelay: 100 } }), echo('rescue')],
      [edge('a', 'rescue', { type: 'error' })],
    );
    expect(execution.node('a').attempt).toBe(3);
    expect(execution.elapsed).toBe(200);
    expect(execution.state.status).toBe('completed');
  });

  it('of a branching node is no port', async () => {
    const execution = await run(
      [
        { id: 'if', type: 'branch', config: { fail: { code: 'BROKEN' } }, retryPolicy: { maxRetries: 0 } },
        echo('rescue'),
        echo('yes'),
      ],
      [edge('if', 'rescue', { type: 'error', sourceOutput: 'true' }), edge('if', 'yes', { sourceOutput: 'true' })],
    );
    expect(execution.statuses()).toEqual({ if: 'failed', rescue: 'completed', yes: 'skipped' });
  });

  it('with a condition is asked about the error', async () => {
    const nodes = [fails('a'), echo('mine'), echo('other')];
    const execution = await run(nodes, [
      edge('a', 'mine', { type: 'error', condition: "code = 'BROKEN'" }),
      edge('a', 'other', { type: 'error', condition: "code = 'ELSE'" }),
    ]);
    expect(execution.statuses()).toEqual({ a: 'failed', mine: 'completed', other: 'skipped' });
    expect(execution.state.status).toBe('completed');
  });

  it('whose condition is false does not handle the failure', async () => {
    const execution = await run([fails('a'), echo('b')], [edge('a', 'b', { type: 'error', condition: 'false' })]);
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN', failedNodeId: 'a' } });
  });

  it('with a condition also follows a node that failed because of the condition before it', async () => {
    const execution = await run(
      [value('a'), echo('b'), echo('rescue')],
      [
        edge('a', 'b', { condition: '$error("no")' }),
        edge('b', 'rescue', { type: 'error', condition: "code = 'EXPRESSION_ERROR'" }),
      ],
    );
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'failed', rescue: 'completed' });
  });
});

describe('edge.condition', () => {
  const conditioned = (condition: string, more: NodeDefinition[] = [], edges: EdgeDefinition[] = []) =>
    run([value('a', { total: 12, empty: '' }), echo('b'), ...more], [edge('a', 'b', { condition }), ...edges]);

  it.each(['total > 10', '{{ total > 10 }}', '$exists(total)', '$sum([total])'])(
    'that is true keeps the edge live: %s',
    async (condition) => {
      const execution = await conditioned(condition);
      expect(execution.node('b')).toMatchObject({ status: 'completed', outputs: { total: 12 } });
    },
  );

  it.each(['total > 20', 'empty', 'nothing', '[]', '{}'])(
    'that is false makes the edge dead: %s',
    async (condition) => {
      const execution = await conditioned(condition);
      expect(execution.node('b')).toMatchObject({ status: 'skipped', skipReason: 'dead' });
      expect(execution.state.status).toBe('completed');
    },
  );

  it('that fails, fails the target with EXPRESSION_ERROR, also when another edge is live', async () => {
    const execution = await conditioned('$error("no")', [value('c')], [edge('c', 'b')]);
    expect(execution.node('b')).toMatchObject({
      status: 'failed',
      error: { code: 'EXPRESSION_ERROR', details: { expression: '$error("no")', position: 7 } },
    });
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION_ERROR', failedNodeId: 'b' } });
    expect(execution.world.callsOf('b')).toEqual([]);
    expect(execution.eventsOf('node:retrying')).toEqual([]);
  });

  it('that fails on a dead edge is not asked', async () => {
    const execution = await run(
      [{ id: 'if', type: 'branch', config: { port: 'true' } }, echo('b')],
      [edge('if', 'b', { sourceOutput: 'false', condition: '$error("no")' })],
    );
    expect(execution.node('b').status).toBe('skipped');
    expect(execution.eventsOf('node:completed', 'if')[0]?.edges).toBeUndefined();
  });

  it('is decided once, and the decision is in the completion of its source', async () => {
    const execution = await conditioned('total > 10');
    expect(execution.eventsOf('node:completed', 'a')[0]?.edges).toEqual({ 'a-b': true });
  });

  it('sees variables, inputs, trigger, nodes and execution, with what its source has just set', async () => {
    const condition = [
      "$variables.mine = 'new' and $variables.before = 1",
      '$inputs.x = 7 and $trigger.data.y = 8 and $nodes.first.x = 7 and $nodes.a.z = 9',
      "$execution.workflowId = 'wf_test'",
    ].join(' and ');
    const execution = await run(
      [
        value('first', { x: 7 }),
        { id: 'a', type: 'value', config: { give: { z: 9 }, variables: { mine: 'new' } } },
        echo('b'),
      ],
      [edge('first', 'a'), edge('a', 'b', { condition })],
      {},
      { context: { variables: { before: 1, mine: 'old' } }, trigger: { type: 'api', data: { y: 8 } } },
    );
    expect(execution.node('b').status).toBe('completed');
  });
});

describe('a disabled node (node.enabled)', () => {
  it('is skipped, its input passes through as its output, and what follows runs', async () => {
    const execution = await run(
      [value('a', { x: 1 }), echo('off', { enabled: false }), echo('b')],
      [edge('a', 'off', { targetInput: 'in' }), edge('off', 'b')],
    );
    expect(execution.node('off')).toMatchObject({ status: 'skipped', skipReason: 'disabled' });
    expect(execution.node('b').outputs).toEqual({ in: { x: 1 } });
    expect(execution.world.callsOf('off')).toEqual([]);
  });

  it('that branches takes its first port', async () => {
    const execution = await run(
      [
        { id: 'off', type: 'branch', enabled: false, config: { ports: ['x', 'y'] } },
        echo('x'),
        echo('y'),
        { id: 'if', type: 'branch', enabled: false, config: {} },
        echo('yes'),
        echo('no'),
      ],
      [
        edge('off', 'x', { sourceOutput: 'x' }),
        edge('off', 'y', { sourceOutput: 'y' }),
        edge('if', 'yes', { sourceOutput: 'true' }),
        edge('if', 'no', { sourceOutput: 'false' }),
      ],
    );
    expect(execution.statuses()).toMatchObject({ x: 'completed', y: 'skipped', yes: 'completed', no: 'skipped' });
  });

  it('on a dead branch is dead, and so are its edges', async () => {
    const execution = await run(
      [{ id: 'if', type: 'branch', config: { port: 'true' } }, echo('off', { enabled: false }), echo('b')],
      [edge('if', 'off', { sourceOutput: 'false' }), edge('off', 'b')],
    );
    expect(execution.node('off')).toMatchObject({ status: 'skipped', skipReason: 'dead' });
    expect(execution.node('b').status).toBe('skipped');
  });

  it('has live edges but error edges, whatever their conditions say', async () => {
    const execution = await run(
      [value('a', { x: 1 }), echo('off', { enabled: false }), echo('rescue'), echo('b')],
      [edge('a', 'off'), edge('off', 'rescue', { type: 'error' }), edge('off', 'b', { condition: 'x > 100' })],
    );
    expect(execution.statuses()).toMatchObject({ rescue: 'skipped', b: 'completed' });
  });

  it('whose condition fails does not let through', async () => {
    const execution = await run(
      [value('a'), echo('off', { enabled: false }), echo('b')],
      [edge('a', 'off', { condition: '$error("no")' }), edge('off', 'b')],
    );
    expect(execution.statuses()).toEqual({ a: 'completed', off: 'skipped', b: 'skipped' });
    expect(execution.state.status).toBe('completed');
  });

  it('is mapped from by what passes through it', async () => {
    const execution = await run(
      [
        value('a', { deep: { x: 1 } }),
        echo('off', { enabled: false }),
        echo('b', { inputs: { got: { from: 'off', output: 'deep.x', required: true } } }),
      ],
      [edge('a', 'off')],
    );
    expect(execution.node('b').outputs).toEqual({ got: 1 });
  });
});

describe('an edge', () => {
  it('may do without edge.id: conditions of several are told apart', async () => {
    const execution = await run(
      [value('a', { n: 1 }), echo('b'), echo('c'), echo('d')],
      [
        { source: 'a', target: 'b', condition: 'n = 1' },
        { source: 'a', target: 'c', condition: 'n = 2' },
        { source: 'a', target: 'd', condition: '$sum([n]) = 1' },
      ],
    );
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'skipped', d: 'completed' });
  });

  it('has edge.sourceHandle and edge.targetHandle as other names of edge.sourceOutput and edge.targetInput', async () => {
    const execution = await run(
      [value('a', { n: { deep: 1 } }), echo('b')],
      [edge('a', 'b', { sourceHandle: 'n.deep', targetHandle: 'in' })],
    );
    expect(execution.node('b').outputs).toEqual({ in: 1 });
  });

  it('has an edge.label that changes nothing', async () => {
    const execution = await run([value('a', { n: 1 }), echo('b')], [edge('a', 'b', { label: 'then' })]);
    expect(execution.node('b').outputs).toEqual({ n: 1 });
  });
});

describe('the name of a node: node.label, else node.name, else node.id', () => {
  it.each<[string, Partial<NodeDefinition>]>([
    ['A label', { label: 'A label', name: 'A name' }],
    ['A name', { name: 'A name' }],
    ['A name', { label: '', name: 'A name' }],
    ['a', {}],
  ])('is %s', async (name, more) => {
    const execution = await run([fails('a', 'BROKEN', more)]);
    expect(execution.state.error).toMatchObject({ failedNodeId: 'a', failedNodeName: name });
  });
});

describe('a disabled edge (edge.enabled)', () => {
  it('is as if absent', async () => {
    const execution = await run([value('a', { x: 1 }), echo('b')], [edge('a', 'b', { enabled: false })]);
    expect(execution.node('b').outputs).toEqual({});
  });
});

describe('an input mapping (node.inputs)', () => {
  it('takes the dotted path inputs.output of the node inputs.from, and orders the two without an edge', async () => {
    const execution = await run([
      echo('b', { inputs: { sum: { from: 'a', output: 'summary.total' }, all: { from: 'a', output: 'summary' } } }),
      work('a', 50, { config: { ms: 50, give: { summary: { total: 42 } } } }),
    ]);
    expect(execution.node('b').outputs).toEqual({ sum: 42, all: { total: 42 } });
    expect(execution.node('b').startTime).toBe(execution.node('a').endTime);
  });

  it('prefers a name with a dot in it', async () => {
    const execution = await run([
      value('a', { 'x.y': 1, x: { y: 2 } }),
      echo('b', { inputs: { got: { from: 'a', output: 'x.y' } } }),
    ]);
    expect(execution.node('b').outputs).toEqual({ got: 1 });
  });

  it('from a path that is not there leaves the input absent', async () => {
    const execution = await run([
      value('a', { x: null }),
      echo('b', {
        inputs: {
          none: { from: 'a', output: 'y.z' },
          beyond: { from: 'a', output: 'x.z' },
          proto: { from: 'a', output: '__proto__' },
          nothing: { from: 'a', output: 'x', required: true },
        },
      }),
    ]);
    expect(execution.node('b').outputs).toEqual({ nothing: null });
  });

  it('with inputs.required that is absent fails the node with INPUT_MISSING before it acts, without a retry', async () => {
    const execution = await run([
      value('a'),
      { ...echo('b'), type: 'effect', inputs: { x: { from: 'a', output: 'x', required: true } } },
    ]);
    expect(execution.node('b')).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'INPUT_MISSING' } });
    expect(execution.world.callsOf('b')).toEqual([]);
    expect(execution.eventsOf('node:started')).toEqual([]);
  });

  it('counts for liveness like a data edge: from a skipped node alone, its target is skipped', async () => {
    const execution = await run(
      [
        { id: 'if', type: 'branch', config: { port: 'true' } },
        value('dead', { x: 1 }),
        echo('b', { inputs: { x: { from: 'dead', output: 'x' } } }),
      ],
      [edge('if', 'dead', { sourceOutput: 'false' })],
    );
    expect(execution.node('b').status).toBe('skipped');
  });

  it('from a failed node is absent', async () => {
    const execution = await run(
      [fails('a'), value('c'), echo('b', { inputs: { x: { from: 'a', output: 'x' } } })],
      [edge('c', 'b')],
      { errorHandling: 'continue' },
    );
    expect(execution.node('b').outputs).toEqual({});
  });

  it('from a skipped node fails the node with INPUT_MISSING when it has inputs.required and runs for another edge', async () => {
    const execution = await run(
      [
        { id: 'if', type: 'branch', config: { port: 'true' } },
        echo('skipped'),
        value('c'),
        echo('b', { inputs: { x: { from: 'skipped', output: 'x', required: true } } }),
      ],
      [edge('if', 'skipped', { sourceOutput: 'false' }), edge('c', 'b')],
    );
    expect(execution.node('skipped').status).toBe('skipped');
    expect(execution.node('b')).toMatchObject({ status: 'failed', error: { code: 'INPUT_MISSING' } });
  });

  it('counts for node.join all like a data edge', async () => {
    const execution = await run(
      [
        { id: 'if', type: 'branch', config: { port: 'true' } },
        echo('skipped'),
        value('c'),
        echo('b', { join: 'all', inputs: { x: { from: 'skipped', output: 'x' } } }),
      ],
      [edge('if', 'skipped', { sourceOutput: 'false' }), edge('c', 'b')],
    );
    expect(execution.node('b').status).toBe('skipped');
  });

  it('without inputs.from or inputs.output leaves the input absent', async () => {
    const incomplete = { x: { from: 'a' }, y: { output: 'x' }, z: {} } as unknown as NodeDefinition['inputs'];
    const execution = await run([value('a', { x: 1 }), echo('b', { inputs: incomplete })], [edge('a', 'b')]);
    expect(execution.node('b')).toMatchObject({ status: 'completed' });
    expect(execution.node('b').outputs).toEqual({ x: 1 });
    const wanted = { w: { from: 'a', required: true } } as unknown as NodeDefinition['inputs'];
    const failed = await run([value('a', { x: 1 }), echo('b', { inputs: wanted })], [edge('a', 'b')]);
    expect(failed.node('b')).toMatchObject({ status: 'failed', error: { code: 'INPUT_MISSING' } });
  });

  it('beside an edge leaves liveness to the edge', async () => {
    const execution = await run(
      [fails('a'), echo('b', { inputs: { x: { from: 'a', output: 'x' } } })],
      [edge('a', 'b', { type: 'error' })],
    );
    expect(execution.node('b')).toMatchObject({ status: 'completed', outputs: { error: { code: 'BROKEN' } } });
  });
});

describe('the inputs of a node', () => {
  it('are spread, then named by edge.targetInput, then mapped: the later one wins', async () => {
    const execution = await run(
      [
        value('a', { x: 'a', y: 'a', z: 'a' }),
        value('b', { x: 'b', w: { v: 'b' } }),
        value('c', { v: 'mapped' }),
        echo('t', { inputs: { z: { from: 'c', output: 'v' } } }),
      ],
      [edge('b', 't', { targetInput: 'y', sourceOutput: 'x' }), edge('a', 't'), edge('b', 't', { id: 'late' })],
    );
    expect(execution.node('t').outputs).toEqual({ x: 'b', y: 'b', z: 'mapped', w: { v: 'b' } });
  });

  it('are spread by the order of workflow.edges in the document, whichever node ended first', async () => {
    const nodes = [
      work('slow', 100, { config: { ms: 100, give: { x: 'slow' } } }),
      value('fast', { x: 'fast' }),
      echo('t'),
    ];
    const slowFirst = await run(nodes, [edge('slow', 't'), edge('fast', 't')]);
    const fastFirst = await run(nodes, [edge('fast', 't'), edge('slow', 't')]);
    expect(slowFirst.node('t').outputs).toEqual({ x: 'fast' });
    expect(fastFirst.node('t').outputs).toEqual({ x: 'slow' });
  });

  it('take a value that is no object under the last name of sourceOutput', async () => {
    const execution = await run(
      [value('a', { deep: { list: [1, 2], map: { k: 1 } } }), echo('t')],
      [edge('a', 't', { sourceOutput: 'deep.list' }), edge('a', 't', { id: 'e2', sourceOutput: 'deep.map' })],
    );
    expect(execution.node('t').outputs).toEqual({ list: [1, 2], k: 1 });
  });

  it('carry nothing over a control edge (edge.type), which is order alone', async () => {
    const execution = await run(
      [work('a', 80, { config: { ms: 80, give: { x: 1 } } }), echo('t')],
      [edge('a', 't', { type: 'control', targetInput: 'in' })],
    );
    expect(execution.node('t').outputs).toEqual({});
    expect(execution.node('t').startTime).toBe(execution.node('a').endTime);
  });

  it.each([
    ['edge.sourceOutput', edge('a', 't', { sourceOutput: 'n.deep' }), { deep: 1 }],
    ['edge.targetInput', edge('a', 't', { targetInput: 'in' }), { in: { n: { deep: 1 }, m: 2 } }],
    ['both', edge('a', 't', { sourceOutput: 'n', targetInput: 'in' }), { in: { deep: 1 } }],
    ['an object of edge.sourceOutput', edge('a', 't', { sourceOutput: 'n' }), { deep: 1 }],
    ['an edge.sourceOutput that is not there', edge('a', 't', { sourceOutput: 'n.none', targetInput: 'in' }), {}],
    ['edge.source and edge.target alone', edge('a', 't'), { n: { deep: 1 }, m: 2 }],
  ])('are what the edge carries by %s', async (_, joining, inputs) => {
    const execution = await run([value('a', { n: { deep: 1 }, m: 2 }), echo('t')], [joining]);
    expect(execution.node('t')).toMatchObject({ status: 'completed' });
    expect(execution.node('t').outputs).toEqual(inputs);
  });

  it('keep a name like __proto__ as data', async () => {
    const give = JSON.parse('{ "__proto__": { "admin": true } }') as NodeDefinition['config'];
    const execution = await run([value('a', give), echo('t')], [edge('a', 't')]);
    expect(JSON.stringify(execution.node('t').outputs)).toBe('{"__proto__":{"admin":true}}');
  });
});

describe('outputs', () => {
  it.each([
    [5, { value: 5 }],
    [[1], { value: [1] }],
    [null, { value: null }],
  ])('that are no object become { value }: %j', async (give, outputs) => {
    const execution = await run([{ id: 'a', type: 'value', config: { give } }]);
    expect(execution.node('a').outputs).toEqual(outputs);
  });

  it.each(['x', '語'])('above 10 MiB fail the node with OUTPUT_TOO_LARGE, without a retry (%s)', async (letter) => {
    const text = letter.repeat(letter === 'x' ? 10 * 1024 * 1024 : 4 * 1024 * 1024);
    const big = { ...value('big'), type: 'big' };
    const execution = await run(
      [big, echo('rescue')],
      [edge('big', 'rescue', { type: 'error' })],
      {},
      {
        types: [
          {
            type: 'big',
            name: 'big',
            category: 'test',
            description: '',
            version: '1.0.0',
            configSchema: {},
            effect: 'pure',
            execute: () => ({ outputs: { text } }),
          },
        ],
      },
    );
    expect(execution.node('big')).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'OUTPUT_TOO_LARGE' } });
    expect(execution.node('rescue').status).toBe('completed');
  });
});

describe('an output that cannot be kept', () => {
  /** A node of another type that gives what JSON may not hold, after it has moved bytes over the network. */
  const gives = (outputs: unknown): NodeType => ({
    type: 'gives',
    name: 'gives',
    category: 'test',
    description: '',
    version: '1.0.0',
    configSchema: {},
    effect: 'pure',
    execute: async ({ fetch }) => {
      await fetch('http://shop/');
      return { outputs: outputs as JsonObject };
    },
  });
  const network = { bytesReceived: 7, bytesSent: 5, requestCount: 1 };

  it.each<[string, unknown]>([
    ['OUTPUT_TOO_LARGE', { text: '語'.repeat(4 * 1024 * 1024) }],
    ['UNSTORABLE', { deep: [Infinity] }],
    ['UNSTORABLE', { id: 10n }],
  ])('is a failure like any other, %s: error edges are asked, and what it cost is counted', async (code, outputs) => {
    const execution = await run(
      [{ id: 'a', type: 'gives' }, echo('mine'), echo('other'), echo('next')],
      [
        edge('a', 'mine', { type: 'error', condition: `code = '${code}'` }),
        edge('a', 'other', { type: 'error', condition: "code = 'ELSE'" }),
        edge('a', 'next'),
      ],
      {},
      {
        types: [gives(outputs)],
        createFetch: (_, use) => async () => {
          Object.assign(use, network);
          return new Response();
        },
      },
    );
    expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 1, error: { code } });
    expect(execution.statuses()).toMatchObject({ mine: 'completed', other: 'skipped', next: 'skipped' });
    expect(execution.state).toMatchObject({ status: 'completed', network });
  });
});

describe('variables', () => {
  it('begin with those of the context, and each node sees what was set before it', async () => {
    const execution = await run(
      [
        { id: 'a', type: 'value', config: { variables: { n: '{{ variables.n + 1 }}', a: true } } },
        { id: 'b', type: 'value', config: { give: '{{ variables }}', variables: { n: '{{ variables.n * 10 }}' } } },
        { id: 'c', type: 'value', config: { give: '{{ variables }}' } },
      ],
      [edge('a', 'b'), edge('b', 'c')],
      {},
      { context: { variables: { n: 1, kept: 'k' } } },
    );
    expect(execution.node('b').outputs).toEqual({ n: 2, a: true, kept: 'k' });
    expect(execution.node('c').outputs).toEqual({ n: 20, a: true, kept: 'k' });
    expect(execution.state.variables).toEqual({ n: 20, a: true, kept: 'k' });
  });
});

describe('settings.errorHandling', () => {
  it('stop: no new node starts, running ones finish, the execution fails with the first failure', async () => {
    const execution = await run(
      [
        work('slow', 200),
        { ...fails('a'), type: 'work', config: { ms: 50, fail: { code: 'FIRST' } } },
        echo('after'),
        echo('b'),
        { ...fails('c'), type: 'work', config: { ms: 100, fail: { code: 'SECOND' } } },
      ],
      [edge('slow', 'after'), edge('a', 'b')],
    );
    expect(execution.statuses()).toEqual({
      slow: 'completed',
      a: 'failed',
      after: 'pending',
      b: 'pending',
      c: 'failed',
    });
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'FIRST', failedNodeId: 'a' } });
    expect(execution.elapsed).toBe(200);
  });

  it('stop: a node that fails after the first failure gets no further attempt', async () => {
    const execution = await run([
      { ...work('late', 100, { config: { ms: 100, fail: { code: 'LATE' } } }), retryPolicy: { maxRetries: 3 } },
      { ...fails('a'), type: 'work', config: { ms: 50, fail: { code: 'FIRST' } } },
    ]);
    expect(execution.node('late')).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'LATE' } });
    expect(execution.eventsOf('node:retrying')).toEqual([]);
    expect(execution.state.error?.code).toBe('FIRST');
    expect(execution.elapsed).toBe(100);
  });

  it('stop: a node between attempts gets no further one and is failed with its last error', async () => {
    const execution = await run([
      fails('a', 'AGAIN', { retryPolicy: { maxRetries: 5, initialDelay: 1000 } }),
      { ...fails('b'), type: 'work', config: { ms: 50, fail: { code: 'FIRST' } } },
    ]);
    expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'AGAIN' } });
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'FIRST' } });
    expect(execution.elapsed).toBe(50);
  });

  it('stop: a node that waits does not hold the end up and is pending again', async () => {
    const execution = await run([
      { id: 'wait', type: 'sleep', config: { ms: 60_000 } },
      { ...fails('b'), type: 'work', config: { ms: 50, fail: { code: 'FIRST' } } },
    ]);
    expect(execution.node('wait').status).toBe('pending');
    expect(execution.elapsed).toBe(50);
  });

  it('continue: only the edges of the failed node are dead, a join any with another live edge runs', async () => {
    const execution = await run(
      [fails('a'), value('b', { x: 1 }), echo('join'), echo('only'), echo('ordered')],
      [edge('a', 'join'), edge('b', 'join'), edge('a', 'only'), edge('a', 'ordered', { type: 'control' })],
      { errorHandling: 'continue' },
    );
    expect(execution.statuses()).toEqual({
      a: 'failed',
      b: 'completed',
      join: 'completed',
      only: 'skipped',
      ordered: 'skipped',
    });
    expect(execution.state).toMatchObject({ status: 'completed', counts: { failed: 1 } });
    expect(execution.state.error).toBeUndefined();
  });
});

describe('settings.maxConcurrency', () => {
  it('is never exceeded, and all places are used', async () => {
    const nodes = Array.from({ length: 7 }, (_, index) => work(`n${index}`, 100));
    const execution = await run(nodes, [], { maxConcurrency: 3 });
    expect(execution.world.mostActing).toBe(3);
    expect(execution.elapsed).toBe(300);
  });

  it('is 5 where nothing is said', async () => {
    const execution = await run(Array.from({ length: 12 }, (_, index) => work(`n${index}`, 100)));
    expect(execution.world.mostActing).toBe(5);
  });

  it('does not count nodes that wait or are between attempts', async () => {
    const execution = await run(
      [
        { id: 'sleep', type: 'sleep', config: { ms: 5000 } },
        {
          id: 'again',
          type: 'value',
          config: { fail: { code: 'BROKEN', times: 1 } },
          retryPolicy: { maxRetries: 1, initialDelay: 5000 },
        },
        work('w', 100),
      ],
      [],
      { maxConcurrency: 1 },
    );
    expect(execution.node('w').endTime).toBe(execution.state.createdAt + 100);
    expect(execution.elapsed).toBe(5000);
  });

  it('starts nodes in topological order, ties by the document', async () => {
    const execution = await run([value('d'), value('c'), value('b'), value('a')], [edge('a', 'd'), edge('b', 'c')], {
      maxConcurrency: 1,
    });
    expect(execution.world.calls.map(({ nodeId }) => nodeId)).toEqual(['b', 'c', 'a', 'd']);
  });
});

describe('a delay', () => {
  const delayed = (ms: number) =>
    new DrivenExecution({
      nodes: [{ id: 'wait', type: 'sleep', config: { ms } }, echo('b')],
      edges: [edge('wait', 'b')],
    });

  it('below 50 ms is slept in memory and journals only its completion', async () => {
    const execution = await delayed(49).start().run();
    expect(execution.types).toEqual([
      'execution:created',
      'execution:started',
      'node:completed',
      'node:completed',
      'execution:completed',
    ]);
    expect(execution.node('wait')).toMatchObject({ outputs: { waited: 49 } });
    expect(execution.elapsed).toBe(49);
  });

  it('of 0 ms or in the past is over at once', async () => {
    const execution = await delayed(-5).start().run();
    expect(execution.elapsed).toBe(0);
    expect(execution.state.status).toBe('completed');
  });

  it('that is due within 10 s is waited for in memory', async () => {
    const execution = delayed(10_000).start();
    await execution.advance(9999);
    expect(execution.left).toBeUndefined();
    expect(execution.state.nodes.get('wait')).toMatchObject({
      status: 'running',
      waiting: { for: 'delay', until: execution.state.createdAt + 10_000 },
    });
    await execution.run();
    expect(execution.elapsed).toBe(10_000);
    expect(execution.node('b').outputs).toEqual({ waited: 10_000 });
  });

  it('that is due later leaves memory until then', async () => {
    const execution = await delayed(3_600_000).start().settle();
    expect(execution.left).toEqual({ wakeAt: execution.state.createdAt + 3_600_000 });
    expect(execution.scheduler.nextTimerAt).toBeUndefined();
    await execution.run();
    expect(execution.elapsed).toBe(3_600_000);
    expect(execution.node('b').outputs).toEqual({ waited: 3_600_000 });
    expect(execution.state.status).toBe('completed');
  });

  it('leaves memory only when nothing else is due or runs', async () => {
    const execution = new DrivenExecution({
      nodes: [
        { id: 'far', type: 'sleep', config: { ms: 100_000 } },
        { id: 'near', type: 'sleep', config: { ms: 5000 } },
        work('w', 7000),
      ],
    }).start();
    await execution.advance(6999);
    expect(execution.left).toBeUndefined();
    await execution.advance(1);
    expect(execution.left).toEqual({ wakeAt: execution.state.createdAt + 100_000 });
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('that came due while nobody looked is completed as soon as somebody does', async () => {
    const execution = await delayed(20_000).start().settle();
    await execution.advance(90_000);
    execution.start();
    await execution.run();
    expect(execution.elapsed).toBe(90_000);
    expect(execution.node('b').outputs).toEqual({ waited: 20_000 });
  });

  it('sets no timer above 10 s', async () => {
    const execution = new DrivenExecution(
      {
        nodes: [
          work('w', 60_000, { type: 'endless', timeout: 50_000 }),
          { id: 'near', type: 'sleep', config: { ms: 100_000 } },
        ],
      },
      {
        types: [
          {
            type: 'endless',
            name: '',
            category: '',
            description: '',
            version: '1.0.0',
            configSchema: {},
            effect: 'pure',
            execute: () => new Promise(() => {}),
          },
        ],
      },
    );
    await execution.start().settle();
    await execution.advance(40_000);
    expect(execution.scheduler.longestTimer).toBeLessThanOrEqual(10_000);
    await execution.advance(9999);
    expect(execution.eventsOf('node:retrying')).toHaveLength(0);
    await execution.advance(1);
    expect(execution.eventsOf('node:retrying')).toMatchObject([{ error: { code: 'TIMEOUT' } }]);
    execution.crash();
  });
});
