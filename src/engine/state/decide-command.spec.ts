import { EngineError } from '../errors.js';
import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { JournalEvent } from '../journal/events.js';
import { foldJournal } from '../journal/fold.js';
import { decideCommand, type Command } from './decide-command.js';
import { endEvent } from './decide-end.js';
import type { ExecutionState } from './execution-state.js';

const created: JournalEvent = {
  type: 'execution:created',
  timestamp: 1,
  workflowId: 'w',
  workflowName: 'W',
  revision: 1,
  trigger: { type: 'api' },
  context: {},
  labels: {},
  priority: 0,
};
const event = (type: string, more: object = {}) => ({ type, timestamp: 2, ...more }) as JournalEvent;
const started = event('execution:started');
const error = { code: 'E', message: 'e' };
const planned = { hash: 'h', seq: 3, targetNodeId: null, scope: 'after', steps: [], warnings: [], reset: [] };
const rollback = event('execution:rolling-back', { rollbackId: 'r', plan: planned, force: false });
const cancelled = event('execution:rolling-back', { rollbackId: 'r', plan: planned, force: true, then: 'cancelled' });
const stopped = event('execution:rollback-stopped', { rollbackId: 'r', rolledBack: [], remaining: [], reset: [] });

/** How an execution comes to stand where a command finds it. */
const STATES: { [name: string]: JournalEvent[] } = {
  pending: [],
  running: [started],
  pausing: [started, event('execution:pausing', { mode: 'wait' })],
  cancelling: [started, event('execution:cancelling', { then: 'cancelled' })],
  paused: [started, event('execution:paused')],
  completed: [started, event('execution:completed')],
  failed: [started, event('execution:failed', { error })],
  cancelled: [event('execution:cancelled')],
  'rolling back': [started, event('execution:paused'), rollback],
  'rollback stopped': [started, event('execution:paused'), rollback, stopped],
  'failed and rolling back': [started, event('execution:failed', { error }), rollback],
  'rolled back': [
    started,
    event('execution:paused'),
    rollback,
    event('execution:rolled-back', { rollbackId: 'r', rolledBack: [], reset: [] }),
  ],
  'cancelling and rolling back': [
    started,
    event('execution:cancelling', { then: 'cancelled', rollback: true }),
    cancelled,
  ],
  'cancelled half-way': [
    started,
    event('execution:cancelling', { then: 'cancelled', rollback: true }),
    cancelled,
    event('execution:cancelled'),
    stopped,
  ],
};

const COMMANDS: { [name: string]: Command } = {
  pause: { kind: 'pause', mode: 'wait' },
  abort: { kind: 'pause', mode: 'abort' },
  resume: { kind: 'resume' },
  'carry on': { kind: 'carry-on' },
  'carry on with variables': { kind: 'carry-on', variables: { x: 1 } },
  cancel: { kind: 'end', then: 'cancelled' },
  complete: { kind: 'end', then: 'completed' },
  fail: { kind: 'end', then: 'failed' },
  rollback: { kind: 'rollback', targetNodeId: null, scope: 'after', force: false },
  'other rollback': { kind: 'rollback', targetNodeId: null, scope: 'dependants', force: false },
  'cancel with rollback': { kind: 'end', then: 'cancelled', rollback: true },
};

const plan = { nodes: [], byId: new Map() } as unknown as ExecutionPlan;
const stateOf = (events: JournalEvent[]): ExecutionState => foldJournal([created, ...events]);

/** In short: the event's name, `!` when running attempts are told to end, `-` for no change, or the code of the refusal. */
function decide(state: ExecutionState, command: Command, running: number): string {
  try {
    const decision = decideCommand(plan, state, command, { timestamp: 9, running });
    const names = decision.events.map(({ type }) => type.replace('execution:', ''));
    return names.length === 0 ? '-' : names.join(' + ') + (decision.abort ? '!' : '');
  } catch (refused) {
    if (!(refused instanceof EngineError)) throw refused;
    return refused.code === 'INVALID_TRANSITION' ? 'transition' : refused.code.toLowerCase();
  }
}

