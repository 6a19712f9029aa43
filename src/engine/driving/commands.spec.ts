import type { EdgeDefinition, NodeDefinition, WorkflowSettings } from '../definition/workflow-definition.js';
import { EngineError } from '../errors.js';
import type { JournalEvent } from '../journal/events.js';
import { attentionOf } from '../journal/summary.js';
import type { NodeType } from '../ports.js';
import type { Command } from '../state/decide-command.js';
import { edge, effect, work } from '../testing/definitions.js';
import { DrivenExecution, type DrivenOptions } from '../testing/driven-execution.js';

const value = (id: string, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'value',
  config: {},
  ...more,
});
const sleep = (id: string, ms: number): NodeDefinition => ({ id, type: 'sleep', config: { ms } });

const PAUSE: Command = { kind: 'pause', mode: 'wait', actor: 'ann', reason: 'lunch' };
const RESUME: Command = { kind: 'resume', actor: 'ben' };
const CANCEL: Command = { kind: 'end', then: 'cancelled', actor: 'ann', reason: 'enough' };

/** An execution that has been started. */
async function started(
  nodes: NodeDefinition[],
  edges: EdgeDefinition[] = [],
  settings: WorkflowSettings = {},
  options: DrivenOptions = {},
): Promise<DrivenExecution> {
  return new DrivenExecution({ nodes, edges, settings }, options).start().settle();
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
  );

