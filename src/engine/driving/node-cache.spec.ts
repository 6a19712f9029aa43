import { OutputCache } from '../caching/output-cache.js';
import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import { NodeError } from '../errors.js';
import type { NodeContext, NodeResult, NodeType } from '../ports.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution, type DrivenOptions } from '../testing/driven-execution.js';

const CACHED: WorkflowSettings = { enableCache: true, maxConcurrency: 1 };

/** A cacheable type that gives its config, and the ids of the nodes that it acted for. */
function countingType(act: (context: NodeContext) => NodeResult = ({ config }) => ({ outputs: config })) {
  const acted: string[] = [];
  const type: NodeType = {
    type: 'count',
    name: 'Count',
    category: 'test',
    description: '',
    version: '1.0.0',
    configSchema: {},
    effect: 'pure',
    cacheable: true,
    execute: (context) => {
      acted.push(context.nodeId);
      return act(context);
    },
  };
  return { type, acted };
}

const count = (id: string, config: NodeDefinition['config'] = {}): NodeDefinition => ({ id, type: 'count', config });
const value = (id: string, give: NodeDefinition['config']): NodeDefinition => ({ id, type: 'value', config: { give } });
const run = (
  nodes: NodeDefinition[],
  type: NodeType,
  settings: WorkflowSettings = CACHED,
  { edges = [], ...options }: DrivenOptions & { edges?: EdgeDefinition[] } = {},
) => DrivenExecution.run({ nodes, edges, settings }, { ...options, types: [type] });

/** The nodes whose completion says that it was not theirs. */
const cachedIn = (execution: DrivenExecution) =>
  execution.eventsOf('node:completed').flatMap(({ nodeId, cached }) => (cached ? [nodeId] : []));

