import type {
  EdgeDefinition,
  NodeDefinition,
  RetryPolicyDefinition,
  WorkflowSettings,
} from '../definition/workflow-definition.js';
import { nodeHistory } from '../journal/node-history.js';
import { NodeError } from '../errors.js';
import type { NodeOutput, NodeType } from '../ports.js';
import { DrivenExecution, type DrivenOptions } from '../testing/driven-execution.js';
import type { TestNodeConfig } from '../testing/test-node-types.js';

const run = (nodes: NodeDefinition[], settings?: WorkflowSettings, edges?: EdgeDefinition[], options?: DrivenOptions) =>
  DrivenExecution.run({ nodes, settings, edges }, options);

/** A node that fails as it is told. */
const failing = (
  retryPolicy: RetryPolicyDefinition,
  fail: TestNodeConfig['fail'] = { code: 'BROKEN' },
): NodeDefinition => ({
  id: 'a',
  type: 'value',
  config: { fail },
  retryPolicy,
});

/** A type whose execution never ends by itself. */
const endless = (effect: NodeType['effect'], more: Partial<NodeType> = {}): NodeType => ({
  type: 'endless',
  name: 'endless',
  category: 'test',
  description: '',
  version: '1.0.0',
  configSchema: {},
  effect,
  execute: () => new Promise(() => {}),
  ...more,
});

