import type { JournalEvent } from '../../src/engine/journal/events.js';
import type { RollbackPlan } from '../../src/engine/recovery/planned-rollback.js';

type Event = JournalEvent extends infer E ? (E extends JournalEvent ? Omit<E, 'timestamp'> : never) : never;

const error = { message: 'Too late', code: 'TIMEOUT', details: { after: 5 } };
const attempted = { run: 1, attempt: 1, startTime: 1000, startSeq: 2 };
const caused = { actor: 'Zoë', reason: 'To see', commandId: 'cmd_1' };
const network = { bytesReceived: 1, bytesSent: 2, requestCount: 1 };
const outputs = { n: 1 };
const reset = [{ nodeId: 'either', run: 2 }];
const handler = { run: 1, attempt: 1 };
const plan: RollbackPlan = {
  hash: 'h',
  seq: 20,
  targetNodeId: 'nap',
  scope: 'after',
  steps: [],
  warnings: ['"call" has acted outside'],
  reset,
};
const rollback = { rollbackId: 'rb_1', rolledBack: ['either'], reset };

/** A journal of three nodes (nap, call, either) in which everything happens that can happen. */
const EVENTS: Event[] = [
  { type: 'execution:started', ...caused },
  { type: 'node:waiting', nodeId: 'nap', ...attempted, for: 'delay', until: 2000 },
  { type: 'node:completed', nodeId: 'nap', ...attempted, outputs },
  { type: 'node:started', nodeId: 'call', run: 1, attempt: 1, key: 'rt_1', instance: 'in_1', config: { url: 'x' } },
  { type: 'node:checkpoint', nodeId: 'call', run: 1, state: { page: 2 } },
  { type: 'node:retrying', nodeId: 'call', ...attempted, error, outcome: 'unknown', delay: 5, until: 1005, network },
  {
    type: 'node:interrupted',
    nodeId: 'call',
    run: 1,
    attempt: 2,
    startTime: 1005,
    endTime: 1006,
    cause: 'crash',
    then: 'ask',
  },
  { type: 'execution:pausing', ...caused, mode: 'wait' },
  { type: 'execution:paused', code: 'OUTCOME_UNKNOWN', nodeId: 'call' },
  {
    type: 'node:settled',
    nodeId: 'call',
    run: 1,
    status: 'completed',
    outputs,
    port: 'a',
    edges: { e: true },
    ...caused,
  },
  { type: 'execution:updated', change: 'variables', variables: { a: 1 }, ...caused },
  { type: 'execution:updated', change: 'config', config: { call: { url: 'y' } }, keptAs: 'cmd_1', ...caused },
  { type: 'execution:updated', change: 'settings', settings: { timeout: 5000 }, ...caused },
  { type: 'execution:updated', change: 'owner', owner: null, ...caused },
  { type: 'execution:updated', change: 'checkpoint', nodeId: 'call', label: 'here', state: 1, ...caused },
  { type: 'execution:updated', change: 'revision', revision: 1, ...caused },
  { type: 'execution:resumed', fromNodeId: 'either', reset, ...caused },
  {
    type: 'node:completed',
    nodeId: 'either',
    ...attempted,
    run: 2,
    outputs,
    port: 'true',
    variables: { b: 2 },
    edges: { e: { error: 'no such name' } },
    cached: true,
    network,
  },
  { type: 'execution:failed', error: { ...error, failedNodeId: 'call', failedNodeName: 'Call' } },
  { type: 'execution:rolling-back', ...caused, rollbackId: 'rb_1', plan, force: true },
  { type: 'node:rolling-back', nodeId: 'either', ...handler, key: 'rt_1_undo' },
  { type: 'node:rolled-back', nodeId: 'either', ...handler, outcome: 'undone', network },
  { type: 'node:rollback-failed', nodeId: 'call', ...handler, error, until: 1050, network },
  { type: 'execution:rollback-stopped', ...rollback, remaining: ['call'], failedNodeId: 'call', error },
  { type: 'execution:rolling-back', ...caused, rollbackId: 'rb_1', plan, force: true },
  { type: 'execution:rolled-back', ...rollback },
  { type: 'execution:resumed', reset: [] },
  { type: 'node:skipped', nodeId: 'either', reason: 'dead' },
  { type: 'node:failed', nodeId: 'call', ...attempted, error, outcome: 'unknown', edges: { e: false }, network },
  { type: 'execution:cancelling', then: 'failed', error: { message: 'Enough', code: 'FAILED_BY_HAND' }, ...caused },
  { type: 'execution:cancelled', ...caused },
  { type: 'execution:rolling-back', ...caused, rollbackId: 'rb_2', plan, force: false },
  { type: 'execution:rolled-back', ...rollback, rollbackId: 'rb_2' },
  { type: 'execution:completed', ...caused },
  { type: 'execution:rolling-back', ...caused, rollbackId: 'rb_3', plan, force: false },
  { type: 'execution:rolled-back', ...rollback, rollbackId: 'rb_3' },
];

/** A journal of the workflow with every event that there is; with `upTo` it ends with the first event of that type. */
export function everyEvent(workflowId: string, upTo?: 'execution:rollback-stopped'): JournalEvent[] {
  const created: Event = {
    type: 'execution:created',
    workflowId,
    workflowName: 'Orders',
    revision: 1,
    trigger: { type: 'manual', userId: 'zoe', userName: 'Zoë', data: null },
    context: { environment: 'test', variables: { a: 0 }, metadata: {} },
    labels: { team: 'a' },
    priority: 1,
    runAt: 1001,
    rerunOf: 'exec_0',
    parent: 'exec_1',
    ...caused,
  };
  const end = upTo === undefined ? EVENTS.length : EVENTS.findIndex(({ type }) => type === upTo) + 1;
  return [created, ...EVENTS.slice(0, end)].map(
    (event, index) => ({ ...event, timestamp: 1000 + index }) as JournalEvent,
  );
}
