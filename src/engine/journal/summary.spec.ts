import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { JournalEvent } from './events.js';
import { foldJournal } from './fold.js';
import { activityOf, attentionOf, summarize } from './summary.js';

const plan = { byId: new Map([['a', { name: 'Charge the card' }]]) } as unknown as ExecutionPlan;
const created: JournalEvent = {
  type: 'execution:created',
  timestamp: 1000,
  workflowId: 'w',
  workflowName: 'W',
  revision: 1,
  trigger: { type: 'api' },
  context: {},
  labels: {},
  priority: 0,
};
const started: JournalEvent = { type: 'execution:started', timestamp: 1000 };
const fold = (...events: JournalEvent[]) => foldJournal([created, started, ...events]);
const of = (nodeId: string) => ({ timestamp: 1100, nodeId, run: 1, attempt: 1, startTime: 1000, startSeq: 2 });

const intent: JournalEvent = { type: 'node:started', ...of('b'), key: 'k', instance: 'i', config: {} };
const waiting: JournalEvent = { type: 'node:waiting', ...of('a'), for: 'delay', until: 1_700_000_000_000 };
const retrying: JournalEvent = {
  type: 'node:retrying',
  ...of('a'),
  error: { code: 'TIMEOUT', message: 'slow' },
  delay: 1,
  until: 1_700_000_000_000,
};
const unknown: JournalEvent = {
  type: 'node:failed',
  ...of('a'),
  error: { code: 'X', message: 'x' },
  outcome: 'unknown',
};
const failed: JournalEvent = {
  type: 'execution:failed',
  timestamp: 1200,
  error: { code: 'X', message: 'x', failedNodeId: 'a', failedNodeName: 'Charge the card' },
};
const paused: JournalEvent = { type: 'execution:paused', timestamp: 1200 };

describe('the activity', () => {
  it.each([
    ['a pending one has none of its own', [], null],
    ['executing while something runs', [started, waiting, intent], 'executing'],
    ['executing between two nodes', [started], 'executing'],
    ['retrying, above waiting', [started, retrying, { ...waiting, nodeId: 'c' }], 'retrying'],
    ['waiting', [started, waiting], 'waiting'],
    ['pausing', [started, waiting, { type: 'execution:pausing', timestamp: 1200, mode: 'wait' }], 'pausing'],
    // oxlint-disable-next-line unicorn/no-thenable
    ['cancelling', [started, { type: 'execution:cancelling', timestamp: 1200, then: 'cancelled' }], 'cancelling'],
    ['a paused one has none', [started, waiting, paused], null],
    ['an ended one has none', [started, failed], null],
  ] as [string, JournalEvent[], string | null][])('%s', (_, events, activity) => {
    expect(activityOf(foldJournal([created, ...events]))).toBe(activity);
  });

  it('is executing while an attempt runs that the journal does not know', () => {
    expect(activityOf(fold(waiting), 1)).toBe('executing');
  });
});

describe('the attention', () => {
  it.each([
    ['none', [waiting], null],
    ['failed', [failed], 'failed'],
    ['unknown, above failed', [unknown, failed], 'unknown'],
    ['unknown while paused', [unknown, paused], 'unknown'],
    ['crash-loop', [{ ...paused, code: 'CRASH_LOOP' }], 'crash-loop'],
    [
      'none any more after a resume',
      [
        { ...paused, code: 'CRASH_LOOP' },
        { type: 'execution:resumed', timestamp: 1300, reset: [] },
      ],
      null,
    ],
    ['none while it still runs', [unknown], null],
  ] as [string, JournalEvent[], string | null][])('%s', (_, events, attention) => {
    expect(attentionOf(fold(...events))).toBe(attention);
  });
});

describe('the summary', () => {
  it('counts nodes, attempts in memory too, and says in one line what it waits for', () => {
    expect(summarize(plan, fold(waiting, intent), 2)).toEqual({
      status: 'running',
      activity: 'executing',
      attention: null,
      seq: 4,
      completedNodes: 0,
      failedNodes: 0,
      skippedNodes: 0,
      runningNodes: 4,
      summary: 'Charge the card: waits for delay until 2023-11-14T22:13:20.000Z',
      error: null,
      updatedAt: 1100,
      startedAt: 1000,
      endedAt: null,
    });
  });

  it.each([
    [[retrying], 'Charge the card: attempt 1 failed with TIMEOUT, next at 2023-11-14T22:13:20.000Z'],
    [[failed], 'Charge the card: X, x'],
    [[{ ...waiting, until: undefined }], 'Charge the card: waits for delay'],
    [[{ ...waiting, until: 1e20 }], 'Charge the card: waits for delay until 100000000000000000000'],
    [[waiting, { ...paused, code: 'CRASH_LOOP' }], 'CRASH_LOOP, the processes that drove it died again and again'],
    [[], null],
  ] as [JournalEvent[], string | null][])('line of %j', (events, line) => {
    expect(summarize(plan, fold(...events)).summary).toBe(line);
  });

  it('is short, however long the error', () => {
    const long: JournalEvent = { ...failed, error: { code: 'X', message: 'y'.repeat(5000) } };
    expect(summarize(plan, fold(long)).summary).toHaveLength(500);
  });
});
