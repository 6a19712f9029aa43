import type { NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import { EngineError } from '../errors.js';
import type { JournalEvent } from '../journal/events.js';
import { foldJournal } from '../journal/fold.js';
import { resumeContext } from '../recovery/resume-outlook.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution, type DrivenOptions, type TestWorkflow } from '../testing/driven-execution.js';
import { resume } from '../testing/resume-driven.js';
import type { TestNodeConfig } from '../testing/test-node-types.js';

type Config = TestNodeConfig & NodeDefinition['config'];

const node = (id: string, type: string, config: Config = {}, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type,
  config,
  retryPolicy: { maxRetries: 0 },
  ...more,
});
const value = (id: string, config: Config = {}) => node(id, 'value', config);
const effect = (id: string, config: Config = {}) => node(id, 'effect', config);
/** Fails for sure. */
const broken = (times = 1) => ({ fail: { code: 'BROKEN', times, effect: 'none' as const } });

const chain = (...nodes: NodeDefinition[]): TestWorkflow => ({
  nodes,
  edges: nodes.slice(1).map(({ id }, index) => edge(nodes[index]?.id ?? '', id)),
});

const run = (workflow: TestWorkflow, options?: DrivenOptions) => DrivenExecution.run(workflow, options);

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      return { code: error.code, details: error.details };
    },
  );

const ranAgain = (execution: DrivenExecution, before: number) =>
  execution.world.calls.slice(before).map(({ nodeId }) => nodeId);

/** Paused when all that takes no time is done. */
async function paused(workflow: TestWorkflow): Promise<DrivenExecution> {
  const execution = new DrivenExecution(workflow).start();
  await execution.advance(0);
  await execution.command({ kind: 'pause', mode: 'wait' });
  return execution.run();
}

describe('a resume', () => {
  it('keeps what has completed and runs the rest, from where it says', async () => {
    const execution = await run(chain(value('a', { give: { a: 1 } }), effect('b', broken()), value('c'), value('d')));
    expect(execution.state.status).toBe('failed');
    const before = execution.world.calls.length;
    await resume(execution, {}, { actor: 'ann', reason: 'fixed' });
    const resumed = execution.events.findIndex(({ type }) => type === 'execution:resumed');
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(ranAgain(execution, before)).toEqual(['b', 'c', 'd']);
    expect(execution.node('d').outputs).toEqual({ a: 1 });
    expect(execution.events[resumed]).toMatchObject({
      actor: 'ann',
      reason: 'fixed',
      reset: [{ nodeId: 'b', run: 2 }],
    });
    expect(execution.state.history.at(-1)).toEqual(
      expect.objectContaining({ type: 'resume', by: 'ann', reason: 'fixed' }),
    );
  });

  it('is refused unless the execution is paused or failed, and tells who was faster', async () => {
    const execution = await run(chain(value('a', broken())));
    await resume(execution, {}, { actor: 'ann', commandId: 'cmd_1' });
    await execution.run();
    const startedBy = { command: 'cmd_1', actor: 'ann', at: expect.any(Number) as number };
    expect(await refusal(resume(execution))).toEqual({
      code: 'INVALID_TRANSITION',
      details: { from: 'completed', to: 'running', startedBy },
    });
    const waiting = await run(chain(node('a', 'sleep', { ms: 100_000 }), value('b')));
    expect(waiting.hasEnded).toBe(true);
    const running = new DrivenExecution(chain(node('a', 'work', { ms: 100 }))).start();
    expect(await refusal(resume(running))).toMatchObject({ code: 'INVALID_TRANSITION', details: { from: 'running' } });
    await running.command({ kind: 'pause', mode: 'wait' });
    expect(await refusal(resume(running))).toMatchObject({ code: 'INVALID_TRANSITION', details: { from: 'running' } });
    await running.run();
  });

  it('with the same id changes nothing a second time', async () => {
    const execution = await run(chain(value('a', broken())));
    expect(await resume(execution, { variables: { x: 1 } }, { commandId: 'cmd_1' })).toBe(true);
    await execution.run();
    const { length } = execution.events;
    expect(await resume(execution, { variables: { x: 1 } }, { commandId: 'cmd_1' })).toBe(false);
    expect(execution.events).toHaveLength(length);
  });
});

