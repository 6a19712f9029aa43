import type { JournalEvent, JournalEventType } from '../journal/events.js';
import { logLineOf } from './engine-log.js';

const error = { code: 'HTTP_502', message: 'Bad gateway' };
const ann = { actor: 'ann', reason: 'wrong price list', commandId: 'cmd_1' };
const whoAndWhy = { actor: 'ann', reason: 'wrong price list' };
const by = ' by ann: wrong price list';
const handler = { nodeId: 'a', run: 1, attempt: 2 };
const attempted = { ...handler, startTime: 1, startSeq: 2 };
const rollback = { rollbackId: 'r', rolledBack: ['b'], reset: [] };

type Body = { type: JournalEventType } & Record<string, unknown>;
type Line = [level: string, message: string, data?: object, nodeId?: string];

/** Every kind of event, and the line that it writes; null for none. */
const LINES: [string, Body, Line | null][] = [
  ['a creation', { type: 'execution:created' }, null],
  ['a start', { type: 'execution:started' }, null],
  ['a start before its time', { type: 'execution:started', ...ann }, ['info', `Started${by}`, whoAndWhy]],
  [
    'a start that nobody signed',
    { type: 'execution:started', commandId: 'cmd_1' },
    ['info', 'Started', { actor: undefined }],
  ],
  ['a pause that waits', { type: 'execution:pausing', mode: 'wait', ...ann }, ['info', `Pausing${by}`, whoAndWhy]],
  [
    'a pause that aborts',
    { type: 'execution:pausing', mode: 'abort', ...ann },
    ['info', `Pausing, running nodes are aborted${by}`, whoAndWhy],
  ],
  ['a pause', { type: 'execution:paused', ...ann }, ['info', `Paused${by}`, whoAndWhy]],
  [
    'a pause for a node that a person has to settle',
    { type: 'execution:paused', code: 'OUTCOME_UNKNOWN', nodeId: 'a' },
    [
      'warn',
      'Paused with OUTCOME_UNKNOWN: nobody knows whether the node happened; a person who has looked settles it',
      { code: 'OUTCOME_UNKNOWN' },
      'a',
    ],
  ],
  [
    'a crash loop',
    { type: 'execution:paused', code: 'CRASH_LOOP' },
    [
      'error',
      'Paused with CRASH_LOOP: again and again the process that drove it died before one of its nodes had ended; the logs of the server may say why',
      { code: 'CRASH_LOOP' },
    ],
  ],
  [
    'another pause of the engine',
    { type: 'execution:paused', code: 'UNSTORABLE' },
    ['error', 'Paused with UNSTORABLE', { code: 'UNSTORABLE' }],
  ],
  ['a resume', { type: 'execution:resumed', reset: [], ...ann }, ['info', `Resumed${by}`, whoAndWhy]],
  [
    'a resume from a node',
    { type: 'execution:resumed', fromNodeId: 'a', reset: [], ...ann },
    ['info', `Resumed from a${by}`, whoAndWhy],
  ],
  // oxlint-disable unicorn/no-thenable
  [
    'a cancellation that waits',
    { type: 'execution:cancelling', then: 'cancelled', ...ann },
    ['info', `Cancelling${by}`],
  ],
  [
    'an end by hand that waits',
    { type: 'execution:cancelling', then: 'failed', ...ann },
    ['info', `Ending as failed${by}`],
  ],
  ['a cancellation', { type: 'execution:cancelled', ...ann }, ['info', `Cancelled${by}`, whoAndWhy]],
  ['an end', { type: 'execution:completed' }, null],
  ['an end by hand', { type: 'execution:completed', ...ann }, ['info', `Ended as completed${by}`, whoAndWhy]],
  [
    'a failure',
    { type: 'execution:failed', error },
    ['error', 'The execution failed with HTTP_502: Bad gateway', { code: 'HTTP_502' }],
  ],
  [
    'a failure by hand',
    { type: 'execution:failed', error: { code: 'FAILED_BY_HAND', message: 'wrong price list' }, ...ann },
    [
      'error',
      'The execution failed with FAILED_BY_HAND: wrong price list (by ann)',
      { code: 'FAILED_BY_HAND', ...whoAndWhy },
    ],
  ],
  [
    'variables that were changed, by their names alone',
    { type: 'execution:updated', change: 'variables', variables: { price: 7, token: 'hush' }, ...ann },
    ['info', `Variables changed (price, token)${by}`, { ...whoAndWhy, change: 'variables', names: ['price', 'token'] }],
  ],
  [
    'configs that were changed, by their nodes alone',
    { type: 'execution:updated', change: 'config', config: { a: { password: 'hush' } }, ...ann },
    ['info', `Config changed of (a)${by}`, { ...whoAndWhy, change: 'config', names: ['a'] }],
  ],
  [
    'settings that were changed',
    { type: 'execution:updated', change: 'settings', settings: { timeout: 5 }, ...ann },
    ['info', `Settings changed (timeout)${by}`, { ...whoAndWhy, change: 'settings', names: ['timeout'] }],
  ],
  [
    'another revision',
    { type: 'execution:updated', change: 'revision', revision: 8, ...ann },
    ['info', `Goes on under revision 8${by}`, { ...whoAndWhy, change: 'revision', revision: 8 }],
  ],
  [
    'another owner',
    { type: 'execution:updated', change: 'owner', owner: 'i_2' },
    ['info', 'Owner changed', { change: 'owner', owner: 'i_2' }],
  ],
  [
    'a checkpoint by hand',
    { type: 'execution:updated', change: 'checkpoint', nodeId: 'a', label: 'paid', ...ann },
    ['info', `Checkpoint made${by}`, { ...whoAndWhy, change: 'checkpoint', label: 'paid' }, 'a'],
  ],
  [
    'a rollback',
    { type: 'execution:rolling-back', rollbackId: 'r', plan: { targetNodeId: 'b' }, force: false, ...ann },
    ['info', `Rolling back to b${by}`, { ...whoAndWhy, rollbackId: 'r', force: false }],
  ],
  [
    'a rollback of everything, by force',
    { type: 'execution:rolling-back', rollbackId: 'r', plan: { targetNodeId: null }, force: true },
    ['info', 'Rolling back to the start, by force', { rollbackId: 'r', force: true }],
  ],
  [
    'the end of a rollback',
    { type: 'execution:rolled-back', ...rollback },
    ['info', 'Rolled back: 1 node undone', { rollbackId: 'r', rolledBack: ['b'] }],
  ],
  [
    'a rollback that stopped',
    { type: 'execution:rollback-stopped', ...rollback, remaining: ['a', 'c'], failedNodeId: 'a', error },
    [
      'error',
      'The rollback stopped with HTTP_502: Bad gateway; 1 node undone, 2 nodes not',
      { rollbackId: 'r', rolledBack: ['b'], remaining: ['a', 'c'], code: 'HTTP_502' },
      'a',
    ],
  ],
  ['an intent', { type: 'node:started', ...handler }, null],
  ['a wait', { type: 'node:waiting', ...attempted, for: 'delay' }, null],
  ['a checkpoint of a node', { type: 'node:checkpoint', ...handler }, null],
  ['a completion', { type: 'node:completed', ...attempted, outputs: {} }, null],
  ['a node that does not run', { type: 'node:skipped', nodeId: 'a', reason: 'dead' }, null],
  [
    'a retry',
    { type: 'node:retrying', ...attempted, error, delay: 1000, until: 2000 },
    [
      'warn',
      'Attempt 2 failed with HTTP_502: Bad gateway; the next one follows in 1000 ms',
      { attempt: 2, code: 'HTTP_502', delay: 1000 },
      'a',
    ],
  ],
  [
    'a retry after an unknown outcome',
    { type: 'node:retrying', ...attempted, error, outcome: 'unknown', delay: 1000, until: 2000 },
    [
      'warn',
      'Attempt 2 failed with HTTP_502: Bad gateway; nobody knows whether it happened; the next one follows in 1000 ms',
      { attempt: 2, code: 'HTTP_502', outcome: 'unknown', delay: 1000 },
      'a',
    ],
  ],
  [
    'a failure of a node',
    { type: 'node:failed', ...attempted, error },
    ['error', 'Failed with HTTP_502: Bad gateway', { attempt: 2, code: 'HTTP_502' }, 'a'],
  ],
  [
    'a failure of which nobody knows whether it happened',
    { type: 'node:failed', ...attempted, error, outcome: 'unknown' },
    [
      'error',
      'Failed with HTTP_502: Bad gateway; nobody knows whether it happened',
      { attempt: 2, code: 'HTTP_502', outcome: 'unknown' },
      'a',
    ],
  ],
  [
    'an attempt that was cut off',
    { type: 'node:interrupted', ...attempted, endTime: 2, cause: 'crash', then: 'ask' },
    [
      'warn',
      'Attempt 2 was cut off (crash) and nobody knows whether it happened; what follows: ask',
      { attempt: 2, outcome: 'unknown', cause: 'crash', then: 'ask' },
      'a',
    ],
  ],
  // oxlint-enable unicorn/no-thenable
  [
    'a node that a person has settled',
    { type: 'node:settled', nodeId: 'a', run: 1, status: 'completed', outputs: {}, ...ann },
    ['info', `Settled as completed${by}`, { ...whoAndWhy, status: 'completed', run: 1 }, 'a'],
  ],
  ['the intent of an undoing', { type: 'node:rolling-back', ...handler, key: 'k' }, null],
  [
    'a node that was undone',
    { type: 'node:rolled-back', ...handler, outcome: 'undone' },
    ['info', 'Undone', { run: 1, attempt: 2, outcome: 'undone' }, 'a'],
  ],
  [
    'a node with nothing to undo',
    { type: 'node:rolled-back', ...handler, outcome: 'nothing-to-do' },
    ['info', 'There was nothing to undo', { outcome: 'nothing-to-do' }, 'a'],
  ],
  [
    'a node that cannot be undone',
    { type: 'node:rolled-back', ...handler, outcome: 'left' },
    ['warn', 'Could not be undone and stays as it is', { outcome: 'left' }, 'a'],
  ],
  [
    'an undoing that failed',
    { type: 'node:rollback-failed', ...handler, error },
    [
      'error',
      'Undoing failed in attempt 2 with HTTP_502: Bad gateway',
      { run: 1, attempt: 2, outcome: 'failed', code: 'HTTP_502' },
      'a',
    ],
  ],
];

describe('the line that is logged for', () => {
  it.each(LINES)('%s', (_, body, line) => {
    const found = logLineOf({ timestamp: 1234, ...body } as unknown as JournalEvent);
    if (line === null) {
      expect(found).toBeNull();
      return;
    }
    const [level, message, data = {}, nodeId] = line;
    expect(found).toMatchObject({ timestamp: 1234, level, message, data });
    expect(found?.nodeId).toBe(nodeId);
    // What is written never holds more than the table says by accident: a secret among it.
    expect(JSON.stringify(found)).not.toContain('hush');
  });
});
