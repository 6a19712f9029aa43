import { EngineError } from '../errors.js';
import type { ExecutionState } from '../state/execution-state.js';
import type { EventOf, JournalEvent } from './events.js';
import { foldEvent, foldJournal } from './fold.js';

const created: EventOf<'execution:created'> = {
  type: 'execution:created',
  timestamp: 1000,
  workflowId: 'w',
  workflowName: 'W',
  revision: 3,
  trigger: { type: 'api', data: 1 },
  context: { variables: { a: 1, b: 1 }, environment: 'test' },
  labels: { team: 'x' },
  priority: 2,
  runAt: 5000,
};
const started: JournalEvent = { type: 'execution:started', timestamp: 1000 };
const attempt = (nodeId: string, more: object = {}) => ({
  timestamp: 1100,
  nodeId,
  run: 1,
  attempt: 1,
  startTime: 1000,
  startSeq: 2,
  ...more,
});
const completed = (nodeId: string, more: object = {}): JournalEvent => ({
  type: 'node:completed',
  outputs: { of: nodeId },
  ...attempt(nodeId, more),
});
const failed = (nodeId: string, more: object = {}): JournalEvent => ({
  type: 'node:failed',
  error: { code: 'B', message: 'b' },
  ...attempt(nodeId, more),
});
const fold = (...events: JournalEvent[]): ExecutionState => foldJournal([created, started, ...events]);

describe('the fold', () => {
  it('starts from the creation', () => {
    expect(foldJournal([created])).toMatchObject({
      seq: 1,
      status: 'pending',
      workflowId: 'w',
      revision: 3,
      trigger: { type: 'api', data: 1 },
      variables: { a: 1, b: 1 },
      labels: { team: 'x' },
      priority: 2,
      runAt: 5000,
      createdAt: 1000,
    });
  });

  it('refuses a journal without its creation, with two of them, or with a gap', () => {
    expect(() => foldJournal([])).toThrow('begins with execution:created');
    expect(() => foldJournal([started])).toThrow('begins with execution:created');
    expect(() => foldJournal([created, created])).toThrow('created once');
    expect(() => foldEvent(foldJournal([created]), 3, started)).toThrow('Event 3 does not follow event 1');
  });

  it('refuses an event that the status does not allow', () => {
    const completion: JournalEvent = { type: 'execution:completed', timestamp: 2000 };
    expect(() => fold(completion, completion)).toThrow(EngineError);
    expect(() => foldJournal([created, completion])).toThrow(EngineError);
    expect(() => fold(started)).toThrow(EngineError);
  });

  it('does not change the events that it reads', () => {
    const events = [created, started, completed('a', { variables: { a: 2 } }), failed('b')];
    const before = JSON.stringify(events);
    foldJournal(events);
    expect(JSON.stringify(events)).toBe(before);
  });

  it('folds the same when every event went through JSON', () => {
    const events = [
      created,
      started,
      completed('a', { variables: { x: 1 }, port: undefined, edges: undefined, network: undefined }),
      failed('b', { outcome: undefined }),
      {
        type: 'execution:failed',
        timestamp: 2000,
        error: { code: 'B', message: 'b' },
        actor: undefined,
      } as JournalEvent,
    ];
    const shown = (state: ExecutionState) => JSON.stringify({ ...state, nodes: [...state.nodes] });
    const again = events.map((event) => JSON.parse(JSON.stringify(event)) as JournalEvent);
    expect(shown(foldJournal(again))).toBe(shown(foldJournal(events)));
  });

  it('adds up what the attempts of all nodes moved, failed ones too', () => {
    const network = { bytesReceived: 10, bytesSent: 20, requestCount: 1 };
    const retrying = { type: 'node:retrying', error: { code: 'B', message: 'b' }, delay: 1, until: 1101 } as const;
    const state = fold(
      { ...retrying, ...attempt('a', { network }) },
      completed('a', { network }),
      failed('b', { network }),
    );
    expect(state.network).toEqual({ bytesReceived: 30, bytesSent: 60, requestCount: 3 });
  });

  it('keeps of every attempt what the record shows: the last one', () => {
    const retrying = { type: 'node:retrying', error: { code: 'B', message: 'b' }, delay: 900, until: 2000 } as const;
    const state = fold({ ...retrying, ...attempt('a', { outcome: 'unknown' }) });
    expect(state.nodes.get('a')).toMatchObject({
      status: 'running',
      attempt: 1,
      failures: 1,
      retryAt: 2000,
      outcome: 'unknown',
      firstStartTime: 1000,
    });
    foldEvent(state, 4, completed('a', { attempt: 2, startTime: 2000, timestamp: 2300, startSeq: 3, port: 'x' }));
    const node = state.nodes.get('a');
    expect(node).toMatchObject({
      status: 'completed',
      attempt: 2,
      failures: 1,
      startTime: 2000,
      endTime: 2300,
      endSeq: 4,
      port: 'x',
    });
    expect([node?.error, node?.outcome, node?.retryAt]).toEqual([undefined, undefined, undefined]);
    expect(state.clock.used).toBe(100 + 300);
  });
});

