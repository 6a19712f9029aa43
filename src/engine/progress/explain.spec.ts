import type { JournalEvent } from '../journal/events.js';
import { foldJournal } from '../journal/fold.js';
import type { RunningAttempt } from '../journal/execution-record.js';
import type { ExecutionState } from '../state/execution-state.js';
import { edge } from '../testing/definitions.js';
import { DrivenExecution } from '../testing/driven-execution.js';
import { explain } from './explain.js';
import type { OwnerFacts } from './explanation.js';

const START = Date.UTC(2026, 0, 1, 12);
const time = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const at = (seconds: number) => START + seconds * 1000;
const NOW = at(60);

/** a and b run at once; then c; d stands alone, and has no place while both run. */
const { plan } = new DrivenExecution({
  nodes: [
    { id: 'a', type: 'effect', label: 'Charge card', config: {}, retryPolicy: { maxRetries: 4 } },
    { id: 'b', type: 'work', label: 'Book slot', config: {} },
    { id: 'c', type: 'value', label: 'Ship', config: {} },
    { id: 'd', type: 'value', label: 'Mail', config: {} },
  ],
  edges: [edge('a', 'c'), edge('b', 'c')],
  settings: { maxConcurrency: 2 },
});

const created: JournalEvent = {
  type: 'execution:created',
  timestamp: START,
  workflowId: 'wf_test',
  workflowName: 'Test',
  revision: 1,
  trigger: { type: 'api' },
  context: {},
  labels: {},
  priority: 0,
};
const event = (type: string, more: object = {}) => ({ type, timestamp: at(40), ...more }) as JournalEvent;
const attempted = (nodeId: string, more: object = {}) => ({
  nodeId,
  run: 1,
  attempt: 1,
  startTime: at(10),
  startSeq: 2,
  ...more,
});
const error = { code: 'HTTP_502', message: 'Bad gateway' };
const shown = { code: 'OUTCOME_UNKNOWN', message: 'The attempt was cut off and nobody knows whether it happened' };
const ann = { actor: 'ann', reason: 'wrong price list' };

const started = event('execution:started', { timestamp: at(1) });
const intent = event('node:started', {
  ...attempted('a'),
  timestamp: at(10),
  key: 'k',
  instance: 'i',
  config: {},
});
const retrying = event('node:retrying', { ...attempted('a', { attempt: 2 }), error, delay: 62_000, until: at(102) });
const waiting = (what: string, until?: number) => event('node:waiting', { ...attempted('a'), for: what, until });
const done = (nodeId: string) => event('node:completed', { ...attempted(nodeId), outputs: {} });
const failedNode = (more: object = {}) => event('node:failed', { ...attempted('a', { attempt: 3 }), error, ...more });
// oxlint-disable-next-line unicorn/no-thenable
const asks = event('node:interrupted', { ...attempted('a'), endTime: at(20), cause: 'crash', then: 'ask' });
// oxlint-disable-next-line unicorn/no-thenable
const probes = event('node:interrupted', { ...attempted('a'), endTime: at(20), cause: 'crash', then: 'probe' });
const pausing = event('execution:pausing', { ...ann, mode: 'wait' });
const paused = (more: object = {}) => event('execution:paused', more);
const failed = event('execution:failed', { error: { ...error, failedNodeId: 'a', failedNodeName: 'Charge card' } });
// oxlint-disable-next-line unicorn/no-thenable
const cancelling = event('execution:cancelling', { ...ann, then: 'cancelled' });
const rollback = event('execution:rolling-back', {
  ...ann,
  rollbackId: 'r',
  plan: { targetNodeId: 'b', scope: 'after', steps: [], warnings: [], reset: [] },
  force: false,
});
/** Of one whose steps are of `d`, then of `a`. */
const rollingBack = event('execution:rolling-back', {
  ...ann,
  rollbackId: 'r',
  plan: { targetNodeId: 'b', scope: 'after', steps: [{ nodeId: 'd' }, { nodeId: 'a' }], warnings: [], reset: [] },
  force: false,
});
const handler = (attempt: number) => event('node:rolling-back', { nodeId: 'a', run: 1, attempt, key: 'k_undo' });
const handlerFailed = event('node:rollback-failed', { nodeId: 'a', run: 1, attempt: 1, error, until: at(90) });
const undone = event('node:rolled-back', { nodeId: 'd', run: 1, attempt: 1, outcome: 'undone' });
const stuck = event('node:rollback-failed', { nodeId: 'a', run: 1, attempt: 3, error });
const rollbackEnd = { rollbackId: 'r', rolledBack: ['d'], remaining: ['a'], failedNodeId: 'a', reset: [] };