describe('settings.enableCache', () => {
  it('reuses the output of a node that sees the same, and its completion says cached', async () => {
    const { type, acted } = countingType();
    const execution = await run([count('a', { x: 1 }), count('b', { x: 1 }), count('c', { x: 2 })], type);
    expect(acted).toEqual(['a', 'c']);
    expect(cachedIn(execution)).toEqual(['b']);
    expect(execution.node('b')).toMatchObject({ status: 'completed', outputs: { x: 1 }, cached: true, attempt: 1 });
  });

  it('is off where nothing is said', async () => {
    const { type, acted } = countingType();
    const execution = await run([count('a'), count('b')], type, {});
    expect(acted).toEqual(['a', 'b']);
    expect(cachedIn(execution)).toEqual([]);
  });

  it('reuses across executions of one instance', async () => {
    const { type, acted } = countingType();
    const cache = new OutputCache();
    await run([count('a', { x: '{{ trigger.data.x }}' })], type, CACHED, {
      cache,
      trigger: { type: 'api', data: { x: 1 } },
    });
    const same = await run([count('other', { x: 1 })], type, CACHED, {
      cache,
      trigger: { type: 'api', data: { x: 1 } },
    });
    expect(cachedIn(same)).toEqual(['other']);
    expect(acted).toEqual(['a']);
  });

  it('reuses nothing where the config, the inputs, the variables or the trigger differ', async () => {
    const { type, acted } = countingType();
    const cache = new OutputCache();
    const once = (config: NodeDefinition['config'], inputs: NodeDefinition['config'], options: DrivenOptions = {}) =>
      run([value('v', inputs), count('a', config)], type, CACHED, { edges: [edge('v', 'a')], cache, ...options });
    await once({ x: 1 }, { i: 1 });
    await once({ x: 2 }, { i: 1 });
    await once({ x: 1 }, { i: 2 });
    await once({ x: 1 }, { i: 1 }, { context: { variables: { v: 1 } } });
    await once({ x: 1 }, { i: 1 }, { trigger: { type: 'api', data: 1 } });
    expect(acted).toHaveLength(5);
    await once({ x: 1 }, { i: 1 });
    expect(acted).toHaveLength(5);
  });

  it('knows what expressions read by what they gave', async () => {
    const { type, acted } = countingType();
    const cache = new OutputCache();
    const once = (rate: number) =>
      run([count('a', { x: '{{ variables.rate * 2 }}' })], { ...type, reads: [] }, CACHED, {
        cache,
        context: { variables: { rate } },
      });
    await once(1);
    await once(2);
    expect(acted).toHaveLength(2);
    expect((await once(2)).node('a').outputs).toEqual({ x: 4 });
    expect(acted).toHaveLength(2);
  });

  it('reuses nothing of another version of the type', async () => {
    const { type, acted } = countingType();
    const cache = new OutputCache();
    await run([count('a')], type, CACHED, { cache });
    await run([count('a')], { ...type, version: '1.1.0' }, CACHED, { cache });
    expect(acted).toEqual(['a', 'a']);
  });

  it('leaves a type alone that is not cacheable', async () => {
    const { type, acted } = countingType();
    await run([count('a'), count('b')], { ...type, cacheable: undefined });
    expect(acted).toEqual(['a', 'b']);
  });

  it.each(['$now()', '$millis()', '$random()', '$shuffle([1, 2, 3])', '$toMillis("10:30", "[H]:[m]")'])(
    'keeps nothing that read time or randomness: %s',
    async (source) => {
      const { type, acted } = countingType();
      const nodes = ['a', 'b'].map((id) => count(id, { x: `{{ [${source}][[]] }}` }));
      const execution = await run(nodes, type);
      expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed' });
      expect(acted).toEqual(['a', 'b']);
    },
  );

  it('keeps nothing that the node itself says is volatile', async () => {
    const { type, acted } = countingType(() => ({ outputs: {}, volatile: true }));
    await run([count('a'), count('b')], type);
    expect(acted).toEqual(['a', 'b']);
  });

  it('keeps no error, but what came after a retry', async () => {
    let failures = 0;
    const { type, acted } = countingType(() => {
      failures += 1;
      if (failures === 1) throw new NodeError('BROKEN', 'once');
      return { outputs: { failures } };
    });
    const execution = await run([{ ...count('a'), retryPolicy: { maxRetries: 1, initialDelay: 10 } }], type);
    expect(acted).toEqual(['a', 'a']);
    const next = await run([count('b')], type, CACHED, { cache: execution.cache });
    expect(next.node('b').outputs).toEqual({ failures: 2 });
  });

  it('reuses an output until it is settings.cacheTTL ms old', async () => {
    const { type, acted } = countingType();
    const nodes = [count('a'), { id: 'wait', type: 'sleep', config: { ms: 5000 } }, count('b')];
    const edges = [edge('a', 'wait', { type: 'control' }), edge('wait', 'b', { type: 'control' })];
    await run(nodes, type, { ...CACHED, cacheTTL: 5001 }, { edges });
    expect(acted).toEqual(['a']);
    await run(nodes, type, { ...CACHED, cacheTTL: 5000 }, { edges });
    expect(acted).toEqual(['a', 'a', 'b']);
  });

  it('reuses an output for an hour where nothing is said', async () => {
    const { type, acted } = countingType();
    const edges = [edge('a', 'wait', { type: 'control' }), edge('wait', 'b', { type: 'control' })];
    for (const ms of [3_599_000, 3_600_000]) {
      await run([count('a'), { id: 'wait', type: 'sleep', config: { ms } }, count('b')], type, CACHED, { edges });
    }
    expect(acted).toEqual(['a', 'a', 'b']);
  });

  it('brings port and variables back, and decides conditions of edges anew', async () => {
    const { type, acted } = countingType(() => ({ outputs: { n: 1 }, port: 'yes', variables: { set: 'by a' } }));
    const branching = { ...type, ports: ['no', 'yes'] };
    const once = (cache: OutputCache, limit: number) =>
      run([count('a'), value('yes', {}), value('no', {}), value('more', {})], { ...branching, reads: [] }, CACHED, {
        edges: [
          edge('a', 'yes', { sourceOutput: 'yes' }),
          edge('a', 'no', { sourceOutput: 'no' }),
          edge('a', 'more', { condition: 'n > $variables.limit' }),
        ],
        cache,
        context: { variables: { limit } },
      });
    const cache = new OutputCache();
    await once(cache, 0);
    const again = await once(cache, 5);
    expect(acted).toEqual(['a']);
    expect(again.statuses()).toEqual({ a: 'completed', yes: 'completed', no: 'skipped', more: 'skipped' });
    expect(again.state.variables).toEqual({ limit: 5, set: 'by a' });
  });

  it('reuses for a node whose completion was lost in a crash of the journal', async () => {
    const { type, acted } = countingType();
    const execution = new DrivenExecution(
      { nodes: [count('a'), { id: 'e', type: 'effect', config: { ms: 50 } }], settings: CACHED },
      { types: [type] },
    ).start();
    execution.crash();
    await execution.start().run();
    expect(execution.state.status).toBe('completed');
    expect(cachedIn(execution)).toEqual(['a']);
    expect(acted).toEqual(['a']);
  });
});
