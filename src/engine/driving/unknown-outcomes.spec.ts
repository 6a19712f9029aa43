import type {
  EdgeDefinition,
  NodeDefinition,
  OnInterrupted,
  WorkflowSettings,
} from '../definition/workflow-definition.js';
import { NodeError } from '../errors.js';
import { attentionOf } from '../journal/summary.js';
import { nodeHistory } from '../journal/node-history.js';
import type { NodeContext, NodeType, ProbeResult } from '../ports.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { edge, effect, work } from '../testing/definitions.js';
import { DrivenExecution, type DrivenOptions } from '../testing/driven-execution.js';

const value = (id: string): NodeDefinition => ({ id, type: 'value', config: {} });
const call = (id: string, more: Partial<NodeDefinition> = {}): NodeDefinition => ({
  id,
  type: 'call',
  config: {},
  ...more,
});

const RESUME: Command = { kind: 'resume', actor: 'ben' };
const ABORT: Command = { kind: 'pause', mode: 'abort' };
const CANCEL: Command = { kind: 'end', then: 'cancelled' };

/** What its type is told of a call that was cut off. */
type Answer = (context: NodeContext) => Promise<ProbeResult> | ProbeResult;

/** A node type that never comes to its end by itself at its first attempt, and can be asked what came of it. */
function callType(answer: Answer, more: Partial<NodeType> = {}): NodeType {
  return {
    type: 'call',
    name: '',
    category: '',
    description: '',
    version: '1.0.0',
    configSchema: {},
    effect: 'external',
    onInterrupted: 'probe',
    execute: ({ attempt, run, signal }) =>
      attempt > 1 || run > 1
        ? { outputs: { attempt, run } }
        : new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
    // oxlint-disable-next-line typescript/require-await -- it may throw at once
    probe: async (context) => answer(context),
    ...more,
  };
}

interface Options extends DrivenOptions {
  edges?: EdgeDefinition[];
  settings?: WorkflowSettings;
}

/** An execution that has been started and whose process has died. */
async function crashed(nodes: NodeDefinition[], answer: Answer, options: Options = {}): Promise<DrivenExecution> {
  const { edges, settings, types = [callType(answer)], ...more } = options;
  const execution = await new DrivenExecution({ nodes, edges, settings }, { types, ...more }).start().settle();
  await execution.advance(50);
  execution.crash();
  await execution.advance(1000);
  return execution;
}

async function driven(nodes: NodeDefinition[], answer: Answer, options: Options = {}): Promise<DrivenExecution> {
  const execution = await crashed(nodes, answer, options);
  await execution.start().run();
  checkJournal(execution);
  return execution;
}

const historyOf = (execution: DrivenExecution, nodeId: string) =>
  nodeHistory(
    execution.events
      .map((event, index) => ({ seq: index + 1, event }))
      .filter(({ event }) => 'nodeId' in event && event.nodeId === nodeId),
  );