describe('the fold of variables', () => {
  it('lets later writes win, and knows whose they were', () => {
    const state = fold(completed('n', { variables: { a: 2, c: 2 } }), {
      type: 'execution:updated',
      timestamp: 1200,
      change: 'variables',
      variables: { c: 3 },
      actor: 'ann',
    });
    expect(state.variables).toEqual({ a: 2, b: 1, c: 3 });
    expect(state.history).toMatchObject([{ type: 'update-variables', by: 'ann' }]);
  });

  it('takes back what a node wrote that is pending again, and keeps the rest', () => {
    const state = fold(
      completed('n', { variables: { a: 2, n: true } }),
      completed('m', { variables: { b: 2 } }),
      { type: 'execution:paused', timestamp: 1200 },
      { type: 'execution:resumed', timestamp: 1300, fromNodeId: 'n', reset: [{ nodeId: 'n', run: 2 }] },
    );
    expect(state.variables).toEqual({ a: 1, b: 2 });
    expect(state.nodes.get('n')).toMatchObject({ status: 'pending', run: 2, attempt: 0, failures: 0 });
    expect(state.nodes.get('n')?.outputs).toBeUndefined();
    expect(state.counts).toEqual({ pending: 1, running: 0, completed: 1, failed: 0, skipped: 0 });
  });

  it('keeps a name like __proto__ as data', () => {
    const odd = JSON.parse('{ "__proto__": { "admin": true }, "x": 1 }') as object;
    const state = fold(
      completed('n', { variables: odd }),
      completed('m', { variables: { y: 1 } }),
      { type: 'execution:paused', timestamp: 1200 },
      { type: 'execution:resumed', timestamp: 1300, reset: [{ nodeId: 'm', run: 2 }] },
    );
    expect(JSON.stringify(state.variables)).toBe('{"a":1,"b":1,"__proto__":{"admin":true},"x":1}');
    expect('admin' in state.variables).toBe(false);
  });
});

describe('the fold of what a person did', () => {
  it('settles a node as completed, skipped or not happened', () => {
    const settle = (status: 'completed' | 'skipped' | 'pending', more: object = {}): JournalEvent => ({
      type: 'node:settled',
      timestamp: 1500,
      nodeId: 'a',
      run: status === 'pending' ? 2 : 1,
      status,
      actor: 'ann',
      ...more,
    });
    const asking = [
      { type: 'node:started', timestamp: 1000, nodeId: 'a', run: 1, attempt: 1, key: 'k', instance: 'i', config: {} },
      // oxlint-disable-next-line unicorn/no-thenable
      { type: 'node:interrupted', ...attempt('a'), endTime: 1050, cause: 'crash', then: 'ask' },
      { type: 'execution:paused', timestamp: 1100 },
    ] as JournalEvent[];
    const happened = fold(...asking, settle('completed', { outputs: { x: 1 }, port: 'p' })).nodes.get('a');
    expect(happened).toMatchObject({ status: 'completed', outputs: { x: 1 }, port: 'p', settledBy: 'ann' });
    expect([happened?.asks, happened?.outcome, happened?.error]).toEqual([undefined, undefined, undefined]);
    expect(fold(...asking, settle('skipped')).nodes.get('a')).toMatchObject({
      status: 'skipped',
      skipReason: 'settled',
    });
    const again = fold(...asking, settle('pending')).nodes.get('a');
    expect(again).toMatchObject({ status: 'pending', run: 2, attempt: 0 });
  });

  it('remembers pauses, resumes and ends with who and why, and the ids of commands', () => {
    const caused = { actor: 'ann', reason: 'why', commandId: 'c1' };
    const state = fold(
      { type: 'execution:pausing', timestamp: 1100, mode: 'wait', ...caused },
      { type: 'execution:paused', timestamp: 1200 },
      { type: 'execution:resumed', timestamp: 1300, reset: [], ...caused, commandId: 'c2' },
      { type: 'execution:completed', timestamp: 1400, ...caused, commandId: 'c3' },
    );
    expect(state.history.map(({ type, by, reason }) => [type, by, reason])).toEqual([
      ['pause', 'ann', 'why'],
      ['resume', 'ann', 'why'],
      ['completed-by-hand', 'ann', 'why'],
    ]);
    expect([...state.commandIds]).toEqual(['c1', 'c2', 'c3']);
  });

  it('remembers a pause of the engine’s own with its code', () => {
    const { history } = fold({ type: 'execution:paused', timestamp: 1100, code: 'CRASH_LOOP' });
    expect(history).toMatchObject([{ type: 'pause', at: 1100, code: 'CRASH_LOOP' }]);
  });

  it('takes changes of config key by key, a new revision and checkpoints', () => {
    const update = { type: 'execution:updated', timestamp: 1100 } as const;
    const state = fold(
      { ...update, change: 'config', config: { a: { x: 1, y: 1 } } },
      { ...update, change: 'config', config: { a: { y: 2 }, b: { z: 1 } } },
      { ...update, change: 'revision', revision: 9 },
      { ...update, change: 'checkpoint', nodeId: 'a', label: 'here' },
      { ...update, change: 'owner', owner: null },
    );
    expect(state.configChanges).toEqual({ a: { x: 1, y: 2 }, b: { z: 1 } });
    expect(state.revision).toBe(9);
    expect(state.checkpoints).toMatchObject([{ nodeId: 'a', label: 'here', timestamp: 1100 }]);
  });
});