describe('a resume with corrected variables', () => {
  const workflow = chain(
    value('a', { variables: { rate: 1, kept: 2 } }),
    value('b', { give: { rate: '{{ variables.rate }}', kept: '{{ variables.kept }}' }, ...broken() }),
  );

  it('merges them name by name, in one batch before it goes on', async () => {
    const execution = await run(workflow);
    await resume(execution, { variables: { rate: 3, more: 4 } }, { actor: 'ann' });
    await execution.run();
    expect(execution.node('b').outputs).toEqual({ rate: 3, kept: 2 });
    expect(execution.state.variables).toEqual({ rate: 3, kept: 2, more: 4 });
    const updated = execution.types.indexOf('execution:updated');
    expect(execution.types[updated + 1]).toBe('execution:resumed');
    expect(execution.state.history.slice(-2)).toEqual([
      expect.objectContaining({ type: 'update-variables', by: 'ann', variables: ['rate', 'more'] }),
      expect.objectContaining({ type: 'resume', by: 'ann' }),
    ]);
  });

  it('gives what runs again a new key, also after an unknown outcome', async () => {
    for (const [variables, runs] of [
      [{ rate: 3 }, 2],
      [{}, 1],
    ] as const) {
      const execution = await run(chain(effect('a', { fail: { code: 'GONE', times: 1 } })));
      expect(execution.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown' });
      await resume(execution, { variables });
      await execution.run();
      expect(execution.node('a')).toMatchObject({ status: 'completed', run: runs });
      expect(new Set(execution.world.callsOf('a').map(({ key }) => key)).size).toBe(runs);
    }
  });

  it('begins anew what was between two attempts, and lets a wait go on', async () => {
    const retried = effect('a', { fail: { code: 'BROKEN', times: 1, effect: 'none' } });
    const execution = new DrivenExecution({
      nodes: [{ ...retried, retryPolicy: { maxRetries: 1, initialDelay: 60_000 } }, node('s', 'sleep', { ms: 90_000 })],
    }).start();
    await execution.advance(0);
    await execution.command({ kind: 'pause', mode: 'wait' });
    expect(execution.state.status).toBe('paused');
    await resume(execution, { variables: { x: 1 } });
    await execution.advance(0);
    expect(execution.node('a')).toMatchObject({ status: 'completed', run: 2, attempt: 1 });
    await execution.run();
    expect(execution.elapsed).toBe(90_000);
    expect(execution.node('s').run).toBe(1);
  });
});

describe('a resume from a node', () => {
  const diamond: TestWorkflow = {
    nodes: [
      value('a', { give: { a: 1 }, variables: { seen: 'a' } }),
      effect('b'),
      value('c', { variables: { c: 1 } }),
      node('d', 'value', { variables: { seen: 'd' } }, { inputs: { from_b: { from: 'b', output: 'a' } } }),
      effect('e', broken()),
    ],
    edges: [edge('a', 'b'), edge('a', 'c'), edge('c', 'd'), edge('d', 'e')],
  };

  it('runs it and what depends on it again, by edges and mappings, and keeps the rest', async () => {
    const execution = await run(diamond);
    expect(execution.state.variables).toEqual({ seen: 'd', c: 1 });
    const before = execution.world.calls.length;
    await resume(execution, { fromNodeId: 'b' });
    const at = execution.events.findIndex(({ type }) => type === 'execution:resumed');
    expect(execution.events[at]).toMatchObject({
      fromNodeId: 'b',
      warnings: ['"b" acts outside once more: what it did before is not undone first'],
    });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(ranAgain(execution, before)).toEqual(['b', 'd', 'e']);
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => execution.node(id).run)).toEqual([1, 2, 1, 2, 2]);
    expect(new Set(execution.world.callsOf('b').map(({ key }) => key)).size).toBe(2);
  });

  it('folds the variables anew from what still stands', async () => {
    const execution = await paused({
      ...diamond,
      nodes: diamond.nodes.map((each) => (each.id === 'e' ? node('e', 'sleep', { ms: 60_000 }) : each)),
    });
    expect(execution.state).toMatchObject({ status: 'paused', variables: { seen: 'd' } });
    await resume(execution, { fromNodeId: 'd' });
    const [resumed] = execution.eventsOf('execution:resumed');
    expect(resumed?.reset.map(({ nodeId }) => nodeId).sort()).toEqual(['d', 'e']);
    const then = foldJournal(execution.events.slice(0, execution.events.indexOf(resumed as JournalEvent) + 1));
    expect(then.variables).toEqual({ seen: 'a', c: 1 });
    await execution.run();
    expect(execution.state.variables).toEqual({ seen: 'd', c: 1 });
  });

  it('is refused while something before it has not ended or runs again itself', async () => {
    const execution = await run(diamond);
    expect(await refusal(resume(execution, { fromNodeId: 'nobody' }))).toMatchObject({ code: 'NOT_FOUND' });
    const failed = await run(chain(value('a'), effect('b', broken()), value('c')));
    expect(await refusal(resume(failed, { fromNodeId: 'c' }))).toEqual({ code: 'CONFLICT', details: { nodes: ['b'] } });
    const { length } = failed.events;
    await resume(failed, { fromNodeId: 'b' });
    await failed.run();
    expect(failed.events.length).toBeGreaterThan(length);
    expect(failed.state.status).toBe('completed');
  });

  it('takes back what was skipped behind it', async () => {
    const execution = await run(
      {
        nodes: [
          node('which', 'branch', { port: '{{ variables.port }}', ports: ['left', 'right'] }),
          value('l'),
          value('r'),
          effect('x', broken()),
        ],
        edges: [edge('which', 'l', { sourceOutput: 'left' }), edge('which', 'r', { sourceOutput: 'right' })],
      },
      { context: { variables: { port: 'left' } } },
    );
    expect(execution.statuses()).toMatchObject({ l: 'completed', r: 'skipped', x: 'failed' });
    await resume(execution, { fromNodeId: 'which', variables: { port: 'right' } });
    await execution.run();
    expect(execution.statuses()).toEqual({ which: 'completed', l: 'skipped', r: 'completed', x: 'completed' });
    expect([execution.node('r').run, execution.node('l').run]).toEqual([1, 2]);
  });
});

