import { NodeError } from '../errors.js';
import type { NodeType } from '../ports.js';
import type { Command } from '../state/decide-command.js';
import { checkJournal } from '../testing/check-journal.js';
import { DrivenExecution, type DrivenOptions, type TestWorkflow } from '../testing/driven-execution.js';

/** A handler that was called. */
interface Undone {
  nodeId: string;
  attempt: number;
  key: string;
  inputs: object;
  outputs: object | undefined;
  config: object;
  rollback: object;
  variables: object;
}

/** What the handlers of a test were called for, and what each does. */
class Handlers {
  readonly calls: Undone[] = [];
  /** By node: throws or waits; absent: it succeeds at once. */
  readonly does: { [nodeId: string]: () => void | Promise<void> } = {};

  get order(): string[] {
    return this.calls.map(({ nodeId }) => nodeId);
  }

  type(more: Partial<NodeType> = {}): NodeType {
    return {
      type: 'pay',
      name: 'Pay',
      category: 'test',
      description: '',
      version: '1.0.0',
      configSchema: {},
      effect: 'external',
      execute: ({ config }) => {
        if (typeof config.fail === 'string') throw new NodeError(config.fail, 'It failed', { effect: 'none' });
        return Promise.resolve({ outputs: { id: config.id ?? 0 } });
      },
      rollback: async (context) => {
        const { nodeId, attempt, idempotencyKey: key, inputs, outputs, config, rollback, variables } = context;
        this.calls.push({ nodeId, attempt, key, inputs, outputs, config, rollback, variables });
        await this.does[nodeId]?.();
      },
      ...more,
    };
  }
}

const chain = (ids: string[]) => ids.slice(1).map((id, index) => ({ source: ids[index] as string, target: id }));
const pay = (id: string, more: object = {}) => ({ id, type: 'pay', ...more });

/** a → b → c → d, each acting outside. */
const FOUR: TestWorkflow = { nodes: ['a', 'b', 'c', 'd'].map((id) => pay(id)), edges: chain(['a', 'b', 'c', 'd']) };

const to = (targetNodeId: string | null, more: object = {}): Command => ({
  kind: 'rollback',
  targetNodeId,
  scope: 'after',
  force: false,
  ...more,
});

async function ended(workflow: TestWorkflow = FOUR, options: DrivenOptions = {}) {
  const handlers = new Handlers();
  const types = [handlers.type(), ...(options.types ?? [])];
  const execution = await DrivenExecution.run(workflow, { ...options, types });
  return { execution, handlers };
}

/** The error that a command is refused with. */
async function refusal(execution: DrivenExecution, command: Command): Promise<unknown> {
  return execution.command(command).then(
    () => 'taken',
    (error: unknown) => error,
  );
}

const rollbackOf = ({ state }: DrivenExecution) => state.rollbacks.at(-1);