describe('a probe after a crash', () => {
  it('that says it happened completes the node as that attempt, and decides its edges', async () => {
    const asked: NodeContext[] = [];
    const execution = await driven(
      [call('a'), value('big'), value('small')],
      (context) => {
        asked.push(context);
        return { happened: true, outputs: { amount: 9 }, variables: { paid: true } };
      },
      {
        edges: [
          edge('a', 'big', { condition: 'amount > 5 and $variables.paid' }),
          edge('a', 'small', { condition: 'amount <= 5' }),
        ],
      },
    );
    const [started] = execution.eventsOf('node:started', 'a');
    expect(asked).toMatchObject([{ run: 1, attempt: 1, idempotencyKey: started?.key }]);
    expect(execution.eventsOf('node:interrupted')).toMatchObject([{ cause: 'crash', then: 'probe' }]);
    expect(execution.eventsOf('node:completed', 'a')).toMatchObject([
      { run: 1, attempt: 1, startTime: started?.timestamp, outputs: { amount: 9 } },
    ]);
    expect(execution.eventsOf('node:completed', 'a')[0]?.edges).toEqual({ 'a-big': true, 'a-small': false });
    expect(execution.state).toMatchObject({ status: 'completed', variables: { paid: true } });
    expect(execution.statuses()).toEqual({ a: 'completed', big: 'completed', small: 'skipped' });
    expect(execution.node('a').outcome).toBeUndefined();
    expect(execution.logs).toContain('Attempt 1 had happened, as a look at it shows');
    const [run] = historyOf(execution, 'a');
    expect(run?.attempts).toMatchObject([{ attempt: 1, status: 'completed', interrupted: { then: 'probe' } }]);
  });

  it('that says it did not happen runs the node again under the same key', async () => {
    const execution = await driven([call('a')], () => ({ happened: false }));
    const keys = execution.eventsOf('node:started').map(({ key }) => key);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(execution.node('a')).toMatchObject({ status: 'completed', run: 1, attempt: 2, outputs: { attempt: 2 } });
    expect(execution.state.status).toBe('completed');
  });

  it.each<[string, Answer | null, string]>([
    ['that cannot tell', () => ({ happened: 'unknown' }), ''],
    ['that fails', () => Promise.reject(new NodeError('AWAY', 'nobody there')), ' (AWAY: nobody there)'],
    ['that says nothing', () => undefined as never, ''],
    ['that gives what cannot be stored', () => ({ happened: true, outputs: { n: 1n as never } }), ' (UNSTORABLE: '],
    ['that never ends', () => new Promise<never>(() => {}), ' (TIMEOUT: The probe took longer than 30000 ms)'],
  ])('%s asks a person', async (_, answer, why) => {
    const execution = await driven([call('a')], answer as Answer);
    expect(execution.eventsOf('node:interrupted').map(({ attempt, then }) => [attempt, then])).toEqual([
      [1, 'probe'],
      [1, 'ask'],
    ]);
    expect(execution.state).toMatchObject({ status: 'paused', pauseCode: 'OUTCOME_UNKNOWN' });
    expect(execution.node('a')).toMatchObject({
      status: 'failed',
      outcome: 'unknown',
      error: { code: 'OUTCOME_UNKNOWN' },
    });
    expect(attentionOf(execution.state)).toBe('unknown');
    expect(execution.logs.find((line) => line.startsWith('Whether attempt 1 happened'))).toContain(why);
    const [run] = historyOf(execution, 'a');
    expect(run?.attempts).toMatchObject([{ attempt: 1, status: 'interrupted', interrupted: { then: 'ask' } }]);
  });

  it('of a type without one asks a person at once', async () => {
    const types = [callType(() => ({ happened: false }), { probe: undefined, onInterrupted: undefined })];
    const execution = await driven([call('a', { onInterrupted: 'probe' })], () => ({ happened: false }), { types });
    expect(execution.eventsOf('node:interrupted')).toMatchObject([{ then: 'ask' }]);
    expect(execution.state.pauseCode).toBe('OUTCOME_UNKNOWN');
  });

  it('of a type that has lost its probe meanwhile asks with NO_PROBE', async () => {
    const type = callType(() => new Promise(() => {}));
    const execution = await crashed([call('a')], () => ({ happened: false }), { types: [type] });
    await execution.start().settle();
    execution.crash();
    type.probe = undefined;
    await execution.start().run();
    expect(execution.eventsOf('node:interrupted').map(({ then }) => then)).toEqual(['probe', 'ask']);
    expect(execution.logs.join()).toContain('NO_PROBE');
    expect(execution.state.pauseCode).toBe('OUTCOME_UNKNOWN');
  });

  it('has the time of an attempt, and is aborted after it', async () => {
    let signal: AbortSignal | undefined;
    const execution = await crashed([call('a', { timeout: 200 })], (context) => {
      ({ signal } = context);
      return new Promise(() => {});
    });
    const began = execution.scheduler.now();
    await execution.start().run();
    expect(execution.scheduler.now() - began).toBe(200);
    expect(signal?.aborted).toBe(true);
    expect(execution.state.status).toBe('paused');
  });

  it('sees the config of the attempt: its variables, its time and its randomness', async () => {
    const config = { seen: '{{ variables.n }} {{ $millis() }} {{ $random() }}' };
    const seen: unknown[] = [];
    const type = callType(
      (context) => {
        seen.push(context.config);
        return { happened: false };
      },
      {
        execute: (context) => {
          seen.push(context.config);
          return context.attempt > 1 ? { outputs: {} } : new Promise(() => {});
        },
      },
    );
    const nodes = [call('a', { config }), { ...work('w', 20), config: { ms: 20, variables: { n: 2 } } }];
    const execution = await driven(nodes, () => ({ happened: false }), {
      types: [type],
      context: { variables: { n: 1 } },
    });
    expect(execution.state).toMatchObject({ status: 'completed', variables: { n: 2 } });
    expect(seen[1]).toEqual(seen[0]);
    expect(JSON.stringify(seen[2])).toMatch(/"2 /);
  });

  it('begins once it is committed that the attempt was cut off', async () => {
    let recorded: string[] = [];
    const execution = await crashed([call('a')], () => {
      recorded = execution.types;
      return { happened: false };
    });
    await execution.start().run();
    expect(recorded.at(-1)).toBe('node:interrupted');
  });

  it('takes a place, but none of the time that the execution has', async () => {
    const probing = () =>
      new Promise<ProbeResult>((resolve) => {
        execution.scheduler.setTimer(5000, () => resolve({ happened: true, outputs: {} }));
      });
    const settings = { maxConcurrency: 1, timeout: 2000 };
    const execution = await crashed([call('a'), work('b', 1000)], probing, { settings });
    await execution.start().advance(4999);
    expect(execution.statuses()).toEqual({ a: 'pending', b: 'pending' });
    expect(execution.driver.running()).toMatchObject([{ node: { id: 'a' }, attempt: 1 }]);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(execution.state.clock.used).toBe(1000);
    checkJournal(execution);
  });

  it('is made again when the process dies in its middle, and after each crash that follows', async () => {
    let asked = 0;
    const execution = await crashed([call('a')], () => {
      asked += 1;
      return asked < 4 ? new Promise<never>(() => {}) : { happened: false };
    });
    for (let round = 0; round < 3; round += 1) {
      await execution.start().advance(100);
      execution.crash();
    }
    await execution.start().run();
    expect(asked).toBe(4);
    expect(execution.eventsOf('node:interrupted')).toHaveLength(1);
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 2 });
  });

  it('keeps no checkpoint, and is told NO_CHECKPOINT', async () => {
    let refusal: unknown;
    const execution = await driven([call('a')], async ({ checkpoint }) => {
      refusal = await checkpoint(1).catch((error: unknown) => error);
      return { happened: false };
    });
    expect(refusal).toMatchObject({ code: 'NO_CHECKPOINT' });
    expect(execution.eventsOf('node:checkpoint')).toEqual([]);
  });
});