describe('a resume with corrected configs', () => {
  const workflow = chain(value('a'), value('b', { give: { url: 'wrong', kept: 1 }, ...broken() }), value('c'));

  it('puts them into the node before its expressions, for good', async () => {
    const execution = await run(workflow, { context: { variables: { host: 'right' } } });
    await resume(execution, { config: { b: { give: { url: '{{ variables.host }}' } } } }, { actor: 'ann' });
    expect(execution.left).toBeDefined();
    await execution.run();
    expect(execution.node('b').outputs).toEqual({ url: 'right' });
    expect(execution.world.callsOf('b')).toHaveLength(2);
    expect(execution.state.history).toContainEqual(expect.objectContaining({ type: 'update-config', nodeIds: ['b'] }));
    await execution.command({ kind: 'checkpoint', label: 'x' });
    expect(execution.state.configChanges).toEqual({ b: { give: { url: '{{ variables.host }}' } } });
  });

  it('goes on with them after a crash right after the resume', async () => {
    const execution = await run(workflow);
    await resume(execution, { config: { b: { give: { url: 'right' } } } });
    execution.crash();
    await execution.start().run();
    expect(execution.node('b').outputs).toEqual({ url: 'right' });
  });

  it('merges a later correction field by field over an earlier one', async () => {
    const execution = await run(chain(value('b', { give: 1, ...broken(2) })));
    await resume(execution, { config: { b: { give: 2 } } });
    await execution.run();
    await resume(execution, { config: { b: { variables: { x: 1 } } } });
    await execution.run();
    expect(execution.node('b')).toMatchObject({ status: 'completed', outputs: { value: 2 }, run: 3 });
    expect(execution.state.variables).toEqual({ x: 1 });
  });

  it('is refused for nodes that will not run, and for what their type or an expression does not allow', async () => {
    const execution = await run({ ...workflow, nodes: [...workflow.nodes, { ...value('off'), enabled: false }] });
    const fields = async (config: Record<string, NodeDefinition['config'] & object>) => {
      const refused = await refusal(resume(execution, { config }));
      return typeof refused === 'string' ? refused : (refused.details as { field: string }[]).map(({ field }) => field);
    };
    const { length } = execution.events;
    expect(await fields({ a: { x: 1 }, nobody: { x: 1 }, off: { x: 1 } })).toEqual([
      'config.a',
      'config.nobody',
      'config.off',
    ]);
    expect(await fields({ b: { give: '{{ 1 +' } })).toEqual(['config.b.give']);
    expect(execution.events).toHaveLength(length);
    // What will run again is taken.
    expect(await resume(execution, { fromNodeId: 'a', config: { a: { give: 5 } } })).toBe(true);
  });

  it('begins a wait anew when its own config was corrected', async () => {
    const execution = await paused(chain(node('s', 'sleep', { ms: 60_000 }), value('b')));
    await resume(execution, { config: { s: { ms: 100 } } });
    await execution.run();
    expect(execution.node('s')).toMatchObject({ run: 2, outputs: { waited: 100 } });
    expect(execution.elapsed).toBe(100);
  });
});