describe('a retry', () => {
  const pauses = (execution: DrivenExecution) => execution.eventsOf('node:retrying').map(({ delay }) => delay);

  it.each([
    ['fixed', [100, 100, 100, 100]],
    ['linear', [100, 200, 300, 350]],
    ['exponential', [100, 200, 350, 350]],
  ] as const)(
    'by retryPolicy.backoff %s pauses for %j ms from retryPolicy.initialDelay on, never above retryPolicy.maxDelay',
    async (backoff, expected) => {
      const execution = await run([failing({ maxRetries: 4, backoff, initialDelay: 100, maxDelay: 350 })]);
      expect(pauses(execution)).toEqual(expected);
      const starts = execution.world.callsOf('a').map(({ at }) => at);
      expect(starts.slice(1).map((at, index) => at - (starts[index] ?? 0))).toEqual(expected);
      expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 5 });
    },
  );

  it('with retryPolicy.jitter pauses between half and the whole, and not always the same', async () => {
    const nodes = Array.from({ length: 20 }, (_, index) => ({
      ...failing({ maxRetries: 3, backoff: 'linear', initialDelay: 1000, jitter: true }),
      id: `n${index}`,
    }));
    const execution = await run(nodes, { errorHandling: 'continue' });
    const seen = execution.eventsOf('node:retrying');
    for (const { attempt, delay } of seen) {
      expect(delay).toBeGreaterThanOrEqual(attempt * 500);
      expect(delay).toBeLessThanOrEqual(attempt * 1000);
    }
    expect(new Set(seen.filter(({ attempt }) => attempt === 1).map(({ delay }) => delay)).size).toBeGreaterThan(10);
    const share = ({ attempt, delay }: { attempt: number; delay: number }) => Math.round(delay / attempt);
    const ofOneNode = seen.filter(({ nodeId }) => nodeId === 'n0').map(share);
    expect(new Set(ofOneNode).size).toBe(ofOneNode.length);
  });

  it('succeeds in the end, and each attempt is in the journal', async () => {
    const execution = await run([failing({ maxRetries: 3, initialDelay: 100 }, { code: 'BROKEN', times: 2 })]);
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 3 });
    expect(execution.eventsOf('node:retrying')).toMatchObject([
      { attempt: 1, error: { code: 'BROKEN' }, until: execution.state.createdAt + 100 },
      { attempt: 2, error: { code: 'BROKEN' }, until: execution.state.createdAt + 200 },
    ]);
    expect(execution.node('a').error).toBeUndefined();
  });

  it('merges policies field by field: node.retryPolicy over settings.retryPolicy over that of the type', async () => {
    const type = endless('pure', {
      execute: () => {
        throw Object.assign(new Error('no'), { code: 'OWN' });
      },
      retry: { maxAttempts: 2, backoff: 'linear', initialDelay: 100, maxDelay: 1000 },
    });
    const execution = await run(
      [{ id: 'a', type: 'endless', retryPolicy: { initialDelay: 10 } }],
      { retryPolicy: { maxRetries: 3 } },
      [],
      { types: [type] },
    );
    expect(pauses(execution)).toEqual([10, 20, 30]);
  });

  it.each<[string, RetryPolicyDefinition]>([
    ['retryPolicy.maxRetries and retryPolicy.backoff', { maxRetries: 2, backoff: 'linear' }],
    ['retryPolicy.maxAttempts and retryPolicy.backoffStrategy', { maxAttempts: 3, backoffStrategy: 'linear' }],
  ])('is made as often and late as %s say, of a node or of the settings', async (_, policy) => {
    const ofNode = await run([failing({ ...policy, initialDelay: 100 })]);
    const ofSettings = await run([{ id: 'a', type: 'value', config: { fail: { code: 'BROKEN' } } }], {
      retryPolicy: { ...policy, initialDelay: 100 },
    });
    for (const execution of [ofNode, ofSettings]) {
      expect(pauses(execution)).toEqual([100, 200]);
      expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 3 });
    }
  });

  it('is two attempts a second apart where nothing is said', async () => {
    const execution = await run([{ id: 'a', type: 'value', config: { fail: { code: 'BROKEN' } } }]);
    expect(pauses(execution)).toEqual([1000]);
  });

  it.each([
    [['BROKEN'], {}, true],
    [['OTHER'], {}, false],
    [['connection reset'], { message: 'the connection reset by peer' }, true],
    [['503'], { status: 503 }, true],
    [['503'], { status: 500, message: 'answered 503' }, false],
    [['50'], { status: 503 }, false],
    [['503'], { code: '503' }, false],
  ])('goes by retryPolicy.retryableErrors %j for %j: %s', async (retryableErrors, more, retried) => {
    const execution = await run([
      failing({ maxRetries: 1, initialDelay: 10, retryableErrors }, { code: 'BROKEN', message: 'no', ...more }),
    ]);
    expect(execution.world.calls).toHaveLength(retried ? 2 : 1);
  });

  it.each(['INVALID_CONFIG', 'EXPRESSION_ERROR', 'INPUT_MISSING', 'INPUT_INVALID', 'SCRIPT_ERROR'])(
    'is not made of an error that cannot change by itself: %s',
    async (code) => {
      const execution = await run([failing({ maxRetries: 3, retryableErrors: [code] }, { code })]);
      expect(execution.world.calls).toHaveLength(1);
    },
  );

  it('respects Retry-After, above maxDelay too, up to a day', async () => {
    const longer = await run([
      failing({ maxRetries: 1, initialDelay: 10, maxDelay: 50 }, { code: 'B', retryAfterMs: 7000 }),
    ]);
    expect(pauses(longer)).toEqual([7000]);
    const shorter = await run([failing({ maxRetries: 1, initialDelay: 1000 }, { code: 'B', retryAfterMs: 200 })]);
    expect(pauses(shorter)).toEqual([1000]);
    const endlessly = await run([failing({ maxRetries: 1, initialDelay: 10 }, { code: 'B', retryAfterMs: 10 ** 10 })]);
    expect(pauses(endlessly)).toEqual([24 * 3_600_000]);
  });

  it('begins no attempt after retryPolicy.maxElapsed, waits included', async () => {
    const execution = await run([failing({ maxRetries: 10, backoff: 'fixed', initialDelay: 1000, maxElapsed: 3000 })]);
    expect(execution.world.calls).toHaveLength(4);
    expect(execution.elapsed).toBe(3000);
    const asked = await run([
      failing({ maxRetries: 10, initialDelay: 10, maxElapsed: 3000 }, { code: 'B', retryAfterMs: 4000 }),
    ]);
    expect(asked.world.calls).toHaveLength(1);
  });

  it('that was held up until after maxElapsed is none: the node fails with its last error', async () => {
    const execution = new DrivenExecution({
      nodes: [
        { ...failing({ maxRetries: 5, initialDelay: 1000, maxElapsed: 3000 }), type: 'effect' },
        { id: 'rescue', type: 'value', config: {} },
      ],
      edges: [
        { id: 'e', source: 'a', target: 'rescue', type: 'error', condition: "code = 'BROKEN' and $sum([1]) = 1" },
      ],
    }).start();
    await execution.settle();
    await execution.command({ kind: 'pause', mode: 'wait' });
    await execution.advance(3500);
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.world.callsOf('a')).toHaveLength(1);
    const [failed] = execution.eventsOf('node:failed');
    expect(failed).toMatchObject({ attempt: 1, error: { code: 'BROKEN', message: 'a failed' }, edges: { e: true } });
    expect(failed).toMatchObject({ outcome: 'unknown' });
    expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 1, failures: 1, outcome: 'unknown' });
    expect(execution.node('a').endTime).toBe(execution.state.createdAt);
    expect(execution.state).toMatchObject({ status: 'completed', clock: { used: 0 } });
    const events = execution.events.map((event, index) => ({ seq: index + 1, event }));
    const [history] = nodeHistory(events.filter(({ event }) => 'nodeId' in event && event.nodeId === 'a'));
    expect(history?.attempts).toMatchObject([{ attempt: 1, status: 'failed', duration: 0 }]);
    expect(history?.attempts[0]).not.toHaveProperty('retryAt');
  });

  it('far ahead leaves memory, and counts on after it', async () => {
    const execution = new DrivenExecution({
      nodes: [failing({ maxRetries: 2, initialDelay: 60_000 }, { code: 'BROKEN', times: 2 })],
    }).start();
    await execution.settle();
    expect(execution.left).toEqual({ wakeAt: execution.state.createdAt + 60_000 });
    await execution.run();
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 3 });
    expect(execution.elapsed).toBe(120_000);
  });

  it('of an external node uses the same key, and its own intent', async () => {
    const execution = await run([
      { ...failing({ maxRetries: 2, initialDelay: 10 }, { code: 'BROKEN', times: 2 }), type: 'effect' },
    ]);
    const keys = execution.world.calls.map(({ key }) => key);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^rt_[\w-]{43}$/);
    expect(execution.eventsOf('node:started').map(({ attempt, key }) => [attempt, key])).toEqual([
      [1, keys[0]],
      [2, keys[0]],
      [3, keys[0]],
    ]);
  });

  it('says whether the outcome of an external attempt is known', async () => {
    const unknown = await run([{ ...failing({ maxRetries: 0 }), type: 'effect' }]);
    expect(unknown.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown' });
    const known = await run([{ ...failing({ maxRetries: 0 }, { code: 'B', effect: 'none' }), type: 'effect' }]);
    expect(known.node('a').outcome).toBeUndefined();
    const pure = await run([failing({ maxRetries: 0 })]);
    expect(pure.node('a').outcome).toBeUndefined();
  });
});