describe('a command during a probe', () => {
  /** A probe that is answered by hand. */
  function held() {
    const answers: ((result: ProbeResult) => void)[] = [];
    const signals: AbortSignal[] = [];
    const answer: Answer = ({ signal }) => {
      signals.push(signal);
      return new Promise((resolve) => answers.push(resolve));
    };
    return { answer, signals, say: (result: ProbeResult) => answers.at(-1)?.(result) };
  }

  it('to pause lets it end; one that did not happen runs after the resume, and is looked at once more', async () => {
    const { answer, say } = held();
    const execution = await crashed([call('a')], answer);
    await execution.start().settle();
    await execution.command({ kind: 'pause', mode: 'wait' });
    expect(execution.state.activity).toBe('pausing');
    say({ happened: false });
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
    expect(execution.node('a')).toMatchObject({ status: 'pending', attempt: 1, outcome: 'unknown' });
    await execution.command(RESUME);
    say({ happened: false });
    await execution.run();
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 2 });
    checkJournal(execution);
  });

  it('to pause that is withdrawn goes on where the probe had come to', async () => {
    const { answer, say, signals } = held();
    const execution = await crashed([call('a'), work('w', 1000)], answer);
    await execution.start().settle();
    await execution.command({ kind: 'pause', mode: 'wait' });
    say({ happened: false });
    await execution.settle();
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(signals).toHaveLength(1);
  });

  it('to pause with abort cuts it off; it is made again at the resume', async () => {
    const { answer, say, signals } = held();
    const execution = await crashed([call('a')], answer);
    await execution.start().settle();
    await execution.command(ABORT);
    expect(execution.state.status).toBe('paused');
    expect(signals[0]?.aborted).toBe(true);
    expect(execution.eventsOf('node:interrupted')).toHaveLength(1);
    await execution.command(RESUME);
    say({ happened: true, outputs: { late: true } });
    await execution.run();
    expect(execution.node('a')).toMatchObject({ status: 'completed', attempt: 1, outputs: { late: true } });
    checkJournal(execution);
  });

  it.each<[string, ProbeResult | null, object]>([
    ['records that it happened', { happened: true, outputs: { n: 1 } }, { status: 'completed', outputs: { n: 1 } }],
    ['fails what did not happen', { happened: false }, { status: 'failed', outcome: undefined }],
    ['fails what nobody can tell of', { happened: 'unknown' }, { status: 'failed', outcome: 'unknown' }],
    ['fails what is not told within the grace', null, { status: 'failed', outcome: 'unknown' }],
  ])('to cancel %s', async (_, result, node) => {
    const { answer, say, signals } = held();
    const execution = await crashed([call('a')], answer);
    await execution.start().settle();
    await execution.command(CANCEL);
    expect(signals[0]?.aborted).toBe(true);
    if (result) say(result);
    await execution.run();
    expect(execution.state.status).toBe('cancelled');
    expect(execution.node('a')).toMatchObject(node);
    if (execution.node('a').status === 'failed') expect(execution.node('a').error?.code).toBe('CANCELLED');
    checkJournal(execution);
  });

  it('that stops the server leaves it to the next start', async () => {
    const { answer, say } = held();
    const execution = await crashed([call('a')], answer);
    await execution.start().settle();
    execution.driver.drain();
    await execution.advance(100);
    expect(execution.left).toBeUndefined();
    execution.driver.interrupt();
    await execution.settle();
    expect(execution.left).toEqual({ wakeAt: execution.scheduler.now() });
    await execution.start().settle();
    say({ happened: true, outputs: {} });
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('fails with EXECUTION_TIMEOUT when the execution runs out of time meanwhile, and is unknown', async () => {
    const { answer } = held();
    const execution = await crashed([call('a'), work('w', 5000)], answer, { settings: { timeout: 2000 } });
    await execution.start().run();
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'EXECUTION_TIMEOUT' } });
    expect(execution.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown' });
    expect(attentionOf(execution.state)).toBe('unknown');
  });
});