describe('a resume under another revision', () => {
  const first = chain(value('a', { give: { n: 1 } }), effect('b', broken(9)), value('c'));
  const later = (change: (workflow: TestWorkflow) => TestWorkflow): DrivenOptions => ({ later: [change(first)] });
  const changing = (id: string, more: Partial<NodeDefinition>) =>
    later(({ nodes, edges }) => ({
      nodes: nodes.map((each) => (each.id === id ? { ...each, ...more } : each)),
      edges,
    }));

  it('runs what has not run as that has it', async () => {
    const execution = await run(first, changing('b', { config: { give: { fixed: true } }, type: 'value' }));
    await resume(execution, { workflowRevision: 2 }, { actor: 'ann' });
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'completed', revision: 2 });
    expect(execution.node('c').outputs).toEqual({ fixed: true });
    expect(execution.world.callsOf('a')).toHaveLength(1);
    expect(execution.state.history).toContainEqual(expect.objectContaining({ type: 'update-revision', revision: 2 }));
  });

  const settings: WorkflowSettings = { maxConcurrency: 1, timeout: 1000 };
  const REVISIONS: [string, DrivenOptions, string[] | 'goes on'][] = [
    ['nothing', later((same) => same), 'goes on'],
    [
      'names, notes and places of what has run',
      changing('a', { label: 'A', description: 'x', position: { x: 1, y: 2 } }),
      'goes on',
    ],
    ['settings', later((same) => ({ ...same, settings })), 'goes on'],
    ['the config of what has run', changing('a', { config: { give: { n: 2 } } }), ['a']],
    ['the type of what has run', changing('a', { type: 'work' }), ['a']],
    ['the retries of what has run', changing('a', { retryPolicy: { maxRetries: 3 } }), ['a']],
    ['what has run is gone', later(({ nodes }) => ({ nodes: nodes.slice(1), edges: [edge('b', 'c')] })), ['a']],
    [
      'what failed is gone',
      later(({ nodes }) => ({ nodes: [nodes[0], nodes[2]] as NodeDefinition[], edges: [edge('a', 'c')] })),
      'goes on',
    ],
    [
      'a new node behind',
      later(({ nodes, edges = [] }) => ({ nodes: [...nodes, value('d')], edges: [...edges, edge('a', 'd')] })),
      'goes on',
    ],
    [
      'a new edge into what has run',
      later(({ nodes, edges = [] }) => ({ nodes: [value('z'), ...nodes], edges: [...edges, edge('z', 'a')] })),
      ['a'],
    ],
    [
      'a new mapping into what has run',
      later(({ nodes, edges }) => ({
        nodes: [
          value('z'),
          { ...(nodes[0] as NodeDefinition), inputs: { z: { from: 'z', output: 'x' } } },
          ...nodes.slice(1),
        ],
        edges,
      })),
      ['a'],
    ],
    [
      'a disabled edge into what has run',
      later(({ nodes, edges = [] }) => ({
        nodes: [value('z'), ...nodes],
        edges: [...edges, edge('z', 'a', { enabled: false })],
      })),
      'goes on',
    ],
    [
      'an edge between what has not run',
      later(({ nodes }) => ({ nodes, edges: [edge('a', 'c'), edge('c', 'b')] })),
      'goes on',
    ],
  ];

  it.each(REVISIONS)('that differs in this: %s', async (_, options, expected) => {
    const execution = await run(first, options);
    const before = execution.events.length;
    const refused = await refusal(resume(execution, { workflowRevision: 2 }));
    if (expected === 'goes on') expect(refused).toBe('no error');
    else {
      expect(refused).toEqual({ code: 'REVISION_INCOMPATIBLE', details: { revision: 2, nodes: expected } });
      expect(execution.events).toHaveLength(before);
    }
  });

  it('may change what has run when that runs again', async () => {
    const execution = await run(first, {
      later: [chain(value('a', { give: { n: 2 } }), value('b'), value('c'))],
    });
    expect(await refusal(resume(execution, { workflowRevision: 2 }))).toMatchObject({ code: 'REVISION_INCOMPATIBLE' });
    await resume(execution, { workflowRevision: 2, fromNodeId: 'a' });
    await execution.run();
    expect(execution.node('c').outputs).toEqual({ n: 2 });
  });

  it('keeps decisions that were taken, also where edges have no ids, and takes those that are new', async () => {
    const when = (source: string, target: string, condition: string) => ({ source, target, condition });
    const nodes = [value('a', { give: { n: 1 } }), value('yes'), value('no'), effect('x', broken())];
    const edges = [when('a', 'no', 'n = 2'), when('a', 'yes', 'n = $variables.was'), when('yes', 'x', 'true')];
    const execution = await run(
      { nodes, edges },
      {
        context: { variables: { was: 1 } },
        later: [
          {
            nodes: [...nodes, value('also'), value('not')],
            edges: [when('a', 'not', 'n = 5'), ...edges, when('a', 'also', 'n = 1')],
          },
        ],
      },
    );
    expect(execution.statuses()).toMatchObject({ yes: 'completed', no: 'skipped', x: 'failed' });
    await resume(execution, { workflowRevision: 2, variables: { was: 7 } });
    await execution.run();
    expect(execution.statuses()).toEqual({
      a: 'completed',
      yes: 'completed',
      no: 'skipped',
      x: 'completed',
      also: 'completed',
      not: 'skipped',
    });
  });

  it('holds configs that were corrected before against it', async () => {
    const execution = await run(first, changing('b', { type: 'value', config: {} }));
    await resume(execution, { config: { b: { give: { kept: true }, fail: { code: 'AGAIN', times: 9 } } } });
    await execution.run();
    await resume(execution, { workflowRevision: 2, config: { b: { fail: { code: 'NEVER', times: 0 } } } });
    await execution.run();
    expect(execution.node('b')).toMatchObject({ status: 'completed', outputs: { kept: true } });
  });
});