describe('whatever an own node type throws', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  it.each([
    ['a text', 'text', 'NODE_ERROR'],
    ['nothing', undefined, 'NODE_ERROR'],
    ['an object without a prototype', Object.create(null) as unknown, 'NODE_ERROR'],
    ['an error with a code', Object.assign(new Error('m'), { code: 'MINE' }), 'MINE'],
    ['an error with a number as code', Object.assign(new Error('m'), { code: 7 }), 'NODE_ERROR'],
    ['details that JSON cannot hold', Object.assign(new Error('m'), { code: 'MINE', details: { big: 1n } }), 'MINE'],
    ['details that contain themselves', Object.assign(new Error('m'), { details: circular }), 'NODE_ERROR'],
    ['a message that is no text', Object.assign(new Error('m'), { message: { not: 'text' } }), 'NODE_ERROR'],
    [
      'an error whose message throws',
      Object.defineProperty(new Error('m'), 'message', {
        get() {
          throw new Error('inner');
        },
      }),
      'NODE_ERROR',
    ],
  ])('fails the node, with NODE_ERROR where it has no code: %s', async (_, thrown, code) => {
    for (const execute of [
      () => {
        throw thrown;
      },
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      () => Promise.reject(thrown),
    ]) {
      const execution = await run([{ id: 'a', type: 'endless', retryPolicy: { maxRetries: 0 } }], {}, [], {
        types: [endless('pure', { execute: execute as NodeType['execute'] })],
      });
      expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code } });
      expect(execution.state.status).toBe('failed');
    }
  });

  it.each([
    ['nothing', undefined],
    ['a number', 5],
    ['a port that is no text', { outputs: {}, port: 1n }],
    ['outputs with a BigInt', { outputs: { n: 1n } }],
  ])('or gives back is either outputs or its failure: %s', async (_, given) => {
    const execution = await run([{ id: 'a', type: 'endless', retryPolicy: { maxRetries: 0 } }], {}, [], {
      types: [endless('pure', { execute: () => given as never })],
    });
    expect(execution.state.status).toMatch(/completed|failed/);
    expect(execution.faults).toEqual([]);
  });

  it('or a promise of another library gives', async () => {
    const thenable = { then: (resolve: (value: unknown) => void) => resolve({ outputs: { x: 1 } }) };
    const execution = await run([{ id: 'a', type: 'endless' }], {}, [], {
      types: [endless('pure', { execute: () => thenable as never })],
    });
    expect(execution.node('a').outputs).toEqual({ x: 1 });
  });

  it.each([10, 1000, 100_000])('or throws at the end of a wait of %d ms, fails the node', async (ms) => {
    const execution = await run([{ id: 'a', type: 'endless', retryPolicy: { maxRetries: 0 } }], {}, [], {
      types: [
        endless('pure', {
          execute: ({ startTime }) => ({ wait: { for: 'delay', until: startTime + ms } }),
          completeWait: () => {
            throw new Error('broken');
          },
        }),
      ],
    });
    expect(execution.node('a')).toMatchObject({ status: 'failed', error: { code: 'NODE_ERROR', message: 'broken' } });
    expect(execution.faults).toEqual([]);
  });
});