describe('pause', () => {
  it('that waits starts no new node, lets running ones end, and only then is paused', async () => {
    const execution = await started([work('a', 100), value('b')], [edge('a', 'b')]);
    expect(await execution.command(PAUSE)).toBe(true);
    expect(execution.state).toMatchObject({ status: 'running', activity: 'pausing' });
    await execution.advance(99);
    expect(execution.state.status).toBe('running');
    await execution.advance(1);
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'pending' });
    expect(execution.left).toEqual({ wakeAt: null });
    expect(execution.state.history).toMatchObject([{ type: 'pause', by: 'ann', reason: 'lunch' }]);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.world.callsOf('a')).toHaveLength(1);
  });

  it('that aborts cuts running nodes off; they run again at the resume, external ones under the same key', async () => {
    const execution = await started([work('a', 100), effect('b', 100), value('c')], [edge('a', 'c')]);
    await execution.advance(50);
    await execution.command({ ...PAUSE, mode: 'abort' });
    expect(execution.state.status).toBe('paused');
    expect(execution.eventsOf('node:interrupted')).toMatchObject([
      { nodeId: 'b', run: 1, attempt: 1, cause: 'abort', then: 'retry' },
    ]);
    expect(execution.state.clock.used).toBe(50);
    await execution.advance(10_000);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'completed' });
    const keys = execution.world.callsOf('b').map(({ key }) => key);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(execution.node('b')).toMatchObject({ run: 1, attempt: 2 });
    expect(execution.elapsed).toBe(50 + 10_000 + 100);
  });

  it('is immediate while nothing runs', async () => {
    const execution = await started([sleep('a', 5000)]);
    await execution.command(PAUSE);
    expect(execution.types.slice(-2)).toEqual(['node:waiting', 'execution:paused']);
  });

  it('is not held up by a waiting node; a wait that came due is completed at the resume', async () => {
    const execution = await started([sleep('a', 5000), value('b')], [edge('a', 'b')]);
    await execution.command(PAUSE);
    await execution.advance(60_000);
    expect(execution.statuses()).toEqual({ a: 'running', b: 'pending' });
    await execution.command(RESUME);
    await execution.run();
    expect(execution.elapsed).toBe(60_000);
    expect(execution.node('b').outputs).toEqual({ waited: 5000 });
    expect(execution.state.clock.used).toBe(0);
  });

  it('lets the time of a wait run on', async () => {
    const execution = await started([sleep('a', 5000)]);
    await execution.command(PAUSE);
    await execution.advance(2000);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.elapsed).toBe(5000);
  });

  it('begins no further attempt; a retry that came due follows at the resume', async () => {
    const execution = await started([
      { ...value('a'), config: { fail: { code: 'B', times: 1 } }, retryPolicy: { maxRetries: 1, initialDelay: 1000 } },
      work('w', 2000),
    ]);
    await execution.command(PAUSE);
    await execution.advance(2000);
    expect(execution.state.status).toBe('paused');
    expect(execution.world.callsOf('a')).toHaveLength(1);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.world.callsOf('a')).toHaveLength(2);
    expect(execution.state.status).toBe('completed');
  });

  it('that aborts says nothing of a pure node, also in its second attempt', async () => {
    const execution = await started([
      { ...work('a', 100, { fail: { code: 'B', times: 1 } }), retryPolicy: { maxRetries: 1, initialDelay: 0 } },
    ]);
    await execution.advance(150);
    expect(execution.driver.running()).toMatchObject([{ attempt: 2 }]);
    await execution.command({ ...PAUSE, mode: 'abort' });
    expect(execution.eventsOf('node:interrupted')).toEqual([]);
    expect(execution.state.status).toBe('paused');
    await execution.command(RESUME);
    await execution.run();
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 2 });
  });

  it('that aborts hears nothing of an attempt whose edges were just being decided', async () => {
    const execution = new DrivenExecution({
      nodes: [value('a'), value('b')],
      edges: [edge('a', 'b', { condition: '$sum([1, 2]) = 3' })],
    }).start();
    expect(execution.driver.running()).toHaveLength(1);
    execution.driver.command({ kind: 'pause', mode: 'abort' });
    await execution.settle();
    expect(execution.types.at(-1)).toBe('execution:paused');
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('gives way to a failure under stop', async () => {
    const execution = await started(
      [{ ...work('a', 100, { fail: { code: 'BROKEN' } }), retryPolicy: { maxRetries: 0 } }, value('b')],
      [edge('a', 'b')],
    );
    await execution.command(PAUSE);
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } });
  });

  it('gives way to the last completion', async () => {
    const execution = await started([work('a', 100)]);
    await execution.command(PAUSE);
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('again changes nothing', async () => {
    const execution = await started([work('a', 100), value('b')], [edge('a', 'b')]);
    await execution.command(PAUSE);
    const before = execution.events.length;
    expect(await execution.command(PAUSE)).toBe(false);
    expect(execution.events).toHaveLength(before);
    await execution.advance(100);
    expect(await execution.command(PAUSE)).toBe(false);
    expect(execution.state.status).toBe('paused');
  });

  it('that waits is made one that aborts by a second one', async () => {
    const execution = await started([effect('a', 1000), work('p', 1000), value('b')], [edge('a', 'b')]);
    await execution.command(PAUSE);
    await execution.advance(100);
    expect(await execution.command({ ...PAUSE, mode: 'abort', actor: 'ben' })).toBe(true);
    expect(execution.state.status).toBe('paused');
    expect(execution.eventsOf('execution:pausing').map(({ mode }) => mode)).toEqual(['wait', 'abort']);
    expect(execution.eventsOf('node:interrupted')).toMatchObject([{ nodeId: 'a', cause: 'abort' }]);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('goes on over a crash: what ran is told, and it is paused', async () => {
    const execution = await started([effect('a', 100), value('b')], [edge('a', 'b')]);
    await execution.command(PAUSE);
    execution.crash();
    await execution.start().run();
    expect(execution.state.status).toBe('paused');
    expect(execution.eventsOf('node:interrupted')).toMatchObject([{ nodeId: 'a', cause: 'crash', then: 'retry' }]);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });
});

describe('withdrawing a pause', () => {
  it('lets everything go on: what runs is neither started again nor said to be cut off', async () => {
    const execution = await started(
      [work('pure', 100), effect('ext', 150), value('after'), work('later', 10)],
      [edge('pure', 'after'), edge('ext', 'later')],
    );
    await execution.advance(50);
    await execution.command(PAUSE);
    expect(await execution.command(RESUME)).toBe(true);
    expect(execution.state).toMatchObject({ status: 'running', activity: null });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.world.calls.map(({ nodeId }) => nodeId)).toEqual(['pure', 'ext', 'after', 'later']);
    expect(execution.eventsOf('node:interrupted')).toEqual([]);
    expect(execution.elapsed).toBe(160);
  });

  it('does what came due in the meantime, once', async () => {
    const execution = await started(
      [
        work('w', 5000),
        sleep('s', 1000),
        value('t'),
        {
          ...value('r'),
          config: { fail: { code: 'B', times: 1 } },
          retryPolicy: { maxRetries: 3, initialDelay: 1000 },
        },
        {
          ...value('q'),
          config: { fail: { code: 'B', times: 1 } },
          retryPolicy: { maxRetries: 3, initialDelay: 4000 },
        },
      ],
      [edge('s', 't')],
      { maxConcurrency: 5 },
    );
    await execution.command(PAUSE);
    await execution.advance(2000);
    expect(execution.statuses()).toMatchObject({ s: 'running', r: 'running' });
    await execution.command(RESUME);
    expect(execution.statuses()).toMatchObject({ s: 'completed', t: 'completed', r: 'completed', q: 'running' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.elapsed).toBe(5000);
    expect(execution.world.callsOf('r')).toHaveLength(2);
    expect(execution.world.callsOf('q')).toHaveLength(2);
  });

  it('does not start what waited for a place twice', async () => {
    const execution = await started(
      [
        { ...work('r', 0, { fail: { code: 'B', times: 1 } }), retryPolicy: { maxRetries: 3, initialDelay: 100 } },
        work('w1', 1000),
        work('w2', 1000),
      ],
      [],
      { maxConcurrency: 2 },
    );
    await execution.advance(500);
    await execution.command(PAUSE);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.world.callsOf('r')).toHaveLength(2);
    expect(execution.state.status).toBe('completed');
  });
});

describe('cancel', () => {
  it('is immediate without running nodes; nodes that never started stay pending', async () => {
    const execution = await started([sleep('a', 5000), value('b')], [edge('a', 'b')]);
    await execution.command(CANCEL);
    expect(execution.types.slice(-1)).toEqual(['execution:cancelled']);
    expect(execution.statuses()).toEqual({ a: 'pending', b: 'pending' });
    expect(execution.state.history).toMatchObject([{ type: 'cancel', by: 'ann', reason: 'enough' }]);
    expect(execution.left).toEqual({ wakeAt: null });
  });

  it('tells running nodes to end; who succeeds within the grace is completed, the rest is failed with CANCELLED', async () => {
    const execution = await started(
      [
        work('polite', 60_000),
        work('quick', 3000, { stubborn: true }),
        { ...effect('deaf', 60_000), config: { ms: 60_000, stubborn: true } },
        value('after'),
      ],
      [edge('quick', 'after')],
    );
    await execution.command(CANCEL);
    expect(execution.state).toMatchObject({ status: 'running', activity: 'cancelling' });
    expect(execution.node('polite')).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    await execution.run();
    expect(execution.elapsed).toBe(5000);
    expect(execution.state.status).toBe('cancelled');
    expect(execution.statuses()).toEqual({ polite: 'failed', quick: 'completed', deaf: 'failed', after: 'pending' });
    expect(execution.node('deaf')).toMatchObject({ error: { code: 'CANCELLED' }, outcome: 'unknown' });
    expect(execution.eventsOf('node:retrying')).toEqual([]);
    expect(execution.state.history.map(({ type }) => type)).toEqual(['cancel']);
    await execution.advance(120_000);
    expect(execution.types.at(-1)).toBe('execution:cancelled');
  });

  it('is the error of whatever fails meanwhile, by its own error too', async () => {
    const rude: NodeType = {
      type: 'rude',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'pure',
      execute: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(Object.assign(new Error('own'), { code: 'OWN' })));
        }),
    };
    const execution = await started([{ id: 'a', type: 'rude' }], [], {}, { types: [rude] });
    await execution.command(CANCEL);
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    expect(execution.state.status).toBe('cancelled');
  });

  it('while the config of an external node is being put together writes no intent', async () => {
    const execution = new DrivenExecution({
      nodes: [effect('a', 10, { config: { n: '{{ $sum([1, 2]) }}' } })],
    }).start();
    execution.driver.command(CANCEL);
    await execution.run();
    expect(execution.eventsOf('node:started')).toEqual([]);
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    expect(execution.node('a').outcome).toBeUndefined();
  });

  it('sets no timer above 10 s, however long the grace', async () => {
    const execution = await started(
      [{ ...work('a', 0), type: 'deaf' }],
      [],
      {},
      {
        cancelGraceMs: 25_000,
        types: [
          {
            type: 'deaf',
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
    await execution.command(CANCEL);
    await execution.run();
    expect(execution.elapsed).toBe(25_000);
    expect(execution.scheduler.longestTimer).toBeLessThanOrEqual(10_000);
  });

  it('leaves one between attempts failed with its last error', async () => {
    const execution = await started([
      { ...value('a'), config: { fail: { code: 'BROKEN' } }, retryPolicy: { maxRetries: 3, initialDelay: 5000 } },
    ]);
    await execution.command(CANCEL);
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } });
  });

  it('of a pending one ends it before it ran', async () => {
    const execution = new DrivenExecution({ nodes: [value('a')] }, { events: [createdEvent()] });
    await execution.command(CANCEL);
    await execution.run();
    expect(execution.types).toEqual(['execution:created', 'execution:cancelled']);
  });

  it('again changes nothing; another command meanwhile is a CONFLICT', async () => {
    const execution = await started([work('a', 60_000, { stubborn: true })]);
    await execution.command(CANCEL);
    expect(await execution.command(CANCEL)).toBe(false);
    expect(await codeOf(execution.command(PAUSE))).toBe('CONFLICT');
    expect(await codeOf(execution.command(RESUME))).toBe('CONFLICT');
    expect(await codeOf(execution.command({ kind: 'end', then: 'failed' }))).toBe('CONFLICT');
    await execution.run();
    expect(await execution.command(CANCEL)).toBe(false);
    expect(await codeOf(execution.command({ kind: 'end', then: 'completed' }))).toBe('INVALID_TRANSITION');
  });

  it('while a pause waits for nodes wins over it', async () => {
    const execution = await started([work('a', 60_000), value('b')], [edge('a', 'b')]);
    await execution.command(PAUSE);
    await execution.command(CANCEL);
    await execution.run();
    expect(execution.state.status).toBe('cancelled');
  });

  it('goes on over a crash: what ran is failed with CANCELLED and an unknown outcome', async () => {
    const execution = await started([{ ...effect('a', 60_000), config: { ms: 60_000, stubborn: true } }]);
    await execution.command(CANCEL);
    execution.crash();
    await execution.start().run();
    expect(execution.state.status).toBe('cancelled');
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' }, outcome: 'unknown' });
  });

  it('is remembered without an actor too', async () => {
    const execution = await started([sleep('a', 5000)]);
    await execution.command({ kind: 'end', then: 'cancelled' });
    expect(execution.state.history).toMatchObject([{ type: 'cancel' }]);
  });

  it('of a paused one needs no person any more, whatever it was paused for', async () => {
    const execution = await started([sleep('a', 5000)]);
    await execution.command(PAUSE);
    const paused = execution.events.at(-1) as JournalEvent & { type: 'execution:paused' };
    const events = [...execution.events.slice(0, -1), { ...paused, code: 'CRASH_LOOP' }];
    const again = new DrivenExecution({ nodes: [sleep('a', 5000)] }, { events });
    expect(attentionOf(again.state)).toBe('crash-loop');
    await again.command(CANCEL);
    expect(attentionOf(again.state)).toBeNull();
  });
});