/** Every status and activity against every command, while something runs / while nothing runs. */
const TABLE: { [state: string]: { [command: string]: string } } = {
  pending: {
    pause: 'transition / transition',
    abort: 'transition / transition',
    resume: 'started / started',
    'carry on': 'transition / transition',
    'carry on with variables': 'transition / transition',
    cancel: 'cancelling! / cancelled',
    complete: 'transition / transition',
    fail: 'transition / transition',
    rollback: 'transition / transition',
    'other rollback': 'transition / transition',
    'cancel with rollback': 'cancelling! / cancelled',
  },
  running: {
    pause: 'pausing / paused',
    abort: 'pausing! / paused',
    resume: '- / -',
    'carry on': 'transition / transition',
    'carry on with variables': 'transition / transition',
    cancel: 'cancelling! / cancelled',
    complete: 'cancelling! / completed',
    fail: 'cancelling! / failed',
    rollback: 'transition / transition',
    'other rollback': 'transition / transition',
    'cancel with rollback': 'cancelling! / cancelling',
  },
  pausing: {
    pause: '- / -',
    abort: 'pausing! / -',
    resume: 'resumed / resumed',
    'carry on': 'transition / transition',
    'carry on with variables': 'transition / transition',
    cancel: 'cancelling! / cancelled',
    complete: 'cancelling! / completed',
    fail: 'cancelling! / failed',
    rollback: 'conflict / conflict',
    'other rollback': 'conflict / conflict',
    'cancel with rollback': 'cancelling! / cancelling',
  },
  cancelling: {
    pause: 'conflict / conflict',
    abort: 'conflict / conflict',
    resume: 'conflict / conflict',
    'carry on': 'conflict / conflict',
    'carry on with variables': 'conflict / conflict',
    cancel: '- / -',
    complete: 'conflict / conflict',
    fail: 'conflict / conflict',
    rollback: 'conflict / conflict',
    'other rollback': 'conflict / conflict',
    'cancel with rollback': 'conflict / conflict',
  },
  paused: {
    pause: '- / -',
    abort: '- / -',
    resume: 'resumed / resumed',
    'carry on': 'resumed / resumed',
    'carry on with variables': 'updated + resumed / updated + resumed',
    cancel: 'cancelling! / cancelled',
    complete: 'cancelling! / completed',
    fail: 'cancelling! / failed',
    rollback: 'rolling-back / rolling-back',
    'other rollback': 'rolling-back / rolling-back',
    'cancel with rollback': 'cancelling! / cancelling',
  },
  completed: {
    pause: 'transition / transition',
    abort: 'transition / transition',
    resume: 'transition / transition',
    'carry on': 'transition / transition',
    'carry on with variables': 'transition / transition',
    cancel: 'transition / transition',
    complete: '- / -',
    fail: 'transition / transition',
    rollback: 'rolling-back / rolling-back',
    'other rollback': 'rolling-back / rolling-back',
    'cancel with rollback': 'transition / transition',
  },
  failed: {
    pause: 'transition / transition',
    abort: 'transition / transition',
    resume: 'resumed / resumed',
    'carry on': 'resumed / resumed',
    'carry on with variables': 'updated + resumed / updated + resumed',
    cancel: 'transition / transition',
    complete: 'transition / transition',
    fail: '- / -',
    rollback: 'rolling-back / rolling-back',
    'other rollback': 'rolling-back / rolling-back',
    'cancel with rollback': 'transition / transition',
  },
  cancelled: {
    pause: 'transition / transition',
    abort: 'transition / transition',
    resume: 'transition / transition',
    'carry on': 'transition / transition',
    'carry on with variables': 'transition / transition',
    cancel: '- / -',
    complete: 'transition / transition',
    fail: 'transition / transition',
    rollback: 'rolling-back / rolling-back',
    'other rollback': 'rolling-back / rolling-back',
    'cancel with rollback': '- / -',
  },
  'rolling back': {
    pause: 'conflict / conflict',
    abort: 'conflict / conflict',
    resume: 'conflict / conflict',
    'carry on': 'conflict / conflict',
    'carry on with variables': 'conflict / conflict',
    cancel: 'cancelling! / cancelling',
    complete: 'conflict / conflict',
    fail: 'conflict / conflict',
    rollback: '- / -',
    'other rollback': 'conflict / conflict',
    'cancel with rollback': 'conflict / conflict',
  },
  'rollback stopped': {
    pause: 'conflict / conflict',
    abort: 'conflict / conflict',
    resume: 'conflict / conflict',
    'carry on': 'conflict / conflict',
    'carry on with variables': 'conflict / conflict',
    cancel: 'cancelled / cancelled',
    complete: 'conflict / conflict',
    fail: 'conflict / conflict',
    rollback: 'rolling-back / rolling-back',
    'other rollback': 'conflict / conflict',
    'cancel with rollback': 'conflict / conflict',
  },
};

TABLE['failed and rolling back'] = TABLE['rolling back'] ?? {};
TABLE['rolled back'] = { ...TABLE.paused, rollback: '- / -' };
TABLE['cancelling and rolling back'] = { ...TABLE['rolling back'], 'cancel with rollback': '- / -' };
TABLE['cancelled half-way'] = { ...TABLE['rollback stopped'], 'cancel with rollback': 'rolling-back / rolling-back' };