describe('the timeout of a node (node.timeout)', () => {
  it('limits one attempt with TIMEOUT; it is retried, and its outcome is unknown when it is external', async () => {
    const execution = await run([
      {
        id: 'a',
        type: 'effect',
        config: { ms: 1000, stubborn: true },
        timeout: 200,
        retryPolicy: { maxRetries: 1, initialDelay: 50 },
      },
    ]);
    expect(execution.eventsOf('node:retrying')).toMatchObject([{ error: { code: 'TIMEOUT' }, outcome: 'unknown' }]);
    expect(execution.node('a')).toMatchObject({
      status: 'failed',
      attempt: 2,
      error: { code: 'TIMEOUT' },
      outcome: 'unknown',
    });
    expect(execution.elapsed).toBe(450);
  });

  it.each([
    [100, 300, 100],
    [300, 100, 100],
    [undefined, 100, 100],
    [100, undefined, 100],
    [undefined, undefined, 777],
  ])('is the smaller one of the node (%s) and its config (%s), else that of the type', async (node, config, limit) => {
    const execution = await run(
      [{ id: 'a', type: 'endless', timeout: node, config: { timeout: config }, retryPolicy: { maxRetries: 0 } }],
      {},
      [],
      { types: [endless('pure', { timeout: 777 })] },
    );
    expect(execution.node('a').error?.code).toBe('TIMEOUT');
    expect(execution.elapsed).toBe(limit);
  });

  it('does not count the config of a type that keeps that limit itself', async () => {
    const types = [endless('pure', { keepsTimeout: true })];
    const nodes = [
      { id: 'a', type: 'endless', timeout: 300, config: { timeout: 100 }, retryPolicy: { maxRetries: 0 } },
    ];
    const execution = await run(nodes, {}, [], { types });
    expect(execution.node('a').error?.code).toBe('TIMEOUT');
    expect(execution.elapsed).toBe(300);
  });

  it('is not followed by another attempt where the type says that its error is final', async () => {
    const types = [endless('pure', { finalErrors: ['TIMEOUT'] })];
    const retryPolicy = { maxRetries: 5, retryableErrors: ['TIMEOUT'] };
    const execution = await run([{ id: 'a', type: 'endless', timeout: 100, retryPolicy }], {}, [], { types });
    expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'TIMEOUT' } });
  });

  it('aborts the signal, and what the node says afterwards is not heard', async () => {
    const execution = await run([
      { id: 'a', type: 'work', config: { ms: 1000 }, timeout: 100, retryPolicy: { maxRetries: 0 } },
    ]);
    await execution.advance(5000);
    expect(execution.world.acting).toBe(0);
    expect(execution.eventsOf('node:completed')).toEqual([]);
  });

  it('waits for what a type says that answers an abort, three seconds at most', async () => {
    const answering = (answer: (resolve: (value: NodeOutput) => void, reject: (error: Error) => void) => void) =>
      endless('external', {
        answersAbort: true,
        execute: ({ signal }) =>
          new Promise((resolve, reject) => {
            signal.addEventListener('abort', () => answer(resolve, reject));
          }),
      });
    const ended = (type: NodeType) =>
      run([{ id: 'a', type: 'endless', timeout: 100, retryPolicy: { maxRetries: 0 } }], {}, [], { types: [type] });

    const undone = await ended(
      answering((_, reject) => reject(new NodeError('TIMEOUT', 'rolled back', { effect: 'none' }))),
    );
    expect(undone.node('a')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', message: 'rolled back' } });
    expect(undone.node('a').outcome).toBeUndefined();
    const done = await ended(answering((resolve) => resolve({ outputs: { late: true } })));
    expect(done.node('a')).toMatchObject({ status: 'completed', outputs: { late: true } });
    const silent = await ended(answering(() => undefined));
    expect(silent.node('a')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' }, outcome: 'unknown' });
    expect([undone.elapsed, done.elapsed, silent.elapsed]).toEqual([100, 100, 3100]);
  });

  it('does not run while the node waits', async () => {
    const execution = await run([{ id: 'a', type: 'sleep', config: { ms: 5000 }, timeout: 100 }]);
    expect(execution.node('a').status).toBe('completed');
  });
});