describe('a rollback', () => {
  it('calls the handlers in reverse order, each intent and outcome journaled, and pauses the execution', async () => {
    const { execution, handlers } = await ended();
    await execution.command(to('b', { actor: 'ann', reason: 'wrong' }));
    await execution.run();
    expect(handlers.order).toEqual(['d', 'c']);
    expect(execution.types.slice(-7)).toEqual([
      'execution:completed',
      'execution:rolling-back',
      'node:rolling-back',
      'node:rolled-back',
      'node:rolling-back',
      'node:rolled-back',
      'execution:rolled-back',
    ]);
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
    expect(execution.state.endedAt).toBeUndefined();
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'pending', d: 'pending' });
    expect(execution.node('c')).toMatchObject({ run: 2, rolledBackAt: execution.scheduler.now() });
    expect(rollbackOf(execution)).toMatchObject({ id: 'rb_1', by: 'ann', reason: 'wrong', status: 'completed' });
    checkJournal(execution);
  });

  it('is followed by a resume that runs what was undone and nothing else, under new keys', async () => {
    const { execution } = await ended();
    const before = execution.eventsOf('node:started', 'd').map(({ key }) => key);
    await execution.command(to('b'));
    await execution.run();
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    const runs = ['a', 'b', 'c', 'd'].map((id) => execution.eventsOf('node:completed', id).length);
    expect(runs).toEqual([1, 1, 2, 2]);
    expect(execution.eventsOf('node:started', 'd').at(-1)?.key).not.toBe(before[0]);
    checkJournal(execution);
  });

  it('gives a handler what the node saw and gave, its key, and its parameters with the expressions put in', async () => {
    const workflow: TestWorkflow = {
      nodes: [
        { id: 'set', type: 'value', config: { give: { order: 7 }, variables: { shop: 'old' } } },
        pay('a', {
          config: { id: '{{ inputs.order }}', shop: '{{ variables.shop }}', authorization: 'secret' },
          rollback: {
            id: '{{ outputs.id }}',
            order: '{{ inputs.order }}',
            shop: '{{ config.shop }}',
            secret: '{{ config.authorization }}',
            first: '{{ nodes.set.order }}',
          },
        }),
        { id: 'after', type: 'value', config: { variables: { shop: 'new' } } },
      ],
      edges: chain(['set', 'a', 'after']),
    };
    const { execution, handlers } = await ended(workflow);
    await execution.command(to('set'));
    await execution.run();
    const { key } = execution.eventsOf('node:started', 'a')[0] ?? {};
    expect(handlers.calls).toEqual([
      {
        nodeId: 'a',
        attempt: 1,
        key: `${key}_undo`,
        inputs: { order: 7 },
        outputs: { id: 7 },
        config: { id: 7, shop: 'old', authorization: 'secret' },
        rollback: { id: 7, order: 7, shop: 'old', secret: 'secret', first: 7 },
        variables: { shop: 'old' },
      },
    ]);
    expect(execution.eventsOf('node:rolling-back')[0]?.key).toBe(`${key}_undo`);
    expect(JSON.stringify(execution.events)).not.toContain('"secret"');
    expect(execution.state.variables).toEqual({ shop: 'old' });
  });

  it('commits the intent of a handler before that acts, and sees that the lease holds', async () => {
    const { execution, handlers } = await ended();
    let confirmed = 0;
    execution.confirmLease = () => Promise.resolve(void (confirmed += 1));
    handlers.does.d = () => expect(execution.types.at(-1)).toBe('node:rolling-back');
    await execution.command(to('c'));
    await execution.run();
    expect([handlers.order, confirmed]).toEqual([['d'], 1]);
  });

  it('tries a handler again as the node is, and records its success once', async () => {
    const workflow: TestWorkflow = {
      nodes: [pay('a'), pay('b', { retryPolicy: { maxRetries: 2, initialDelay: 5000 } })],
      edges: chain(['a', 'b']),
    };
    const { execution, handlers } = await ended(workflow);
    handlers.does.b = () => {
      if (handlers.calls.length < 3) throw new NodeError('HTTP_503', 'Not now');
    };
    const begun = execution.scheduler.now();
    await execution.command(to('a'));
    await execution.run();
    expect(execution.scheduler.now() - begun).toBe(10_000);
    expect(new Set(handlers.calls.map(({ key }) => key)).size).toBe(1);
    expect(handlers.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(execution.eventsOf('node:rollback-failed')).toHaveLength(2);
    expect([...(rollbackOf(execution)?.nodes.values() ?? [])]).toEqual([
      { nodeId: 'b', outcome: 'undone', attempts: 3 },
    ]);
  });

  it('gives a handler the time of the node', async () => {
    const workflow: TestWorkflow = {
      nodes: [pay('a', { timeout: 500, retryPolicy: { maxRetries: 0 } })],
    };
    const { execution, handlers } = await ended(workflow);
    handlers.does.a = () => new Promise(() => undefined);
    await execution.command(to(null));
    await execution.advance(500);
    expect(execution.state).toMatchObject({ status: 'paused', activity: 'rollback-stopped' });
    expect(execution.eventsOf('node:rollback-failed')[0]?.error).toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a rollback whose handler fails for good', () => {
  async function stopped(handlers: Handlers) {
    const workflow = { ...FOUR, settings: { retryPolicy: { maxRetries: 0 } } };
    const execution = await DrivenExecution.run(workflow, { types: [handlers.type()] });
    handlers.does.c = () => {
      throw new NodeError('HTTP_500', 'No');
    };
    await execution.command(to('a'));
    await execution.run();
    return execution;
  }

  it('stops there, says what was undone and what not, and takes no resume', async () => {
    const handlers = new Handlers();
    const execution = await stopped(handlers);
    expect(execution.state).toMatchObject({ status: 'paused', activity: 'rollback-stopped' });
    expect(execution.events.at(-1)).toMatchObject({
      type: 'execution:rollback-stopped',
      rolledBack: ['d'],
      remaining: ['c', 'b'],
      failedNodeId: 'c',
      error: { code: 'HTTP_500' },
      reset: [{ nodeId: 'd', run: 2 }],
    });
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'completed', d: 'pending' });
    expect(await refusal(execution, { kind: 'resume' })).toMatchObject({
      code: 'CONFLICT',
      details: { activity: 'rollback-stopped' },
    });
    expect(await refusal(execution, to('b'))).toMatchObject({ code: 'CONFLICT' });
    checkJournal(execution);
  });

  it('is finished by the same call, which calls no handler again that had succeeded', async () => {
    const handlers = new Handlers();
    const execution = await stopped(handlers);
    delete handlers.does.c;
    const { hash } = rollbackOf(execution)?.plan ?? {};
    expect(await refusal(execution, to('a', { planHash: 'other' }))).toMatchObject({ code: 'PLAN_CHANGED' });
    await execution.command(to('a', { planHash: hash }));
    await execution.run();
    expect(handlers.order).toEqual(['d', 'c', 'c', 'b']);
    expect(execution.state).toMatchObject({ status: 'paused', activity: null, rollbacks: [{ status: 'completed' }] });
    expect(execution.events.at(-1)).toMatchObject({ rolledBack: ['d', 'c', 'b'] });
    checkJournal(execution);
  });

  it('goes on behind a node that a person has undone by hand', async () => {
    const handlers = new Handlers();
    const execution = await stopped(handlers);
    expect(await refusal(execution, { kind: 'settle', nodeId: 'c', status: 'pending' })).toMatchObject({
      code: 'CONFLICT',
    });
    expect(await refusal(execution, { kind: 'settle', nodeId: 'b', status: 'completed' })).toMatchObject({
      code: 'CONFLICT',
    });
    await execution.command({ kind: 'settle', nodeId: 'c', status: 'completed', actor: 'ann', reason: 'paid back' });
    await execution.run();
    expect(execution.state.activity).toBe('rollback-stopped');
    await execution.command(to('a'));
    await execution.run();
    expect(handlers.order).toEqual(['d', 'c', 'b']);
    expect(rollbackOf(execution)?.nodes.get('c')).toEqual({ nodeId: 'c', outcome: 'undone', attempts: 1 });
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'pending', c: 'pending', d: 'pending' });
    checkJournal(execution);
  });

  it('can be given up: it ends as cancelled with the rest standing', async () => {
    const execution = await stopped(new Handlers());
    await execution.command({ kind: 'end', then: 'cancelled' });
    await execution.run();
    expect(execution.state).toMatchObject({
      status: 'cancelled',
      activity: null,
      rollbacks: [{ status: 'cancelled' }],
    });
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'completed', d: 'pending' });
    checkJournal(execution);
  });
});