describe('an abort and a shutdown', () => {
  it.each<['abort' | 'shutdown', OnInterrupted, string]>([
    ['abort', 'retry', 'completed'],
    ['abort', 'probe', 'completed'],
    ['abort', 'ask', 'paused'],
    ['shutdown', 'retry', 'completed'],
    ['shutdown', 'probe', 'completed'],
    ['shutdown', 'ask', 'paused'],
  ])('%s: a node goes by onInterrupted %s when the execution goes on', async (cause, onInterrupted, status) => {
    let probes = 0;
    const types = [
      callType(() => {
        probes += 1;
        return { happened: true, outputs: {} };
      }),
    ];
    const execution = await new DrivenExecution({ nodes: [call('a', { onInterrupted })] }, { types }).start().settle();
    if (cause === 'abort') {
      await execution.command(ABORT);
      expect(execution.state.status).toBe('paused');
      await execution.command(RESUME);
    } else {
      execution.driver.interrupt();
      await execution.settle();
      execution.start();
    }
    await execution.run();
    expect(execution.eventsOf('node:interrupted')).toMatchObject([{ cause, then: onInterrupted }]);
    expect(execution.state.status).toBe(status);
    expect(probes).toBe(onInterrupted === 'probe' ? 1 : 0);
    expect(execution.node('a').attempt).toBe(onInterrupted === 'retry' ? 2 : 1);
    expect(execution.state.pauseCode).toBe(onInterrupted === 'ask' ? 'OUTCOME_UNKNOWN' : undefined);
    checkJournal(execution);
  });

  it('gives the node what it saved with checkpoint(), under the same key', async () => {
    const seen: unknown[] = [];
    const type = callType(() => ({ happened: false }), {
      onInterrupted: 'retry',
      execute: async (context) => {
        seen.push([context.idempotencyKey, context.lastCheckpoint]);
        if (context.lastCheckpoint) return { outputs: {} };
        await context.checkpoint({ page: 3 });
        return new Promise(() => {});
      },
    });
    const execution = await new DrivenExecution({ nodes: [call('a')] }, { types: [type] }).start().settle();
    await execution.command(ABORT);
    await execution.command(RESUME);
    await execution.run();
    const key = execution.eventsOf('node:started')[0]?.key;
    expect(seen).toEqual([
      [key, undefined],
      [key, { page: 3 }],
    ]);
  });
});