describe('the timeout of an execution (settings.timeout)', () => {
  it('aborts what runs and fails with EXECUTION_TIMEOUT, whatever errorHandling and error edges say', async () => {
    const execution = await run(
      [
        { id: 'a', type: 'work', config: { ms: 5000, stubborn: true } },
        { id: 'b', type: 'effect', config: { ms: 5000 } },
        { id: 'rescue', type: 'value' },
      ],
      { timeout: 1000, errorHandling: 'continue' },
      [{ id: 'e', source: 'a', target: 'rescue', type: 'error' }],
    );
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'EXECUTION_TIMEOUT' } });
    expect(execution.statuses()).toEqual({ a: 'failed', b: 'failed', rescue: 'pending' });
    expect(execution.node('b')).toMatchObject({ error: { code: 'EXECUTION_TIMEOUT' }, outcome: 'unknown', attempt: 1 });
    expect(execution.elapsed).toBe(1000);
  });

  it('counts only while at least one node runs: not waits, retries and pauses', async () => {
    const execution = new DrivenExecution({
      nodes: [
        { id: 'w1', type: 'work', config: { ms: 400 } },
        { id: 'sleep', type: 'sleep', config: { ms: 5000 } },
        {
          id: 'again',
          type: 'value',
          config: { fail: { code: 'B', times: 1 } },
          retryPolicy: { initialDelay: 20_000 },
        },
        { id: 'w2', type: 'work', config: { ms: 400 } },
      ],
      edges: [
        { id: 'e1', source: 'w1', target: 'sleep' },
        { id: 'e2', source: 'sleep', target: 'again' },
        { id: 'e3', source: 'again', target: 'w2' },
      ],
      settings: { timeout: 1000 },
    }).start();
    await execution.advance(100);
    await execution.command({ kind: 'pause', mode: 'wait' });
    await execution.advance(60_000);
    expect(execution.state.status).toBe('paused');
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.state.clock.used).toBe(800);
  });

  it('adds up over several stretches, and over several nodes at once only once', async () => {
    const execution = await run(
      [
        { id: 'a1', type: 'work', config: { ms: 400 } },
        { id: 'a2', type: 'work', config: { ms: 300 } },
        { id: 'sleep', type: 'sleep', config: { ms: 1000 } },
        { id: 'b', type: 'work', config: { ms: 5000 } },
      ],
      { timeout: 1000 },
      [
        { id: 'e1', source: 'a1', target: 'sleep' },
        { id: 'e2', source: 'sleep', target: 'b' },
      ],
    );
    expect(execution.state.error?.code).toBe('EXECUTION_TIMEOUT');
    expect(execution.elapsed).toBe(400 + 1000 + 600);
  });

  it('is the error also when a node failed before it', async () => {
    const execution = await run(
      [
        { id: 'b', type: 'work', config: { ms: 5000 } },
        { id: 'a', type: 'value', config: { fail: { code: 'FIRST' } }, retryPolicy: { maxRetries: 0 } },
      ],
      { timeout: 1000 },
    );
    expect(execution.state.error?.code).toBe('EXECUTION_TIMEOUT');
  });

  it('ends although an error edge is just being decided', async () => {
    const slowCondition = '$reduce([1..50], function($i, $j) { $i + $j }) > 0';
    const execution = await run(
      [
        { id: 'a', type: 'work', config: { ms: 1000 } },
        { id: 'b', type: 'work', config: { ms: 1000 } },
        { id: 'rescue', type: 'value' },
      ],
      { timeout: 1000 },
      ['a', 'b'].map((source) => ({
        id: `e${source}`,
        source,
        target: 'rescue',
        type: 'error' as const,
        condition: slowCondition,
      })),
    );
    expect(execution.hasEnded).toBe(true);
  });

  it('holds after a crash too', async () => {
    const execution = new DrivenExecution({
      nodes: [{ id: 'a', type: 'effect', config: { ms: 5000 } }],
      settings: { timeout: 1000, errorHandling: 'continue' },
    }).start();
    await execution.advance(1000);
    const events = execution.events;
    const failed = events.findIndex(({ type }) => type === 'node:failed');
    const again = new DrivenExecution(
      {
        nodes: [{ id: 'a', type: 'effect', config: { ms: 5000 } }],
        settings: { timeout: 1000, errorHandling: 'continue' },
      },
      { events: events.slice(0, failed + 1) },
    );
    await again.start().run();
    expect(again.state).toMatchObject({ status: 'failed', error: { code: 'EXECUTION_TIMEOUT' } });
  });

  it('lets a node that it cut short run again at the resume, although an error edge leads from it', async () => {
    const workflow = {
      nodes: [
        { id: 'a', type: 'work', config: { ms: 700 } },
        { id: 'b', type: 'work', config: { ms: 700 } },
        { id: 'rescue', type: 'value' },
      ],
      edges: [
        { id: 'e', source: 'a', target: 'b' },
        { id: 'f', source: 'b', target: 'rescue', type: 'error' as const },
      ],
      settings: { timeout: 1000 },
    };
    const execution = await DrivenExecution.run(workflow);
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'failed', rescue: 'pending' });
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', rescue: 'skipped' });
  });

  it('begins anew when the failed execution is resumed', async () => {
    const execution = new DrivenExecution({
      nodes: [
        { id: 'a', type: 'work', config: { ms: 700 } },
        { id: 'b', type: 'work', config: { ms: 700 } },
      ],
      edges: [{ id: 'e', source: 'a', target: 'b' }],
      settings: { timeout: 1000 },
    });
    await execution.start().run();
    expect(execution.state.error?.code).toBe('EXECUTION_TIMEOUT');
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });
});