describe('an unsafe rollback', () => {
  const unsafe: TestWorkflow = {
    nodes: [pay('a'), { id: 'b', type: 'effect' }, pay('c')],
    edges: chain(['a', 'b', 'c']),
  };

  it('changes nothing without force', async () => {
    const { execution } = await ended(unsafe);
    const before = JSON.stringify(execution.events);
    expect(await refusal(execution, to('a'))).toMatchObject({
      code: 'ROLLBACK_UNSAFE',
      details: { warnings: [expect.stringContaining('"b"')], hint: expect.stringContaining('force') as string },
    });
    expect(JSON.stringify(execution.events)).toBe(before);
  });

  it('goes on with force, and says what stays', async () => {
    const { execution, handlers } = await ended(unsafe);
    await execution.command(to('a', { force: true }));
    await execution.run();
    expect(handlers.order).toEqual(['c']);
    expect(rollbackOf(execution)).toMatchObject({ force: true, status: 'completed' });
    expect(rollbackOf(execution)?.nodes.get('b')).toEqual({ nodeId: 'b', outcome: 'left', attempts: 0 });
    expect(execution.events.at(-1)).toMatchObject({ rolledBack: ['c'] });
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'pending', c: 'pending' });
  });

  it('calls the handler of a node with an unknown outcome without outputs', async () => {
    const workflow: TestWorkflow = { nodes: [pay('a', { onInterrupted: 'ask' })] };
    const handlers = new Handlers();
    const type = handlers.type({ execute: () => new Promise(() => undefined) });
    const execution = await new DrivenExecution(workflow, { types: [type] }).start().settle();
    execution.crash();
    await execution.start().run();
    expect(execution.state).toMatchObject({ status: 'paused' });
    expect(await refusal(execution, to(null))).toMatchObject({ code: 'ROLLBACK_UNSAFE' });
    await execution.command(to(null, { force: true }));
    await execution.run();
    expect(handlers.calls).toMatchObject([{ nodeId: 'a', outputs: undefined }]);
    expect(execution.state).toMatchObject({ status: 'paused', pauseCode: undefined });
    checkJournal(execution);
  });
});