describe('a node that asks', () => {
  it('lets running branches come to their end, starts nothing new, and only then is the execution paused', async () => {
    const late: Answer = () =>
      new Promise((resolve) => execution.scheduler.setTimer(100, () => resolve({ happened: 'unknown' })));
    const flaky = { ...work('r', 0, { fail: { code: 'B', times: 1 } }), retryPolicy: { initialDelay: 1200 } };
    const execution = await crashed([call('a'), work('w', 500), value('next'), flaky], late, {
      edges: [edge('w', 'next')],
    });
    await execution.start().advance(300);
    expect(execution.state.status).toBe('running');
    expect(execution.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown' });
    await execution.run();
    expect(execution.eventsOf('execution:paused')).toMatchObject([{ code: 'OUTCOME_UNKNOWN', nodeId: 'a' }]);
    expect(execution.statuses()).toEqual({ a: 'failed', w: 'completed', next: 'pending', r: 'running' });
    checkJournal(execution);
    await execution.command({ kind: 'settle', nodeId: 'a', status: 'completed', reason: 'seen' });
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
  });

  it('is one of several: each stays failed until it is settled', async () => {
    const nodes = [call('a', { onInterrupted: 'ask' }), call('b', { onInterrupted: 'ask' }), value('c')];
    const execution = await driven(nodes, () => ({ happened: false }), { edges: [edge('a', 'c'), edge('b', 'c')] });
    expect(execution.statuses()).toEqual({ a: 'failed', b: 'failed', c: 'pending' });
    await execution.command({ kind: 'settle', nodeId: 'a', status: 'completed', outputs: { x: 1 } });
    expect(attentionOf(execution.state)).toBe('unknown');
    await execution.command({ kind: 'settle', nodeId: 'b', status: 'pending' });
    expect(attentionOf(execution.state)).toBeNull();
    await execution.command(RESUME);
    await execution.run();
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'completed' });
    expect(execution.eventsOf('node:started').map(({ nodeId, run }) => [nodeId, run])).toEqual([
      ['a', 1],
      ['b', 1],
      ['b', 2],
    ]);
  });

  it('is not repeated by who resumes without having been asked; by who was asked, it is', async () => {
    const nodes = [call('a', { onInterrupted: 'ask' }), { ...work('b', 20, { fail: { code: 'B', times: 1 } }) }];
    const types = [callType(() => ({ happened: false }))];
    const execution = new DrivenExecution(
      { nodes: nodes.map((node) => ({ ...node, retryPolicy: { maxRetries: 0 } })) },
      { types },
    );
    await execution.start().settle();
    execution.driver.failWith({ code: 'INTERNAL_ERROR', message: 'broken' });
    await execution.settle();
    expect(execution.state.status).toBe('failed');
    await execution.command(RESUME);
    await execution.settle();
    expect(execution.state).toMatchObject({ status: 'paused', pauseCode: 'OUTCOME_UNKNOWN' });
    expect(execution.eventsOf('node:started', 'a')).toHaveLength(1);
    await execution.command(RESUME);
    expect(execution.node('a')).toMatchObject({ status: 'completed', run: 1, attempt: 2 });
    checkJournal(execution);
  });

  it('pauses by hand too, with its code, when a person asks for that meanwhile', async () => {
    const late: Answer = () =>
      new Promise((resolve) => execution.scheduler.setTimer(100, () => resolve({ happened: 'unknown' })));
    const execution = await crashed([call('a'), work('w', 500)], late);
    await execution.start().advance(200);
    await execution.command({ kind: 'pause', mode: 'wait', actor: 'ann' });
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'paused', pauseCode: 'OUTCOME_UNKNOWN' });
    checkJournal(execution);
  });
});