/** The first event of a journal. */
function createdEvent(): JournalEvent {
  return {
    type: 'execution:created',
    timestamp: 1_700_000_000_000,
    workflowId: 'wf_test',
    workflowName: 'Test',
    revision: 1,
    trigger: { type: 'api' },
    context: {},
    labels: {},
    priority: 0,
  };
}

describe('an end by hand', () => {
  it('as completed aborts running nodes', async () => {
    const execution = await started([work('a', 60_000), value('b')], [edge('a', 'b')]);
    await execution.command({ kind: 'end', then: 'completed', actor: 'ann' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.statuses()).toEqual({ a: 'failed', b: 'pending' });
    expect(execution.state.history).toMatchObject([{ type: 'completed-by-hand', by: 'ann' }]);
  });

  it('as failed has the error that was given, else FAILED_BY_HAND', async () => {
    const given = await started([sleep('a', 5000)]);
    await given.command({ kind: 'end', then: 'failed', error: { code: 'MINE', message: 'mine' } });
    expect(given.state.error).toEqual({ code: 'MINE', message: 'mine' });
    const none = await started([work('a', 5000)]);
    await none.command({ kind: 'end', then: 'failed', reason: 'no good' });
    await none.run();
    expect(none.state.error).toEqual({ code: 'FAILED_BY_HAND', message: expect.any(String) as string });
  });

  it('of a paused one is immediate', async () => {
    const execution = await started([sleep('a', 5000)]);
    await execution.command(PAUSE);
    await execution.command({ kind: 'end', then: 'completed', actor: 'ann' });
    expect(execution.state.status).toBe('completed');
  });
});

describe('resume of a failed execution', () => {
  it('keeps what completed, runs failed nodes again as a new run with a new key and a fresh retry budget', async () => {
    const execution = await started(
      [
        value('a'),
        {
          ...effect('b', 0),
          config: { fail: { code: 'BROKEN', times: 3, effect: 'none' } },
          retryPolicy: { maxRetries: 1, initialDelay: 10 },
        },
        value('c'),
      ],
      [edge('a', 'b'), edge('b', 'c')],
    );
    await execution.run();
    expect(execution.state.status).toBe('failed');
    await execution.command({ kind: 'resume', actor: 'ben' });
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'completed', history: [{ type: 'resume', by: 'ben' }] });
    expect(execution.eventsOf('execution:resumed')).toMatchObject([{ reset: [{ nodeId: 'b', run: 2 }] }]);
    expect(execution.world.callsOf('b').map(({ run, attempt }) => [run, attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
    const keys = execution.world.callsOf('b').map(({ key }) => key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).toBe(keys[3]);
    expect(keys[0]).not.toBe(keys[2]);
    expect(execution.world.callsOf('a')).toHaveLength(1);
    expect(execution.state.error).toBeUndefined();
  });

  it('keeps the run and the key after an unknown outcome', async () => {
    const execution = await started([
      { ...effect('b', 0), config: { fail: { code: 'BROKEN', times: 1 } }, retryPolicy: { maxRetries: 0 } },
    ]);
    await execution.run();
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.world.callsOf('b').map(({ run, attempt }) => [run, attempt])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(new Set(execution.world.callsOf('b').map(({ key }) => key)).size).toBe(1);
  });

  it('decides anew what was skipped because of the failure, and leaves a handled failure as it is', async () => {
    const execution = await started(
      [
        { ...value('handled'), config: { fail: { code: 'H' } }, retryPolicy: { maxRetries: 0 } },
        value('rescue'),
        value('dead'),
        { ...value('b'), config: { fail: { code: 'B', times: 1 } }, retryPolicy: { maxRetries: 0 } },
        value('onError'),
        value('next'),
      ],
      [
        edge('handled', 'rescue', { type: 'error' }),
        edge('handled', 'dead'),
        edge('rescue', 'b'),
        edge('dead', 'onError'),
        edge('b', 'next'),
      ],
    );
    await execution.run();
    expect(execution.state.status).toBe('failed');
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.world.callsOf('handled')).toHaveLength(1);
    expect(execution.statuses()).toMatchObject({
      rescue: 'completed',
      dead: 'skipped',
      b: 'completed',
      next: 'completed',
    });
  });

  it('takes up the old due time of a node that waited, and the wait counts as no running time', async () => {
    const execution = await started([
      sleep('s', 8000),
      { ...work('b', 1000, { fail: { code: 'B', times: 1 } }), retryPolicy: { maxRetries: 0 } },
    ]);
    await execution.run();
    expect(execution.statuses()).toEqual({ s: 'pending', b: 'failed' });
    await execution.advance(2000);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.elapsed).toBe(8000);
    expect(execution.node('s')).toMatchObject({ outputs: { waited: 8000 } });
    expect(execution.state.clock.used).toBe(1000);
  });

  it('is refused for one that completed or was cancelled', async () => {
    const completed = await started([value('a')]);
    expect(await codeOf(completed.command(RESUME))).toBe('INVALID_TRANSITION');
    const cancelled = await started([sleep('a', 5000)]);
    await cancelled.command(CANCEL);
    expect(await codeOf(cancelled.command(RESUME))).toBe('INVALID_TRANSITION');
    expect(cancelled.left).toEqual({ wakeAt: null });
  });

  it('drops the variables that the failed run would have kept, and keeps those of completed nodes', async () => {
    const execution = await started(
      [
        { ...value('a'), config: { variables: { x: 1 } } },
        {
          ...value('b'),
          config: { fail: { code: 'B', times: 1 }, variables: { y: '{{ variables.x + 1 }}' } },
          retryPolicy: { maxRetries: 0 },
        },
      ],
      [edge('a', 'b')],
    );
    await execution.run();
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.variables).toEqual({ x: 1, y: 2 });
  });
});