const alive = (more: Partial<OwnerFacts> = {}): OwnerFacts => ({
  status: 'running',
  instance: 'i_1',
  host: 'b7',
  state: 'alive',
  heartbeatAt: at(59),
  silentMs: 1000,
  wakeAt: null,
  ahead: null,
  ...more,
});
const nobody = (more: Partial<OwnerFacts> = {}): OwnerFacts =>
  alive({ instance: null, host: null, state: null, heartbeatAt: null, silentMs: null, ...more });

function explained(state: ExecutionState, owner?: OwnerFacts, running: RunningAttempt[] = []) {
  return explain({ plan, state, now: NOW, owner, running, lease: { silentAfterMs: 4000, leaseMs: 10_000 } });
}

interface Expected {
  code: string;
  summary: string;
  waitingFor?: object[];
  /** In short: the name, with a node after a colon. */
  actions?: string;
}

interface Row extends Expected {
  events: JournalEvent[];
  runAt?: number;
  owner?: OwnerFacts;
  running?: RunningAttempt[];
}

const inMemory = (nodeId: string, attempt = 1): RunningAttempt => ({ nodeId, run: 1, attempt, startTime: at(19) });

const ROWS: { [name: string]: Row } = {
  'one that is scheduled waits for its time': {
    events: [],
    runAt: at(3600),
    owner: nobody({ status: 'pending', wakeAt: at(3600) }),
    code: 'SCHEDULED',
    summary: `It starts at ${time(3600)}.`,
    waitingFor: [{ kind: 'timer', since: START, until: at(3600) }],
    actions: 'start cancel',
  },
  'one that is queued waits for a place, and knows how many come before it': {
    events: [],
    owner: nobody({ status: 'pending', wakeAt: at(5), ahead: 14 }),
    code: 'QUEUED',
    summary: 'It waits for a free place in memory (MAX_ACTIVE_EXECUTIONS); 14 come before it.',
    waitingFor: [{ kind: 'place', since: at(5), ahead: 14 }],
    actions: 'start cancel',
  },
  'the first in line': {
    events: [],
    owner: nobody({ status: 'pending', wakeAt: at(5), ahead: 0 }),
    code: 'QUEUED',
    summary: 'It waits for a free place in memory (MAX_ACTIVE_EXECUTIONS); it is the next one.',
    waitingFor: [{ kind: 'place', since: at(5), ahead: 0 }],
  },
  'one of which nothing is known but its journal': {
    events: [],
    code: 'QUEUED',
    summary: 'It waits for a free place in memory (MAX_ACTIVE_EXECUTIONS).',
    waitingFor: [{ kind: 'place', since: START }],
  },
  'one that an instance is about to start': {
    events: [],
    owner: alive({ status: 'pending' }),
    code: 'STARTING',
    summary: 'Instance i_1 on b7 has it and is about to start it.',
    waitingFor: [{ kind: 'owner', instance: 'i_1', since: at(59), until: at(69) }],
    actions: 'start cancel',
  },
  'a node that runs by the journal, and one in memory, before those that have no place': {
    events: [started, intent],
    owner: alive(),
    running: [inMemory('b')],
    code: 'EXECUTING',
    summary: '2 nodes run: Charge card and Book slot. Mail waits for a free place (maxConcurrency 2).',
    waitingFor: [
      { kind: 'node', nodeId: 'a', since: at(10), attempt: 1, instance: 'i_1' },
      { kind: 'node', nodeId: 'b', since: at(19), attempt: 1, instance: 'i_1' },
      { kind: 'place', nodeId: 'd' },
    ],
    actions: 'pause cancel',
  },
  'a single node that runs': {
    events: [started, done('a'), done('d')],
    running: [inMemory('b', 2)],
    code: 'EXECUTING',
    summary: 'Book slot has been running for 41 s, in attempt 2.',
    waitingFor: [{ kind: 'node', nodeId: 'b', since: at(19), attempt: 2 }],
  },
  'nodes that are about to run, or run where nobody here can see': {
    events: [started, done('d')],
    code: 'EXECUTING',
    summary: 'Charge card and Book slot run next.',
    waitingFor: [
      { kind: 'node', nodeId: 'a' },
      { kind: 'node', nodeId: 'b' },
    ],
  },
  'an attempt that was cut off and is being looked at': {
    events: [started, intent, probes, done('b'), done('d')],
    code: 'EXECUTING',
    summary: 'It is being found out whether Charge card happened.',
    waitingFor: [{ kind: 'node', nodeId: 'a' }],
  },
  'nothing is left to run': {
    events: [started, done('a'), done('b'), done('c'), done('d')],
    code: 'EXECUTING',
    summary: 'Its next step is being decided.',
    waitingFor: [],
  },
  'a node that runs beside one that waits': {
    events: [started, waiting('delay', at(100)), done('d')],
    running: [inMemory('b')],
    code: 'EXECUTING',
    summary: `Book slot has been running for 41 s. Charge card: waits for delay until ${time(100)}.`,
    waitingFor: [
      { kind: 'node', nodeId: 'b', since: at(19), attempt: 1 },
      { kind: 'timer', nodeId: 'a', since: at(10), until: at(100) },
    ],
  },
  'a retry: which attempt comes, which error the last one had': {
    events: [started, done('b'), done('d'), retrying],
    code: 'RETRYING',
    summary: `Charge card: attempt 2 failed with HTTP_502, next at ${time(102)}.`,
    waitingFor: [{ kind: 'retry', nodeId: 'a', since: at(40), until: at(102), attempt: 3, maxAttempts: 6, error }],
    actions: 'pause cancel',
  },
  'a retry that is due has only to get a place': {
    events: [
      started,
      done('b'),
      done('d'),
      event('node:retrying', { ...attempted('a'), error, delay: 1, until: at(50) }),
    ],
    code: 'RETRYING',
    summary: 'Its next step is being decided.',
    waitingFor: [{ kind: 'node', nodeId: 'a' }],
  },
  'several waits, retries first': {
    events: [started, done('d'), retrying, { ...waiting('delay', at(70)), nodeId: 'b' } as JournalEvent],
    code: 'RETRYING',
    summary: `Charge card: attempt 2 failed with HTTP_502, next at ${time(102)}. 1 more node waits.`,
    waitingFor: [
      { kind: 'retry', nodeId: 'a', since: at(40), until: at(102), attempt: 3, maxAttempts: 6, error },
      { kind: 'timer', nodeId: 'b', since: at(10), until: at(70) },
    ],
  },
  'several waits, the next one first': {
    events: [
      started,
      done('d'),
      waiting('event', at(86_400)),
      { ...waiting('delay', at(70)), nodeId: 'b' } as JournalEvent,
    ],
    code: 'WAITING',
    summary: `Book slot: waits for delay until ${time(70)}. 1 more node waits.`,
    waitingFor: [
      { kind: 'timer', nodeId: 'b', since: at(10), until: at(70) },
      { kind: 'event', nodeId: 'a', since: at(10), until: at(86_400) },
    ],
  },
  'an event that is awaited': {
    events: [started, done('b'), done('d'), waiting('event', at(86_400))],
    code: 'WAITING',
    summary: `Charge card: waits for event until ${time(86_400)}.`,
    waitingFor: [{ kind: 'event', nodeId: 'a', since: at(10), until: at(86_400) }],
    actions: 'pause cancel',
  },
  'an approval without a limit': {
    events: [started, done('b'), done('d'), waiting('approval')],
    code: 'WAITING',
    summary: 'Charge card: waits for approval.',
    waitingFor: [{ kind: 'approval', nodeId: 'a', since: at(10) }],
  },
  'a child': {
    events: [started, done('b'), done('d'), waiting('child')],
    code: 'WAITING',
    summary: 'Charge card: waits for child.',
    waitingFor: [{ kind: 'child', nodeId: 'a', since: at(10) }],
  },
  'a failure that waits for what still runs': {
    events: [started, failedNode()],
    running: [inMemory('b')],
    code: 'FAILING',
    summary: 'Charge card: HTTP_502, Bad gateway. It ends as failed once what still runs has ended: Book slot.',
    waitingFor: [{ kind: 'node', nodeId: 'b', since: at(19), attempt: 1 }],
    actions: 'pause cancel',
  },
  'a pause that waits for running nodes': {
    events: [started, intent, pausing],
    code: 'PAUSING',
    summary: 'A pause by ann ("wrong price list") waits for Charge card.',
    waitingFor: [{ kind: 'node', nodeId: 'a', since: at(10), attempt: 1 }],
    actions: 'resume abort cancel',
  },
  'a pause that waits for what only the instance elsewhere knows': {
    events: [started, pausing],
    code: 'PAUSING',
    summary: 'A pause by ann ("wrong price list") waits for what still runs.',
    waitingFor: [],
    actions: 'resume abort cancel',
  },
  'a cancellation under way takes no further command': {
    events: [started, intent, cancelling],
    code: 'CANCELLING',
    summary: 'It is being cancelled by ann ("wrong price list"); Charge card may take a moment to end.',
    waitingFor: [{ kind: 'node', nodeId: 'a', since: at(10), attempt: 1 }],
    actions: '',
  },
  'an end by hand under way': {
    // oxlint-disable-next-line unicorn/no-thenable
    events: [started, intent, event('execution:cancelling', { then: 'completed' })],
    code: 'CANCELLING',
    summary: 'It is being ended as completed; Charge card may take a moment to end.',
    waitingFor: [{ kind: 'node', nodeId: 'a', since: at(10), attempt: 1 }],
  },
  'a rollback under way': {
    events: [started, done('d'), paused(), rollback, undone],
    code: 'ROLLING_BACK',
    summary: 'Rolling back to Book slot by ann ("wrong price list"); 1 node is undone so far.',
    waitingFor: [],
    actions: 'cancel',
  },
  'a rollback whose handler is at work': {
    events: [started, done('d'), paused(), rollingBack, undone, handler(1), handlerFailed, handler(2)],
    owner: alive({ status: 'paused' }),
    code: 'ROLLING_BACK',
    summary:
      'Rolling back to Book slot by ann ("wrong price list"); 1 node is undone so far. Charge card has been undoing for 20 s, in attempt 2.',
    waitingFor: [{ kind: 'node', nodeId: 'a', since: at(40), attempt: 2, instance: 'i_1' }],
    actions: 'cancel',
  },
  'a rollback whose handler is between attempts': {
    events: [started, done('d'), paused(), rollingBack, undone, handler(1), handlerFailed],
    code: 'ROLLING_BACK',
    summary: `Rolling back to Book slot by ann ("wrong price list"); 1 node is undone so far. Undoing Charge card: attempt 1 failed with HTTP_502, next at ${time(90)}.`,
    waitingFor: [{ kind: 'retry', nodeId: 'a', since: at(40), until: at(90), attempt: 2, maxAttempts: 5, error }],
    actions: 'cancel',
  },
  'a cancellation that lets a handler end': {
    events: [started, done('d'), paused(), rollingBack, undone, handler(1), cancelling],
    code: 'CANCELLING',
    summary: 'It is being cancelled by ann ("wrong price list"); Charge card may take a moment to end.',
    waitingFor: [{ kind: 'node', nodeId: 'a', since: at(40), attempt: 1 }],
  },
  'a rollback that stopped half-way': {
    events: [
      started,
      done('d'),
      paused(),
      rollback,
      undone,
      stuck,
      event('execution:rollback-stopped', { ...rollbackEnd, error }),
    ],
    code: 'ROLLBACK_STOPPED',
    summary: 'The rollback to Book slot stopped at Charge card: HTTP_502, Bad gateway; 1 node is undone so far.',
    waitingFor: [{ kind: 'person', nodeId: 'a', since: at(40), error }],
    actions: 'settle:a rollback cancel',
  },
  'a pause: by whom, when and why': {
    events: [started, paused(ann)],
    owner: nobody({ status: 'paused' }),
    code: 'PAUSED',
    summary: `Paused by ann ("wrong price list") at ${time(40)}. It goes on when it is resumed.`,
    waitingFor: [{ kind: 'person', since: at(40), by: 'ann', reason: 'wrong price list' }],
    actions: 'resume cancel',
  },
  'a pause after a rollback': {
    events: [started, done('d'), paused(), rollback, undone, event('execution:rolled-back', rollbackEnd)],
    code: 'PAUSED',
    summary: 'Paused after a rollback to Book slot by ann ("wrong price list"). It goes on when it is resumed.',
    waitingFor: [{ kind: 'person', since: at(40), by: 'ann', reason: 'wrong price list' }],
  },
  'a node of which nobody knows whether it happened': {
    events: [started, intent, asks, paused({ code: 'OUTCOME_UNKNOWN', nodeId: 'a' })],
    code: 'OUTCOME_UNKNOWN',
    summary: 'Nobody knows whether Charge card happened. A person who has looked settles it; a resume runs it again.',
    waitingFor: [{ kind: 'person', nodeId: 'a', since: at(20), attempt: 1, error: shown }],
    actions: 'settle:a resume rollback cancel',
  },
  'the same when a person had asked for the pause': {
    events: [started, intent, pausing, asks, paused()],
    code: 'OUTCOME_UNKNOWN',
    summary: 'Nobody knows whether Charge card happened. A person who has looked settles it; a resume runs it again.',
    waitingFor: [{ kind: 'person', nodeId: 'a', since: at(20), attempt: 1, error: shown }],
  },
  'such a node once it is settled': {
    events: [
      started,
      intent,
      asks,
      paused({ code: 'OUTCOME_UNKNOWN', nodeId: 'a' }),
      event('node:settled', { nodeId: 'a', run: 1, status: 'skipped' }),
    ],
    code: 'PAUSED',
    summary: `Paused at ${time(40)}. It goes on when it is resumed.`,
    waitingFor: [{ kind: 'person', since: at(40) }],
    actions: 'resume rollback cancel',
  },
  'a crash loop': {
    events: [started, paused({ code: 'CRASH_LOOP' })],
    code: 'CRASH_LOOP',
    summary: `The processes that drove it died again and again, so it was paused at ${time(40)}. Resume it once the cause is gone.`,
    waitingFor: [{ kind: 'person', since: at(40) }],
    actions: 'resume cancel',
  },
  'another pause of the engine': {
    events: [started, paused({ code: 'UNSTORABLE' })],
    code: 'UNSTORABLE',
    summary: `Paused with UNSTORABLE at ${time(40)}.`,
    waitingFor: [{ kind: 'person', since: at(40) }],
  },
  'a failure: the node, the error, the attempts, and what was not reached': {
    events: [started, done('b'), failedNode(), failed],
    owner: nobody({ status: 'failed' }),
    code: 'HTTP_502',
    summary: 'Charge card: HTTP_502, Bad gateway (after 3 attempts). 2 nodes were not reached.',
    waitingFor: [],
    actions: 'settle:a resume rollback rerun delete',
  },
  'a failure of which nobody knows whether it happened': {
    events: [started, done('b'), done('d'), failedNode({ outcome: 'unknown' }), failed],
    code: 'HTTP_502',
    summary: 'Charge card: HTTP_502, Bad gateway (after 3 attempts). 1 node was not reached.',
    waitingFor: [{ kind: 'person', nodeId: 'a', since: at(40), attempt: 3, error }],
    actions: 'settle:a resume rollback rerun',
  },
  'an execution that ran into its limit': {
    events: [started, event('execution:failed', { error: { code: 'EXECUTION_TIMEOUT', message: 'Too long' } })],
    code: 'EXECUTION_TIMEOUT',
    summary: 'EXECUTION_TIMEOUT, Too long. 4 nodes were not reached.',
    waitingFor: [],
    actions: 'resume rerun',
  },
  'an error whose code is that of a situation': {
    events: [started, event('execution:failed', { error: { code: 'WAITING', message: 'mine' } })],
    code: 'WAITING',
    summary: 'WAITING, mine. 4 nodes were not reached.',
    waitingFor: [],
  },
  'one that was ended as failed': {
    events: [started, event('execution:failed', { ...ann, error: { code: 'FAILED_BY_HAND', message: 'No good' } })],
    code: 'FAILED_BY_HAND',
    summary: `FAILED_BY_HAND, No good. Ended as failed by ann ("wrong price list") at ${time(40)}.`,
    waitingFor: [],
  },
  'one that has completed': {
    events: [started, done('a'), done('b'), done('c'), done('d'), event('execution:completed')],
    owner: nobody({ status: 'completed' }),
    code: 'COMPLETED',
    summary: 'Completed in 39 s.',
    waitingFor: [],
    actions: 'rollback rerun delete',
  },
  'one that has completed although a node failed': {
    events: [started, failedNode(), event('execution:completed', { timestamp: at(1.25) })],
    code: 'COMPLETED',
    summary: 'Completed in 250 ms, with 1 failed node.',
    waitingFor: [],
  },
  'one that was ended as completed': {
    events: [started, event('execution:completed', { timestamp: at(3700), ...ann })],
    code: 'COMPLETED',
    summary: `Ended as completed by ann ("wrong price list") at ${time(3700)}.`,
    waitingFor: [],
  },
  'one that completed by itself after it had been ended by hand': {
    events: [
      started,
      event('execution:completed', ann),
      rollback,
      event('execution:rolled-back', rollbackEnd),
      event('execution:resumed', { reset: [] }),
      event('execution:completed', { timestamp: at(3700) }),
    ],
    code: 'COMPLETED',
    summary: 'Completed in 1 h 1 min.',
    waitingFor: [],
  },
  'one that was cancelled': {
    events: [event('execution:cancelled', ann)],
    owner: nobody({ status: 'cancelled' }),
    code: 'CANCELLED',
    summary: `Cancelled by ann ("wrong price list") at ${time(40)}.`,
    waitingFor: [],
    actions: 'rerun delete',
  },
  'an owner that has been silent for longer than it may': {
    events: [started, intent],
    owner: alive({ heartbeatAt: at(53), silentMs: 7000 }),
    code: 'OWNER_SILENT',
    summary: `Instance i_1 on b7, which drives it, has been silent for 7 s. Unless it is heard of again, another one takes over after ${time(63)}.`,
    waitingFor: [
      { kind: 'owner', instance: 'i_1', since: at(53), until: at(63) },
      { kind: 'node', nodeId: 'a', since: at(10), attempt: 1, instance: 'i_1' },
      { kind: 'node', nodeId: 'b' },
      { kind: 'place', nodeId: 'd' },
    ],
    actions: 'pause cancel',
  },
  'an owner that is dead': {
    events: [started, intent],
    owner: alive({ state: 'dead', heartbeatAt: at(40) }),
    code: 'OWNER_DEAD',
    summary: `Instance i_1 on b7, which drove it, is dead (last heard of at ${time(40)}). Another one takes over.`,
    waitingFor: [{ kind: 'owner', instance: 'i_1', since: at(40) }],
    actions: 'pause cancel',
  },
  'an owner whose row is gone': {
    events: [started, pausing],
    owner: alive({ state: null, host: null, heartbeatAt: null, silentMs: null }),
    code: 'OWNER_DEAD',
    summary: 'Instance i_1, which drove it, is dead. Another one takes over.',
    waitingFor: [{ kind: 'owner', instance: 'i_1' }],
  },
  'one that is due and that nobody has taken into memory yet': {
    events: [started, waiting('delay', at(50))],
    owner: nobody({ wakeAt: at(50), ahead: 1 }),
    code: 'QUEUED',
    summary: 'It waits for a free place in memory (MAX_ACTIVE_EXECUTIONS); 1 comes before it.',
    waitingFor: [{ kind: 'place', since: at(50), ahead: 1 }],
  },
  'a row that is of another moment than the journal': {
    events: [started, done('a'), done('d')],
    owner: alive({ status: 'pending', state: 'dead' }),
    code: 'EXECUTING',
    summary: 'Book slot runs next.',
    waitingFor: [{ kind: 'node', nodeId: 'b', instance: undefined }],
  },
  'a dead owner of one that is paused is nobody to wait for': {
    events: [started, paused(ann)],
    owner: alive({ status: 'paused', state: 'dead' }),
    code: 'PAUSED',
    summary: `Paused by ann ("wrong price list") at ${time(40)}. It goes on when it is resumed.`,
    waitingFor: [{ kind: 'person', since: at(40), by: 'ann', reason: 'wrong price list' }],
  },
};