describe('a rollback in a crash', () => {
  it('goes on by itself; the handler in flight is called again with the same key', async () => {
    const { execution, handlers } = await ended();
    handlers.does.c = () => new Promise(() => undefined);
    await execution.command(to('a'));
    expect(handlers.order).toEqual(['d', 'c']);
    execution.crash();
    delete handlers.does.c;
    await execution.start().run();
    expect(handlers.order).toEqual(['d', 'c', 'c', 'b']);
    const calls = handlers.calls.filter(({ nodeId }) => nodeId === 'c');
    expect(calls[0]?.key).toBe(calls[1]?.key);
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(execution.eventsOf('node:rolled-back')).toHaveLength(3);
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
    checkJournal(execution);
  });

  it('at any event ends in the same', async () => {
    const { execution } = await ended();
    const end = execution.events.length;
    await execution.command(to('a'));
    await execution.run();
    const { events } = execution;
    for (let kept = end + 1; kept <= events.length; kept += 1) {
      const handlers = new Handlers();
      const again = new DrivenExecution(FOUR, { types: [handlers.type()], events: events.slice(0, kept) });
      await again.start().run();
      expect([kept, again.statuses()]).toEqual([kept, execution.statuses()]);
      expect(again.state).toMatchObject({ status: 'paused', activity: null });
      const undone = again.eventsOf('node:rolled-back').map(({ nodeId }) => nodeId);
      expect(undone).toEqual(['d', 'c', 'b']);
      checkJournal(again);
    }
  });

  it('is left to another instance when this one stops', async () => {
    const { execution, handlers } = await ended();
    handlers.does.c = () => new Promise(() => undefined);
    await execution.command(to('a'));
    execution.driver.drain();
    await execution.settle();
    expect(execution.left).toBeUndefined();
    execution.driver.interrupt();
    await execution.settle();
    expect(execution.left).toEqual({ wakeAt: execution.scheduler.now() });
    delete handlers.does.c;
    await execution.start().run();
    expect(handlers.order).toEqual(['d', 'c', 'c', 'b']);
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
  });
});

describe('a rollback that the engine cannot go on with', () => {
  it.each([
    ['its process dies again and again', (execution: DrivenExecution) => execution.driver.pauseWith('CRASH_LOOP')],
    [
      'its journal refuses it',
      (execution: DrivenExecution) => execution.driver.failWith({ code: 'CRASH_LOOP', message: 'no' }),
    ],
  ])('stops at the step that comes next when %s, and goes on when it is asked for again', async (_, end) => {
    const { execution, handlers } = await ended();
    handlers.does.c = () => new Promise(() => undefined);
    await execution.command(to('a'));
    end(execution);
    await execution.settle();
    expect(execution.state).toMatchObject({ status: 'paused', activity: 'rollback-stopped' });
    expect(execution.events.at(-1)).toMatchObject({ failedNodeId: 'c', error: { code: 'CRASH_LOOP' } });
    delete handlers.does.c;
    await execution.command(to('a'));
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'paused', activity: null });
    checkJournal(execution);
  });
});

describe('the same rollback once more', () => {
  it('while it is in progress changes nothing; another one is refused', async () => {
    const { execution, handlers } = await ended();
    handlers.does.d = () => new Promise(() => undefined);
    await execution.command(to('b'));
    expect(await execution.command(to('b'))).toBe(false);
    expect(await refusal(execution, to('a'))).toMatchObject({
      code: 'CONFLICT',
      details: { activity: 'rolling-back' },
    });
  });

  it('once it is done changes nothing, until something has happened', async () => {
    const { execution } = await ended();
    await execution.command(to('b'));
    await execution.run();
    expect(await execution.command(to('b'))).toBe(false);
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(await execution.command(to('b'))).toBe(true);
  });
});