describe('resume of a paused execution', () => {
  it('runs failed nodes again under continue, and decides anew what was skipped because of them', async () => {
    const execution = await started(
      [
        { ...value('a'), config: { fail: { code: 'B', times: 1 } }, retryPolicy: { maxRetries: 0 } },
        value('next'),
        sleep('s', 5000),
      ],
      [edge('a', 'next')],
      { errorHandling: 'continue' },
    );
    expect(execution.statuses()).toEqual({ a: 'failed', next: 'skipped', s: 'running' });
    await execution.command(PAUSE);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.statuses()).toEqual({ a: 'completed', next: 'completed', s: 'completed' });
  });
});

describe('resume', () => {
  it('of a pending execution starts it now', async () => {
    const execution = new DrivenExecution(
      { nodes: [value('a')] },
      {
        events: [{ ...createdEvent(), runAt: 1_800_000_000_000 } as JournalEvent],
      },
    );
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.eventsOf('execution:started')).toMatchObject([{ actor: 'ben' }]);
  });

  it('of a running one changes nothing', async () => {
    const execution = await started([work('a', 100)]);
    expect(await execution.command(RESUME)).toBe(false);
    await execution.run();
    expect(execution.world.callsOf('a')).toHaveLength(1);
  });
});

describe('a crash', () => {
  it('of a pure node runs it again as the same attempt', async () => {
    const execution = await started([work('a', 100)]);
    await execution.advance(50);
    execution.crash();
    await execution.start().run();
    expect(execution.world.callsOf('a').map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(execution.eventsOf('node:interrupted')).toEqual([]);
    expect(execution.state.status).toBe('completed');
  });

  it('of an external node with onInterrupted retry repeats it under the same key, and the clock stands in between', async () => {
    const execution = await started([effect('a', 100)]);
    await execution.advance(50);
    execution.crash();
    await execution.advance(60_000);
    await execution.start().run();
    expect(execution.world.callsOf('a').map(({ run, attempt }) => [run, attempt])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(new Set(execution.world.callsOf('a').map(({ key }) => key)).size).toBe(1);
    expect(execution.eventsOf('node:interrupted')).toMatchObject([
      { cause: 'crash', then: 'retry', startTime: execution.state.createdAt, endTime: execution.state.createdAt },
    ]);
    expect(execution.state.clock.used).toBe(100);
  });

  it('does not spend the retry budget', async () => {
    const execution = await started([
      {
        ...effect('a', 100),
        config: { ms: 100, fail: { code: 'B', times: 1 } },
        retryPolicy: { maxRetries: 1, initialDelay: 10 },
      },
    ]);
    for (let round = 0; round < 3; round += 1) {
      execution.crash();
      await execution.start().settle();
    }
    await execution.run();
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 5, failures: 1 });
  });

  it.each(['ask', 'probe'] as const)(
    'of an external node with onInterrupted %s pauses with OUTCOME_UNKNOWN and waits for a person',
    async (onInterrupted) => {
      const execution = await started([effect('a', 100, { onInterrupted }), value('b')], [edge('a', 'b')]);
      execution.crash();
      await execution.start().run();
      expect(execution.state).toMatchObject({ status: 'paused', pauseCode: 'OUTCOME_UNKNOWN' });
      expect(execution.eventsOf('execution:paused')).toMatchObject([{ code: 'OUTCOME_UNKNOWN', nodeId: 'a' }]);
      expect(execution.node('a')).toMatchObject({
        status: 'failed',
        outcome: 'unknown',
        error: { code: 'OUTCOME_UNKNOWN' },
      });
      expect(attentionOf(execution.state)).toBe('unknown');
      expect(execution.world.callsOf('a')).toHaveLength(1);
    },
  );

  it('of an asking node with an error edge goes on at the resume, under the same key', async () => {
    const execution = await started(
      [effect('a', 100, { onInterrupted: 'ask' }), value('b'), value('rescue')],
      [edge('a', 'b'), edge('a', 'rescue', { type: 'error' })],
    );
    execution.crash();
    await execution.start().run();
    expect(execution.state.status).toBe('paused');
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', rescue: 'skipped' });
    expect(new Set(execution.world.callsOf('a').map(({ key }) => key)).size).toBe(1);
  });

  it('lets a failure under stop win over a node that asks', async () => {
    const nodes = [
      effect('a', 1000, { onInterrupted: 'ask' }),
      { ...work('b', 100, { fail: { code: 'BROKEN' } }), retryPolicy: { maxRetries: 0 } },
    ];
    const execution = await started(nodes);
    await execution.advance(100);
    execution.crash();
    await execution.start().run();
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'BROKEN' } });
    expect(execution.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown' });
  });

  it('after two failures ends with the first of them', async () => {
    const nodes = [
      { ...work('second', 100, { fail: { code: 'SECOND' } }), retryPolicy: { maxRetries: 0 } },
      { ...work('first', 50, { fail: { code: 'FIRST' } }), retryPolicy: { maxRetries: 0 } },
      { ...work('third', 150, { fail: { code: 'THIRD' } }), retryPolicy: { maxRetries: 0 } },
      work('slow', 1000),
    ];
    const execution = await started(nodes);
    await execution.advance(200);
    execution.crash();
    await execution.start().run();
    expect(execution.state.error).toMatchObject({ code: 'FIRST', failedNodeId: 'first' });
  });

  it('while a node waits or is between attempts leaves its due time as it is', async () => {
    const execution = await started([
      sleep('s', 5000),
      { ...value('r'), config: { fail: { code: 'B', times: 1 } }, retryPolicy: { maxRetries: 1, initialDelay: 7000 } },
    ]);
    await execution.advance(3000);
    execution.crash();
    await execution.start().run();
    expect(execution.elapsed).toBe(7000);
    expect(execution.node('s').endTime).toBe(execution.state.createdAt + 5000);
  });

  it('before the creation was committed leaves nothing', async () => {
    const execution = new DrivenExecution({ nodes: [value('a')] }).start();
    execution.crash();
    await execution.settle();
    expect(execution.events).toEqual([]);
  });
});