describe('the explanation of', () => {
  it.each(Object.keys(ROWS))('%s', (name) => {
    const { events, runAt, owner, running, waitingFor, actions, ...expected } = ROWS[name] as Row;
    const state = foldJournal([{ ...created, runAt } as JournalEvent, ...events]);
    const found = explained(state, owner, running);
    expect(found).toMatchObject(expected);
    expect(found.waitingFor).toEqual(waitingFor);
    expect(found).toMatchObject({ status: state.status });
    if (actions === undefined) return;
    expect(found.actions.map(({ action, nodeId }) => (nodeId ? `${action}:${nodeId}` : action)).join(' ')).toBe(
      actions,
    );
  });

  it('a pause has the code PAUSED when a person asked for it, and that of the pause when the engine did', () => {
    const code = (pause: JournalEvent) => explained(foldJournal([created, started, pause])).code;
    expect(code(paused(ann))).toBe('PAUSED');
    expect(code(paused({ code: 'CRASH_LOOP' }))).toBe('CRASH_LOOP');
  });

  it('an execution with ten thousand nodes in line is short', () => {
    const nodes = Array.from({ length: 10_000 }, (_, n) => ({ id: `n${n}`, type: 'work', config: {} }));
    const large = new DrivenExecution({ nodes }).plan;
    const state = foldJournal([created, started]);
    const found = explain({ plan: large, state, now: NOW, lease: { silentAfterMs: 1, leaseMs: 2 } });
    expect(found.waitingFor).toHaveLength(200);
    expect(found.summary).toBe(
      'n0, n1, n2 and 2 more run next. n5, n6, n7 and 9992 more wait for a free place (maxConcurrency 5).',
    );
  });

  it('one with a reason of any length is short', () => {
    const long = 'x'.repeat(10_000);
    const state = foldJournal([created, started, paused({ actor: 'ann', reason: long })]);
    expect(explained(state).summary.length).toBeLessThan(500);
  });
});