describe('an external node', () => {
  it('acts only after its intent and everything before it are committed, and the lease is confirmed', async () => {
    const execution = new DrivenExecution({
      nodes: [
        { id: 'a', type: 'value', config: { give: { x: 1 } } },
        { id: 'b', type: 'effect', config: { token: 'secret', amount: '{{ inputs.x }}' } },
      ],
      edges: [{ id: 'e', source: 'a', target: 'b' }],
    });
    const steps: string[] = [];
    execution.confirmLease = () => {
      steps.push(`lease after ${execution.types.at(-1)}`);
      return Promise.resolve();
    };
    execution.world.onCall = ({ nodeId }) => {
      if (nodeId === 'b') steps.push(`acts after ${execution.types.join(' ')}`);
    };
    await execution.start().run();
    expect(steps).toEqual([
      'lease after node:started',
      'acts after execution:created execution:started node:completed node:started',
    ]);
    expect(execution.eventsOf('node:started')).toMatchObject([
      {
        nodeId: 'b',
        run: 1,
        attempt: 1,
        instance: 'i1',
        key: execution.world.callsOf('b')[0]?.key,
        config: { amount: 1 },
      },
    ]);
    expect(JSON.stringify(execution.eventsOf('node:started'))).not.toContain('secret');
  });

  it('does not act while nothing can be committed', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'b', type: 'effect', config: {} }] });
    execution.journal.script = () => 'lost-before';
    await execution.start().advance(30_000);
    expect(execution.world.calls).toEqual([]);
    execution.journal.script = undefined;
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('shares a commit with the outcome before it', async () => {
    const nodes = Array.from({ length: 4 }, (_, index) => ({ id: `n${index}`, type: 'effect', config: {} }));
    const edges = [0, 1, 2].map((index) => ({ id: `e${index}`, source: `n${index}`, target: `n${index + 1}` }));
    const execution = await run(nodes, {}, edges);
    expect(execution.journal.sent).toHaveLength(nodes.length + 1);
  });

  it('does not act any more when it was cancelled while its intent was being written', async () => {
    const execution = new DrivenExecution({ nodes: [{ id: 'b', type: 'effect', config: {} }] });
    let confirm = () => {};
    execution.confirmLease = () =>
      new Promise((resolve) => {
        confirm = resolve;
      });
    await execution.start().settle();
    await execution.command({ kind: 'end', then: 'cancelled' });
    confirm();
    await execution.run();
    expect(execution.world.calls).toEqual([]);
    expect(execution.node('b')).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    expect(execution.node('b').outcome).toBeUndefined();
  });
});