describe('a driver', () => {
  it('that is started twice does nothing twice', async () => {
    const execution = await started([effect('a', 100), sleep('s', 5000)]);
    execution.driver.start();
    await execution.run();
    expect(execution.eventsOf('node:interrupted')).toEqual([]);
    expect(execution.world.callsOf('a')).toHaveLength(1);
    expect(execution.state.status).toBe('completed');
  });

  it('that a command reaches before it was started takes up what the journal left open first', async () => {
    const execution = await started([effect('a', 100)]);
    execution.crash();
    await execution.command(CANCEL);
    await execution.run();
    expect(execution.state.status).toBe('cancelled');
    expect(execution.node('a').outcome).toBe('unknown');
  });

  it('takes no command once it has left memory', async () => {
    const execution = await started([value('a')]);
    const before = execution.events.length;
    expect(() => execution.driver.command(CANCEL)).toThrow(
      expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }) as Error,
    );
    await execution.settle();
    expect(execution.events).toHaveLength(before);
  });

  it('never writes an event that is older than the one before it', async () => {
    const execution = await started([sleep('s', 3000)]);
    await execution.advance(50);
    await execution.command(PAUSE);
    execution.scheduler.block(-40);
    await execution.command(RESUME);
    await execution.run();
    const times = execution.events.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(execution.eventsOf('execution:resumed')[0]?.timestamp).toBe(execution.state.createdAt + 50);
    expect(execution.state.status).toBe('completed');
  });

  it('says what runs', async () => {
    const execution = await started([work('a', 100), effect('b', 100)]);
    expect(execution.driver.running().map(({ node, run, attempt }) => [node.id, run, attempt])).toEqual([
      ['a', 1, 1],
      ['b', 1, 1],
    ]);
  });

  it('that was abandoned aborts its nodes and writes nothing more, whatever they still say', async () => {
    const checkpoints: Promise<void>[] = [];
    const late: NodeType = {
      type: 'late',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'external',
      execute: (context) =>
        new Promise((resolve) => {
          context.signal.addEventListener('abort', () => {
            checkpoints.push(context.checkpoint({ at: 'the end' }));
            context.log('info', 'late');
            resolve({ outputs: {} });
          });
        }),
    };
    const execution = await started([{ id: 'a', type: 'late' }], [], {}, { types: [late] });
    const before = execution.events.length;
    execution.driver.abandon();
    await execution.advance(1000);
    expect(checkpoints).toHaveLength(1);
    expect(execution.events).toHaveLength(before);
    expect(execution.logs).toEqual([]);
  });

  it('hears no checkpoint of an attempt that has ended', async () => {
    let tell = () => Promise.resolve();
    const late: NodeType = {
      type: 'late',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'pure',
      timeout: 100,
      execute: (context) => {
        tell = () => context.checkpoint(1);
        return new Promise(() => {});
      },
    };
    const execution = await started(
      [{ id: 'a', type: 'late', retryPolicy: { maxRetries: 0 } }],
      [],
      {},
      { types: [late] },
    );
    await execution.run();
    const before = execution.events.length;
    void tell();
    await execution.settle();
    expect(execution.events).toHaveLength(before);
    expect(execution.faults).toEqual([]);
  });
});