describe('a command', () => {
  it.each(Object.keys(STATES))('against an execution that is %s', (name) => {
    const found = Object.fromEntries(
      Object.entries(COMMANDS).map(([command, body]) => [
        command,
        [1, 0].map((running) => decide(stateOf(STATES[name] ?? []), body, running)).join(' / '),
      ]),
    );
    expect(found).toEqual(TABLE[name]);
  });

  it('that is taken can be folded, and changes nothing before', () => {
    for (const [name, events] of Object.entries(STATES)) {
      for (const command of Object.values(COMMANDS)) {
        for (const running of [0, 1]) {
          const state = stateOf(events);
          const before = JSON.stringify(state);
          let decided: readonly JournalEvent[] = [];
          try {
            decided = decideCommand(plan, state, command, { timestamp: 9, running }).events;
          } catch {
            // Refused.
          }
          expect(JSON.stringify(state)).toBe(before);
          // Only a status in which something runs leads to the two events that wait for it.
          if (running === 0 || name === 'running' || name === 'pausing') {
            const after = decided;
            expect(() => stateOf([...events, ...after])).not.toThrow();
          }
        }
      }
    }
  });

  it('says who asked for it and why', () => {
    const caused = { actor: 'ann', reason: 'why', commandId: 'c1' };
    for (const command of Object.values(COMMANDS)) {
      const given = { ...command, ...caused };
      const needsStop = given.kind === 'rollback' || given.kind === 'carry-on';
      const state = stateOf(needsStop ? [started, event('execution:paused')] : [started]);
      const { events } = decideCommand(plan, state, given, { timestamp: 9, running: 1 });
      for (const decided of events) expect(decided).toMatchObject({ actor: 'ann', reason: 'why', timestamp: 9 });
      // Where the id is, everything that the command does is.
      if (events.length > 0) expect(events.at(-1)).toMatchObject({ commandId: 'c1' });
    }
  });

  it('that the journal has already is not done again, whatever has become of the execution', () => {
    const paused = event('execution:paused', { commandId: 'c1' });
    const resumed = event('execution:resumed', { reset: [], commandId: 'c2' });
    for (const after of [[], [resumed], [resumed, event('execution:completed')]]) {
      const again: Command = { kind: 'pause', mode: 'abort', commandId: 'c1' };
      const decided = decideCommand(plan, stateOf([started, paused, ...after]), again, { timestamp: 9, running: 1 });
      expect(decided).toEqual({ events: [], abort: false });
    }
  });

  it('that asks for pending is granted to one that is so, and changes nothing', () => {
    const remain: Command = { kind: 'remain-pending' };
    for (const [name, events] of Object.entries(STATES)) {
      expect([name, decide(stateOf(events), remain, 0)]).toEqual([name, name === 'pending' ? '-' : 'transition']);
    }
  });

  it('that is refused names both states, or the activity', () => {
    const refuse = (events: JournalEvent[], command: Command) => () =>
      decideCommand(plan, stateOf(events), command, { timestamp: 9, running: 0 });
    expect(refuse(STATES.completed ?? [], { kind: 'resume' })).toThrow(
      expect.objectContaining({ details: { from: 'completed', to: 'running' } }) as Error,
    );
    expect(refuse(STATES.cancelling ?? [], { kind: 'resume' })).toThrow(
      expect.objectContaining({ details: { status: 'running', activity: 'cancelling' } }) as Error,
    );
  });
});

describe('a resume that comes too late', () => {
  it('is told which command was faster', () => {
    const resumed = event('execution:resumed', { timestamp: 5, reset: [], commandId: 'cmd_1', actor: 'ann' });
    const state = stateOf([
      started,
      event('execution:paused'),
      resumed,
      event('execution:completed', { timestamp: 6 }),
    ]);
    const late = () => decideCommand(plan, state, { kind: 'resume', actor: 'bob' }, { timestamp: 9, running: 0 });
    const startedBy = { command: 'cmd_1', actor: 'ann', at: 5 };
    expect(late).toThrow(
      expect.objectContaining({
        code: 'INVALID_TRANSITION',
        details: { from: 'completed', to: 'running', startedBy },
      }) as Error,
    );
  });

  it('has nobody to name when no command set the execution going', () => {
    const late = () =>
      decideCommand(plan, stateOf(STATES.completed ?? []), { kind: 'resume' }, { timestamp: 9, running: 0 });
    expect(late).toThrow(expect.objectContaining({ details: { from: 'completed', to: 'running' } }) as Error);
  });
});

describe('the event of an end by hand', () => {
  it('has the error that was given, else one that says who ended it', () => {
    const caused = { timestamp: 9, reason: 'no good' };
    expect(endEvent({ then: 'failed', error }, caused)).toMatchObject({ type: 'execution:failed', error });
    expect(endEvent({ then: 'failed' }, caused)).toMatchObject({
      error: { code: 'FAILED_BY_HAND', message: 'no good' },
    });
    expect(endEvent({ then: 'cancelled' }, caused)).toEqual({ type: 'execution:cancelled', ...caused });
  });
});