describe('a cancellation in the middle of a rollback', () => {
  it.each(['completed', 'paused'])('of a %s one lets the handler end, and the rest stands', async (status) => {
    const { execution, handlers } = await ended();
    if (status === 'paused') {
      await execution.command(to('c'));
      await execution.run();
      handlers.calls.length = 0;
    }
    let finish = () => {};
    handlers.does.c = () => new Promise((resolve) => (finish = resolve));
    await execution.command(to('a'));
    await execution.command({ kind: 'end', then: 'cancelled', actor: 'bob' });
    expect(execution.state).toMatchObject({ status, activity: 'cancelling' });
    finish();
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    expect(rollbackOf(execution)?.status).toBe('cancelled');
    expect(execution.statuses()).toEqual({ a: 'completed', b: 'completed', c: 'pending', d: 'pending' });
    expect(handlers.order).toEqual(status === 'paused' ? ['c'] : ['d', 'c']);
    checkJournal(execution);
  });

  it('after a crash calls the handler in flight once more before it ends', async () => {
    const { execution, handlers } = await ended();
    handlers.does.c = () => new Promise(() => undefined);
    await execution.command(to('a'));
    await execution.command({ kind: 'end', then: 'cancelled' });
    execution.crash();
    delete handlers.does.c;
    await execution.start().run();
    expect(handlers.order).toEqual(['d', 'c', 'c']);
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    checkJournal(execution);
  });

  it('of one that was cancelled before leaves it cancelled', async () => {
    const { execution, handlers } = await ended();
    await execution.command(to('c'));
    await execution.run();
    await execution.command({ kind: 'end', then: 'cancelled' });
    await execution.run();
    let finish = () => {};
    handlers.does.c = () => new Promise((resolve) => (finish = resolve));
    await execution.command(to('a'));
    await execution.command({ kind: 'end', then: 'cancelled' });
    finish();
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    checkJournal(execution);
  });
});

describe('errorHandling "rollback"', () => {
  const failing = (more: object = {}): TestWorkflow => ({
    nodes: [pay('a'), pay('b'), pay('c', { config: { fail: 'BROKEN' }, retryPolicy: { maxRetries: 0 } })],
    edges: chain(['a', 'b', 'c']),
    settings: { errorHandling: 'rollback', ...more },
  });

  it('undoes everything when a node fails for good, and ends as failed', async () => {
    const { execution, handlers } = await ended(failing());
    expect(handlers.order).toEqual(['b', 'a']);
    expect(execution.state).toMatchObject({
      status: 'failed',
      activity: null,
      error: { code: 'BROKEN', failedNodeId: 'c' },
      rollbacks: [{ status: 'completed', force: true, targetNodeId: null }],
    });
    expect(execution.statuses()).toEqual({ a: 'pending', b: 'pending', c: 'pending' });
    expect(execution.node('a').rolledBackAt).toBeDefined();
    checkJournal(execution);
  });

  it('undoes everything past the execution’s limit', async () => {
    const workflow: TestWorkflow = {
      nodes: [pay('a'), { id: 'b', type: 'work', config: { ms: 5000 } }],
      edges: chain(['a', 'b']),
      settings: { errorHandling: 'rollback', timeout: 1000 },
    };
    const { execution, handlers } = await ended(workflow);
    expect(handlers.order).toEqual(['a']);
    expect(execution.state).toMatchObject({ status: 'failed', error: { code: 'EXECUTION_TIMEOUT' } });
    checkJournal(execution);
  });

  it('that stops half-way ends as failed, and the same call finishes it', async () => {
    const handlers = new Handlers();
    handlers.does.a = () => {
      throw new NodeError('HTTP_500', 'No');
    };
    const workflow = failing({ retryPolicy: { maxRetries: 0 } });
    const execution = await DrivenExecution.run(workflow, { types: [handlers.type()] });
    expect(execution.state).toMatchObject({
      status: 'failed',
      activity: 'rollback-stopped',
      error: { code: 'BROKEN' },
    });
    checkJournal(execution);
    delete handlers.does.a;
    await execution.command(to(null));
    await execution.run();
    expect(handlers.order).toEqual(['b', 'a', 'a']);
    expect(execution.state).toMatchObject({ status: 'failed', activity: null, error: { code: 'BROKEN' } });
    checkJournal(execution);
  });

  it('goes on after a crash at any event', async () => {
    const { execution } = await ended(failing());
    const { events } = execution;
    for (let kept = 2; kept <= events.length; kept += 1) {
      const again = new DrivenExecution(failing(), { types: [new Handlers().type()], events: events.slice(0, kept) });
      await again.start().run();
      expect([kept, again.state.status, again.state.activity]).toEqual([kept, 'failed', null]);
      expect([kept, again.statuses()]).toEqual([kept, execution.statuses()]);
      checkJournal(again);
    }
  });
});