describe('a checkpoint of a node', () => {
  it('resolves after its commit and comes back in the next attempt, also after a crash', async () => {
    const seen: unknown[] = [];
    const steps: NodeType = {
      type: 'steps',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'external',
      execute: async (context) => {
        seen.push(context.lastCheckpoint);
        if (context.lastCheckpoint) return { outputs: { from: context.lastCheckpoint } };
        const state = { page: 7 };
        await context.checkpoint(state);
        state.page = 8;
        return new Promise(() => {});
      },
    };
    const execution = await started([{ id: 'a', type: 'steps' }], [], {}, { types: [steps] });
    expect(execution.eventsOf('node:checkpoint')).toMatchObject([{ nodeId: 'a', run: 1, state: { page: 7 } }]);
    expect(execution.driver.state.nodes.get('a')?.checkpoint).toEqual({ page: 7 });
    execution.crash();
    await execution.start().run();
    expect(seen).toEqual([undefined, { page: 7 }]);
    expect(execution.node('a').outputs).toEqual({ from: { page: 7 } });
  });

  it.each([
    ['larger than 64 KiB', 'CHECKPOINT_TOO_LARGE', 'x'.repeat(70_000)],
    ['that JSON cannot hold', 'UNSTORABLE', { n: 1n }],
  ])('%s is refused with %s', async (_, code, state) => {
    const big: NodeType = {
      type: 'big',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'pure',
      execute: async (context) => {
        await context.checkpoint(state as never);
        return { outputs: {} };
      },
    };
    const execution = await started(
      [{ id: 'a', type: 'big', retryPolicy: { maxRetries: 0 } }],
      [],
      {},
      { types: [big] },
    );
    await execution.run();
    expect(execution.node('a').error?.code).toBe(code);
  });
});