describe('the context of a resume', () => {
  it('names what may run at once, past what is surely skipped, and what is kept', async () => {
    const execution = await run(
      {
        nodes: [
          node('a', 'branch', { port: 'left', ports: ['left', 'right'], variables: { v: 1 } }),
          value('r'),
          value('after_r'),
          effect('x', broken()),
          { ...value('off'), enabled: false },
          value('end'),
        ],
        edges: [
          edge('a', 'r', { sourceOutput: 'right' }),
          edge('r', 'after_r'),
          edge('a', 'x', { sourceOutput: 'left' }),
          edge('x', 'off'),
          edge('off', 'end'),
        ],
      },
      {},
    );
    expect(resumeContext('e', execution.plan, execution.state)).toEqual({
      executionId: 'e',
      checkpointNodeId: 'a',
      resumeFromNode: null,
      resumeFromNodes: [],
      skippedNodes: ['a'],
      preservedState: { variables: { v: 1 } },
    });
    await resume(execution);
    await execution.run();
    const at = execution.types.indexOf('execution:resumed');
    const then = foldJournal(execution.events.slice(0, at + 1));
    expect(resumeContext('e', execution.plan, then)).toMatchObject({
      resumeFromNode: 'x',
      resumeFromNodes: ['x'],
      skippedNodes: ['a'],
    });
  });
});

describe('a checkpoint', () => {
  it('marks the node that completed last, in any status, as long as that stands', async () => {
    const execution = await run(chain(value('a'), value('b'), effect('c', broken())));
    await execution.command({ kind: 'checkpoint', label: 'here', state: { by: 'hand' }, actor: 'ann' });
    expect(execution.state).toMatchObject({ status: 'failed', checkpoints: [{ nodeId: 'b', label: 'here' }] });
    expect(execution.state.history.at(-1)).toMatchObject({ type: 'update-checkpoint', by: 'ann', nodeId: 'b' });
  });

  it('is refused while nothing has completed', async () => {
    const execution = await run(chain(effect('c', broken())));
    expect(await refusal(execution.command({ kind: 'checkpoint' }))).toMatchObject({ code: 'CONFLICT' });
  });
});