describe('an unknown outcome', () => {
  const failing = (fail: object, more: Partial<NodeDefinition> = {}): NodeDefinition =>
    effect('a', 0, { config: { ms: 0, fail }, retryPolicy: { maxRetries: 0 }, ...more } as Partial<NodeDefinition>);

  it.each<[string, NodeDefinition, 'unknown' | undefined]>([
    ['an error that says nothing', failing({ code: 'B' }), 'unknown'],
    ['an error with effect none', failing({ code: 'B', effect: 'none' }), undefined],
    ['a timeout', effect('a', 1000, { timeout: 100, retryPolicy: { maxRetries: 0 } }), 'unknown'],
    ['a config that is wrong', failing({}, { config: { number: '{{ "x" }}' } }), undefined],
  ])('after %s is as it is', async (_, node, outcome) => {
    const execution = await DrivenExecution.run({ nodes: [node] });
    expect(execution.node('a').status).toBe('failed');
    expect(execution.node('a').outcome).toBe(outcome);
    await execution.command(RESUME);
    expect(execution.eventsOf('execution:resumed')).toMatchObject([
      { reset: [{ nodeId: 'a', run: outcome === 'unknown' ? 1 : 2 }] },
    ]);
  });

  /** Fails in turn with these. */
  const inTurn = (...errors: NodeError[]): NodeType =>
    callType(() => ({ happened: false }), {
      execute: ({ attempt, run }) => {
        const error = run === 1 ? errors[attempt - 1] : undefined;
        if (error) throw error;
        return { outputs: {} };
      },
    });
  const unknown = new NodeError('LOST', 'the connection broke');
  const refused = new NodeError('LOST', 'no connection', { effect: 'none' });
  const answered = new NodeError('LOST', 'no', { effect: 'none', status: 409 });

  it.each<[string, NodeError[], 'unknown' | undefined]>([
    ['is told by no later attempt that did nothing', [unknown, refused], 'unknown'],
    ['is told by what the service answers under the same key', [unknown, answered], undefined],
    ['comes back with a later attempt', [unknown, answered, unknown], 'unknown'],
  ])('%s', async (_, errors, outcome) => {
    const retryPolicy = { maxRetries: errors.length - 1, initialDelay: 10, retryableErrors: [] };
    const types = [inTurn(...errors)];
    const execution = await DrivenExecution.run({ nodes: [call('a', { retryPolicy })] }, { types });
    expect(execution.node('a')).toMatchObject({ status: 'failed', attempt: errors.length });
    expect(execution.node('a').outcome).toBe(outcome);
    await execution.command(RESUME);
    await execution.run();
    const keys = execution.eventsOf('node:started').map(({ key }) => key);
    expect(new Set(keys.slice(0, errors.length)).size).toBe(1);
    expect(keys.at(-1) === keys[0]).toBe(outcome === 'unknown');
  });

  it('stays with the node over a resume, until an attempt has told', async () => {
    const retryPolicy = { maxRetries: 0 };
    const types = [inTurn(unknown, refused, refused)];
    const execution = await DrivenExecution.run({ nodes: [call('a', { retryPolicy })] }, { types });
    for (let round = 0; round < 2; round += 1) {
      await execution.command(RESUME);
      await execution.run();
    }
    expect(execution.node('a')).toMatchObject({ status: 'failed', outcome: 'unknown', run: 1, attempt: 3 });
    await execution.command(RESUME);
    await execution.run();
    expect(execution.state.status).toBe('completed');
    expect(new Set(execution.eventsOf('node:started').map(({ key }) => key)).size).toBe(1);
  });
});