describe('a shutdown', () => {
  it('starts nothing more, lets what runs end, and leaves the rest to the next start', async () => {
    const execution = await started([work('a', 100), value('b')], [edge('a', 'b')]);
    execution.driver.drain();
    await execution.advance(100);
    expect(execution.left).toEqual({ wakeAt: execution.state.createdAt + 100 });
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'pending' });
    await execution.start().run();
    expect(execution.state.status).toBe('completed');
    expect(execution.world.callsOf('a')).toHaveLength(1);
  });

  it.each([
    ['retry', 'completed'],
    ['ask', 'paused'],
  ] as const)(
    'cuts off what does not end in time; an external node goes by onInterrupted %s',
    async (onInterrupted, then) => {
      const execution = await started([effect('a', 1000, { onInterrupted }), work('p', 1000)]);
      await execution.advance(100);
      execution.driver.drain();
      await execution.advance(100);
      execution.driver.interrupt();
      await execution.settle();
      expect(execution.left).toEqual({ wakeAt: execution.state.createdAt + 200 });
      expect(execution.eventsOf('node:interrupted')).toMatchObject([
        { nodeId: 'a', cause: 'shutdown', then: onInterrupted, endTime: execution.state.createdAt + 200 },
      ]);
      await execution.start().run();
      expect(execution.state.status).toBe(then);
    },
  );

  it('leaves at once when nothing runs', async () => {
    const execution = await started([sleep('s', 5000)]);
    execution.driver.drain();
    await execution.settle();
    expect(execution.left).toEqual({ wakeAt: execution.state.createdAt });
    await execution.start().run();
    expect(execution.elapsed).toBe(5000);
  });
});