describe('a chain of pure nodes', () => {
  it('is one commit, creation and end together', async () => {
    const nodes = Array.from({ length: 10 }, (_, index) => ({ id: `n${index}`, type: 'value', config: {} }));
    const edges = nodes.slice(1).map(({ id }, index) => ({ id: `e${index}`, source: `n${index}`, target: id }));
    const execution = await run(nodes, {}, edges);
    expect(execution.journal.sent).toHaveLength(1);
    expect(execution.events).toHaveLength(13);
  });

  it('may be 10,000 nodes long', async () => {
    const nodes = Array.from({ length: 10_000 }, (_, index) => ({ id: `n${index}`, type: 'value', config: {} }));
    const edges = nodes.slice(1).map(({ id }, index) => ({ id: `e${index}`, source: `n${index}`, target: id }));
    const execution = await run(nodes, {}, edges);
    expect(execution.state).toMatchObject({ status: 'completed', counts: { completed: 10_000 } });
  });

  it('gives its turn away every few milliseconds', async () => {
    const nodes = Array.from({ length: 10 }, (_, index) => ({ id: `n${index}`, type: 'value', config: {} }));
    const execution = new DrivenExecution({ nodes });
    let turns = 0;
    const defer = execution.scheduler.defer.bind(execution.scheduler);
    execution.scheduler.defer = (callback) => {
      turns += 1;
      defer(callback);
    };
    execution.world.onCall = () => execution.scheduler.block(3);
    await execution.start().run();
    expect(execution.state.status).toBe('completed');
    expect(turns).toBeGreaterThan(4);
  });

  it('waits while the queue of the journal is full', async () => {
    const execution = new DrivenExecution(
      {
        nodes: Array.from({ length: 20 }, (_, index) => ({
          id: `n${index}`,
          type: 'value',
          config: { give: { x: 'y'.repeat(100) } },
        })),
      },
      { queueLimit: 1000 },
    );
    let answer = () => {};
    execution.journal.script = () =>
      new Promise((resolve) => {
        answer = () => resolve({ kind: 'committed', missing: [], existing: [] });
      });
    await execution.start().settle();
    const before = execution.world.calls.length;
    expect(before).toBeLessThan(20);
    await execution.advance(10_000);
    expect(execution.world.calls).toHaveLength(before);
    execution.journal.script = undefined;
    answer();
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });
});