describe('the fold of a rollback', () => {
  const begin: JournalEvent = {
    type: 'execution:rolling-back',
    timestamp: 2000,
    rollbackId: 'r1',
    plan: { hash: 'h', seq: 5, targetNodeId: 'a', scope: 'after', steps: [], warnings: ['w'], reset: [] },
    force: true,
    actor: 'ann',
  };
  const ended: JournalEvent = { type: 'execution:failed', timestamp: 1500, error: { code: 'B', message: 'b' } };
  const step = { timestamp: 2100, nodeId: 'b', run: 1, attempt: 1 };

  it('that is done leaves its nodes pending and the execution paused', () => {
    const state = fold(
      completed('a'),
      completed('b', { variables: { a: 2 } }),
      failed('c'),
      ended,
      begin,
      { type: 'node:rolling-back', ...step, key: 'k_undo' },
      { type: 'node:rolled-back', ...step, outcome: 'undone' },
      {
        type: 'execution:rolled-back',
        timestamp: 2200,
        rollbackId: 'r1',
        rolledBack: ['b'],
        reset: [
          { nodeId: 'b', run: 2 },
          { nodeId: 'c', run: 2 },
        ],
      },
    );
    expect(state).toMatchObject({ status: 'paused', activity: null, variables: { a: 1, b: 1 } });
    expect(state.error).toBeUndefined();
    expect(state.endedAt).toBeUndefined();
    expect(state.nodes.get('b')).toMatchObject({ status: 'pending', run: 2, rolledBackAt: 2200 });
    expect(state.rollbacks).toMatchObject([
      {
        id: 'r1',
        targetNodeId: 'a',
        by: 'ann',
        force: true,
        status: 'completed',
        nodes: new Map([['b', { nodeId: 'b', outcome: 'undone', attempts: 1 }]]),
      },
    ]);
  });

  it('that stopped half-way says where, and is paused', () => {
    const error = { code: 'X', message: 'x' };
    const state = fold(
      completed('a'),
      completed('b'),
      ended,
      begin,
      { type: 'node:rollback-failed', ...step, error },
      {
        type: 'execution:rollback-stopped',
        timestamp: 2200,
        rollbackId: 'r1',
        rolledBack: [],
        remaining: ['b'],
        reset: [],
      },
    );
    expect(state).toMatchObject({ status: 'paused', activity: 'rollback-stopped' });
    expect(state.error).toBeUndefined();
    expect(state.rollbacks).toMatchObject([{ status: 'stopped' }]);
    expect(state.rollbacks[0]?.nodes.get('b')).toMatchObject({ outcome: 'failed', error });
  });

  it('without a beginning is refused', () => {
    expect(() => fold({ type: 'node:rolled-back', ...step, outcome: 'undone' })).toThrow('without a rollback');
  });
});