describe('an end by the engine itself', () => {
  const error = { code: 'UNSTORABLE', message: 'no' };

  it('begins and fails in one go, and says of an external attempt in hand that its outcome is unknown', async () => {
    const execution = await started([effect('a', 1000), sleep('s', 5000)]);
    execution.driver.failWith(error);
    await execution.settle();
    expect(execution.state).toMatchObject({ status: 'failed', error });
    expect(execution.statuses()).toEqual({ a: 'pending', s: 'pending' });
    expect(execution.node('a').outcome).toBe('unknown');
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(new Set(execution.world.callsOf('a').map(({ key }) => key)).size).toBe(1);
  });

  it('says the same of an attempt that another process has left', async () => {
    const execution = await started([effect('a', 1000, { onInterrupted: 'ask' })]);
    execution.crash();
    execution.load().driver.failWith(error);
    await execution.settle();
    expect(execution.state).toMatchObject({ status: 'failed', error });
    expect(execution.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown' });
    expect(attentionOf(execution.state)).toBe('unknown');
  });

  it('starts a pending one first', async () => {
    const execution = new DrivenExecution({ nodes: [value('a')] }, { events: [createdEvent()] });
    execution.load().driver.failWith(error);
    await execution.settle();
    expect(execution.types).toEqual(['execution:created', 'execution:started', 'execution:failed']);
  });

  it('changes nothing about one that has ended', async () => {
    const execution = await started([value('a')]);
    await execution.run();
    const { events } = execution;
    const again = new DrivenExecution({ nodes: [value('a')] }, { events });
    again.load().driver.failWith(error);
    await again.settle();
    expect(again.events).toEqual(events);
  });
});

describe('the log of an execution', () => {
  it('has a line for each command, retry and failure, and none for each node', async () => {
    const execution = await started([
      value('quiet'),
      { ...value('a'), config: { fail: { code: 'B' } }, retryPolicy: { maxRetries: 1, initialDelay: 1000 } },
    ]);
    await execution.command(PAUSE);
    await execution.command(RESUME);
    await execution.run();
    expect(execution.logs).toEqual([
      'Attempt 1 failed with B: a failed; the next one follows in 1000 ms',
      'Paused by ann: lunch',
      'Resumed by ben',
      'Failed with B: a failed',
      'The execution failed with B: a failed',
    ]);
  });

  it('has more with settings.verboseLogging', async () => {
    const execution = await started([value('a'), value('off', { enabled: false })], [], { verboseLogging: true });
    await execution.run();
    expect(execution.logs).toEqual(['Started', 'Completed', 'Skipped (disabled)']);
  });

  it('says with verboseLogging what each node was given and gave, secrets masked', async () => {
    const execution = await started(
      [value('a', { config: { give: { password: 'hush', x: 1 } } }), value('b')],
      [edge('a', 'b')],
      { verboseLogging: true },
    );
    await execution.run();
    expect(execution.logEntries.map(({ nodeId, message, data }) => [nodeId, message, data])).toMatchObject([
      ['a', 'Started', { attempt: 1, inputs: {} }],
      ['a', 'Completed', { outputs: { password: '***', x: 1 } }],
      ['b', 'Started', { attempt: 1, inputs: { password: '***', x: 1 } }],
      ['b', 'Completed', {}],
    ]);
  });

  it('shows no secrets of what a node says', async () => {
    const said = { headers: { Authorization: 'Bearer hush' }, n: 1 };
    const teller: NodeType = {
      type: 'teller',
      name: '',
      category: '',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'pure',
      execute(context) {
        context.log('warn', 'calls http://ann:hush@shop/', said);
        return { outputs: {} };
      },
    };
    const execution = await started([{ id: 'a', type: 'teller' }], [], {}, { types: [teller] });
    expect(execution.logEntries).toMatchObject([
      { level: 'warn', message: 'calls http://***@shop/', data: { headers: { Authorization: '***' }, n: 1 } },
    ]);
  });

  it('has a line for a start and an end by hand too', async () => {
    const execution = new DrivenExecution({ nodes: [sleep('s', 60_000)] }, { events: [createdEvent()] });
    await execution.load().command({ kind: 'resume', commandId: 'c1' });
    await execution.command({ kind: 'end', then: 'completed', actor: 'ann', commandId: 'c2' });
    expect(execution.logs).toEqual(['Started', 'Ended as completed by ann']);
    const failed = await started([sleep('s', 60_000)]);
    const error = { code: 'WRONG', message: 'it is' };
    await failed.command({ kind: 'end', then: 'failed', error, actor: 'ann', reason: 'late' });
    expect(failed.logEntries).toMatchObject([
      { message: 'The execution failed with WRONG: it is (by ann)', data: { actor: 'ann', reason: 'late' } },
    ]);
    expect(execution.state.history).toMatchObject([{ type: 'start' }, { type: 'completed-by-hand', by: 'ann' }]);
  });
});