describe('a cancellation with rollback', () => {
  const cancel: Command = { kind: 'end', then: 'cancelled', rollback: true, actor: 'ann', reason: 'no' };

  it('aborts what runs, undoes everything as with force, and ends as cancelled', async () => {
    const workflow: TestWorkflow = {
      nodes: [pay('a'), pay('b'), { id: 'c', type: 'effect', config: { ms: 60_000 } }],
      edges: chain(['a', 'b', 'c']),
    };
    const handlers = new Handlers();
    const execution = await new DrivenExecution(workflow, { types: [handlers.type()] }).start().settle();
    await execution.advance(10);
    await execution.command(cancel);
    await execution.run();
    expect(handlers.order).toEqual(['b', 'a']);
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    expect(rollbackOf(execution)).toMatchObject({ by: 'ann', reason: 'no', force: true, status: 'completed' });
    expect(rollbackOf(execution)?.plan.warnings).toHaveLength(1);
    expect(execution.state.history.map(({ type }) => type)).toEqual(['cancel', 'rollback']);
    expect(await execution.command(cancel)).toBe(false);
    checkJournal(execution);
  });

  it('of a paused one needs no abort', async () => {
    const { execution, handlers } = await ended();
    await execution.command(to('b'));
    await execution.run();
    await execution.command(cancel);
    await execution.run();
    expect(handlers.order).toEqual(['d', 'c', 'b', 'a']);
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    checkJournal(execution);
  });

  it('that stops half-way ends as cancelled and goes on when it comes again', async () => {
    const handlers = new Handlers();
    const workflow = { ...FOUR, settings: { retryPolicy: { maxRetries: 0 } } };
    const execution = await DrivenExecution.run(workflow, { types: [handlers.type()] });
    await execution.command(to('b'));
    await execution.run();
    handlers.does.a = () => {
      throw new NodeError('HTTP_500', 'No');
    };
    await execution.command(cancel);
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: 'rollback-stopped' });
    delete handlers.does.a;
    await execution.command(cancel);
    await execution.run();
    expect(execution.state).toMatchObject({ status: 'cancelled', activity: null });
    expect(handlers.order).toEqual(['d', 'c', 'b', 'a', 'a']);
    checkJournal(execution);
  });

  it('of one that has not begun only cancels it', async () => {
    const execution = new DrivenExecution(FOUR, { types: [new Handlers().type()] });
    await execution.start().settle();
    const pending = new DrivenExecution(FOUR, { types: [new Handlers().type()], events: execution.events.slice(0, 1) });
    await pending.command(cancel);
    await pending.run();
    expect(pending.types).toEqual(['execution:created', 'execution:cancelled']);
  });
});

describe('what waits, was skipped or is between attempts', () => {
  it('has no step and is pending again', async () => {
    const workflow: TestWorkflow = {
      nodes: [
        pay('a'),
        { id: 'nap', type: 'sleep', config: { ms: 100_000 } },
        { id: 'off', type: 'value', enabled: false },
        pay('c'),
      ],
      edges: [
        { source: 'a', target: 'nap' },
        { source: 'a', target: 'off' },
        { source: 'off', target: 'c' },
      ],
    };
    const handlers = new Handlers();
    const execution = await new DrivenExecution(workflow, { types: [handlers.type()] }).start().settle();
    await execution.command({ kind: 'pause', mode: 'wait' });
    await execution.command(to('a'));
    await execution.run();
    expect(rollbackOf(execution)?.plan.steps.map(({ nodeId }) => nodeId)).toEqual(['c']);
    expect(execution.statuses()).toEqual({ a: 'completed', nap: 'pending', off: 'pending', c: 'pending' });
    expect(handlers.calls).toMatchObject([{ nodeId: 'c', inputs: { id: 0 } }]);
    await execution.command({ kind: 'resume' });
    await execution.run();
    expect(execution.state.status).toBe('completed');
    checkJournal(execution);
  });
});
