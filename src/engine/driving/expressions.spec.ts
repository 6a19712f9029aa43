import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import { EvaluationTurns } from '../expressions/evaluation-turns.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution, type DrivenOptions } from '../testing/driven-execution.js';

const value = (id: string, give: NodeDefinition['config']): NodeDefinition => ({ id, type: 'value', config: { give } });
const run = (
  nodes: NodeDefinition[],
  edges: EdgeDefinition[] = [],
  settings?: WorkflowSettings,
  options?: DrivenOptions,
) => DrivenExecution.run({ nodes, edges, settings }, options);

describe('expressions in a node.config', () => {
  it('see inputs, variables, the whole trigger, nodes before them and the execution', async () => {
    const give = {
      input: '{{ inputs.x }}',
      variable: '{{ variables.v }}',
      trigger: '{{ trigger }}',
      node: '{{ nodes.a.x + 1 }}',
      chinese: '{{ nodes.`甲-1`.x }}',
      later: '{{ nodes.later }}',
      execution: '{{ execution }}',
    };
    const execution = await run(
      [value('a', { x: 1 }), value('甲-1', { x: 2 }), value('c', give), value('later', {})],
      [edge('a', '甲-1'), edge('甲-1', 'c'), edge('c', 'later')],
      {},
      {
        trigger: { type: 'api', data: { who: 'me' } },
        context: { environment: 'test', variables: { v: true } },
      },
    );
    expect(execution.node('c').outputs).toEqual({
      input: 2,
      variable: true,
      trigger: { type: 'api', data: { who: 'me' } },
      node: 2,
      chinese: 2,
      execution: {
        id: 'exec_test',
        workflowId: 'wf_test',
        environment: 'test',
        startTime: execution.state.startedAt,
      },
    });
  });

  it('that fail, fail the node with EXPRESSION_ERROR, its text and position, without a retry', async () => {
    const execution = await run([value('a', { x: '{{ 1 + $error("no") }}' })]);
    expect(execution.node('a')).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { code: 'EXPRESSION_ERROR', details: { expression: '1 + $error("no")', position: 11 } },
    });
    expect(execution.state.status).toBe('failed');
  });

  it('whose result the schema refuses, fail the node with INVALID_CONFIG before it acts', async () => {
    const execution = await run([{ id: 'a', type: 'effect', config: { number: '{{ "text" }}' } }]);
    expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'INVALID_CONFIG' } });
    expect(execution.world.calls).toEqual([]);
    expect(execution.eventsOf('node:started')).toEqual([]);
  });

  it('have $now and $millis pinned to the start of the attempt', async () => {
    const execution = await run([
      {
        id: 'a',
        type: 'value',
        config: { give: { now: '{{ $now() }}', ms: '{{ $millis() }}' }, fail: { code: 'BROKEN', times: 1 } },
        retryPolicy: { maxRetries: 1, initialDelay: 100 },
      },
    ]);
    const { startTime = 0, outputs } = execution.node('a');
    expect(startTime).toBe(execution.state.createdAt + 100);
    expect(outputs).toEqual({ ms: startTime, now: new Date(startTime).toISOString() });
  });

  it('have $random pinned by execution, node and run: every attempt draws the same', async () => {
    const draw = (id: string, times: number): NodeDefinition => ({
      id,
      type: 'value',
      config: { give: { r: '{{ [$random(), $random()] }}' }, fail: { code: 'BROKEN', times } },
      retryPolicy: { maxRetries: 3, initialDelay: 100 },
    });
    const [retried, atOnce] = [await run([draw('a', 2)]), await run([draw('a', 0), draw('b', 0)])];
    expect(retried.node('a').outputs).toEqual(atOnce.node('a').outputs);
    expect(atOnce.node('b').outputs).not.toEqual(atOnce.node('a').outputs);

    const resumed = new DrivenExecution({ nodes: [{ ...draw('a', 1), retryPolicy: { maxRetries: 0 } }] }).start();
    await resumed.run();
    await resumed.command({ kind: 'resume' });
    await resumed.run();
    expect(resumed.node('a')).toMatchObject({ status: 'completed', run: 2 });
    expect(resumed.node('a').outputs).not.toEqual(atOnce.node('a').outputs);
  });
});

describe('expressions that each take too long', () => {
  /** Each look at the clock is a millisecond, so that nobody has to wait for what takes long. */
  const fastTurns = () => {
    let ms = 0;
    const elapsed = () => (ms += 1);
    return new EvaluationTurns({ elapsed, defer: (callback) => setImmediate(callback) });
  };
  const bombs = Array.from({ length: 60 }, (_, index) =>
    value(`bomb${index}`, { x: '{{ ($f := function($n) { $f($n + 1) }; $f(1)) }}' }),
  );
  const settings = { errorHandling: 'continue' as const, maxConcurrency: 60 };

  /** Virtual time stands while expressions are evaluated in turns of the real event loop. */
  const ended = async (execution: DrivenExecution): Promise<DrivenExecution> => {
    for (let turns = 0; turns < 100_000; turns += 1) {
      await execution.settle();
      if (execution.hasEnded) return execution;
    }
    throw new Error('It never ends');
  };

  it('have a budget by execution: beyond it they fail soon, and quick ones go on', async () => {
    const quick = value('quick', { x: '{{ $sum([1, 2]) }}' });
    const edges = bombs.map(({ id }) => edge(id, 'quick', { type: 'error' }));
    const execution = new DrivenExecution({ nodes: [...bombs, quick], edges, settings }, { turns: fastTurns() });
    await ended(execution.start());
    const messages = bombs.map(({ id }) => execution.node(id).error?.message ?? '');
    expect(messages.filter((message) => message.endsWith('takes longer than 200 ms'))).toHaveLength(25);
    expect(messages.filter((message) => message.includes('have had their 5000 ms'))).toHaveLength(35);
    expect(execution.node('quick').outputs).toEqual({ x: 3 });
    expect(execution.state.counts).toMatchObject({ failed: 60, completed: 1 });
  });

  it('do not hold up another execution of the instance', async () => {
    const turns = fastTurns();
    const bombed = new DrivenExecution({ nodes: bombs, settings }, { turns }).start();
    const honest = new DrivenExecution({ nodes: [value('a', { x: '{{ $sum([1, 2]) }}' })] }, { turns }).start();
    await ended(honest);
    expect(honest.node('a').outputs).toEqual({ x: 3 });
    await bombed.settle();
    expect(bombed.state.counts.failed).toBeLessThan(10);
    await ended(bombed);
    expect(bombed.state.counts.failed).toBe(60);
  });
});
