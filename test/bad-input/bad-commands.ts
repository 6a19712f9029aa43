import { type BadRequest, CONFLICT, INVALID, NOT_FOUND, TRANSITION } from './bad-request.js';

const LONG = 'x'.repeat(20_000);
const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']));

/** Fields of POST /executions with values that they may not have. */
const CREATION: [json: object, field: string][] = [
  [{ workflowId: undefined }, 'workflowId'],
  [{ workflowId: null }, 'workflowId'],
  [{ workflowId: 5 }, 'workflowId'],
  [{ workflowId: ['wf'] }, 'workflowId'],
  [{ workflowId: { $ne: null } }, 'workflowId'],
  [{ workflowId: '' }, 'workflowId'],
  [{ workflowId: 'x'.repeat(129) }, 'workflowId'],
  [{ revision: 0 }, 'revision'],
  [{ revision: -1 }, 'revision'],
  [{ revision: 1.5 }, 'revision'],
  [{ revision: '1' }, 'revision'],
  [{ revision: 2 ** 31 }, 'revision'],
  [{ revision: 1e300 }, 'revision'],
  [{ revision: null }, 'revision'],
  [{ trigger: null }, 'trigger'],
  [{ trigger: 'api' }, 'trigger'],
  [{ trigger: [] }, 'trigger'],
  [{ trigger: {} }, 'trigger.type'],
  [{ trigger: { type: 'webhook' } }, 'trigger.type'],
  [{ trigger: { type: ['api'] } }, 'trigger.type'],
  [{ trigger: { type: 'api', userId: '' } }, 'trigger.userId'],
  [{ trigger: { type: 'api', userId: 'x'.repeat(129) } }, 'trigger.userId'],
  [{ trigger: { type: 'api', userId: 7 } }, 'trigger.userId'],
  [{ trigger: { type: 'api', userName: 'x'.repeat(257) } }, 'trigger.userName'],
  [{ trigger: { type: 'api', userName: {} } }, 'trigger.userName'],
  [{ trigger: { type: 'api', dta: {} } }, 'trigger.dta'],
  [{ trigger: { type: 'api', isAdmin: true } }, 'trigger.isAdmin'],
  [{ context: null }, 'context'],
  [{ context: [] }, 'context'],
  [{ context: { environment: 5 } }, 'context.environment'],
  [{ context: { environment: 'x'.repeat(257) } }, 'context.environment'],
  [{ context: { variables: [] } }, 'context.variables'],
  [{ context: { variables: null } }, 'context.variables'],
  [{ context: { variables: 'x' } }, 'context.variables'],
  [{ context: { metadata: 7 } }, 'context.metadata'],
  [{ context: { variable: {} } }, 'context.variable'],
  [{ labels: null }, 'labels'],
  [{ labels: ['a'] }, 'labels'],
  [{ labels: { a: 5 } }, 'labels'],
  [{ labels: { a: null } }, 'labels'],
  [{ labels: { '': 'x' } }, 'labels'],
  [{ labels: { ['x'.repeat(129)]: 'x' } }, 'labels'],
  [{ labels: { a: 'x'.repeat(257) } }, 'labels'],
  [{ labels: labels(21) }, 'labels'],
  [{ labels: labels(20_000) }, 'labels'],
  [{ priority: 101 }, 'priority'],
  [{ priority: -101 }, 'priority'],
  [{ priority: 0.5 }, 'priority'],
  [{ priority: '5' }, 'priority'],
  [{ priority: null }, 'priority'],
  [{ priority: 1e308 }, 'priority'],
  [{ runAt: 'tomorrow' }, 'runAt'],
  [{ runAt: -1 }, 'runAt'],
  [{ runAt: 1.5 }, 'runAt'],
  [{ runAt: 8.64e15 + 1 }, 'runAt'],
  [{ runAt: 2 ** 70 }, 'runAt'],
  [{ runAt: null }, 'runAt'],
  [{ runat: 5 }, 'runat'],
  [{ workflowid: 'wf' }, 'workflowid'],
  [{ id: 'exec_mine' }, 'id'],
  [{ status: 'completed' }, 'status'],
];

const creation = CREATION.map(([json, names]): BadRequest => {
  const what = JSON.stringify(json).slice(0, 60);
  return { what, request: 'POST /executions', json: { workflowId: 'wf', ...json }, answer: INVALID, names };
});

/** Fields of the other commands with values that they may not have. */
const FIELDS: Record<string, [json: object, field: string][]> = {
  'POST /executions/cleanup': [
    [{ olderThanDays: -1 }, 'olderThanDays'],
    [{ olderThanDays: 36_501 }, 'olderThanDays'],
    [{ olderThanDays: '30' }, 'olderThanDays'],
    [{ olderThanDays: null }, 'olderThanDays'],
    [{ olderThanDays: [0] }, 'olderThanDays'],
    [{ status: 'running' }, 'status'],
    [{ status: ['completed'] }, 'status'],
    [{ workflowId: '' }, 'workflowId'],
    [{ workflowId: LONG }, 'workflowId'],
    [{ dryRun: 'true' }, 'dryRun'],
    [{ dryRun: 1 }, 'dryRun'],
    [{ dryrun: true }, 'dryrun'],
    [{ olderThanDay: 1 }, 'olderThanDay'],
  ],
  'PUT /executions/:asleep/status': [
    [{}, 'status'],
    [{ status: null }, 'status'],
    [{ status: 'stopped' }, 'status'],
    [{ status: 'PAUSED' }, 'status'],
    [{ status: ['paused'] }, 'status'],
    [{ status: 'paused', mode: 'now' }, 'mode'],
    [{ status: 'paused', mode: null }, 'mode'],
    [{ status: 'running', mode: 'wait' }, 'mode'],
    [{ status: 'paused', error: 'x' }, 'error'],
    [{ status: 'failed', error: '' }, 'error'],
    [{ status: 'failed', error: 7 }, 'error'],
    [{ status: 'failed', error: {} }, 'error'],
    [{ status: 'failed', error: { message: 'x', code: '' } }, 'error'],
    [{ status: 'failed', error: { message: 'x', stack: 'y' } }, 'error'],
    [{ status: 'failed', error: LONG }, 'error'],
    [{ status: 'cancelled', reason: 7 }, 'reason'],
    [{ status: 'cancelled', reason: LONG }, 'reason'],
    [{ status: 'cancelled', force: true }, 'force'],
  ],
  'POST /executions/:asleep/cancel': [
    [{ reason: {} }, 'reason'],
    [{ reason: LONG }, 'reason'],
    [{ rollback: 'yes' }, 'rollback'],
    [{ dryRun: 'false' }, 'dryRun'],
    [{ dryRun: null }, 'dryRun'],
    [{ dryrun: true }, 'dryrun'],
    [{ force: true }, 'force'],
  ],
  'POST /executions/:done/rollback': [
    [{}, 'targetNodeId'],
    [{ targetNodeId: null }, 'targetNodeId'],
    [{ targetNodeId: '' }, 'targetNodeId'],
    [{ targetNodeId: 5 }, 'targetNodeId'],
    [{ targetNodeId: ['in'] }, 'targetNodeId'],
    [{ targetNodeId: 'in', toStart: true }, 'targetNodeId'],
    [{ toStart: false }, 'targetNodeId'],
    [{ toStart: 'yes' }, 'toStart'],
    [{ toStart: null }, 'toStart'],
    [{ toStart: true, scope: 'all' }, 'scope'],
    [{ toStart: true, scope: null }, 'scope'],
    [{ toStart: true, force: 'true' }, 'force'],
    [{ toStart: true, dryRun: 1 }, 'dryRun'],
    [{ toStart: true, dryrun: true }, 'dryrun'],
    [{ toStart: true, planHash: '' }, 'planHash'],
    [{ toStart: true, planHash: 7 }, 'planHash'],
    [{ toStart: true, planHash: LONG }, 'planHash'],
    [{ toStart: true, reason: LONG }, 'reason'],
    [{ toStart: true, wait: 5 }, 'wait'],
  ],
  'POST /executions/:paused/resume': [
    [{ fromNodeId: null }, 'fromNodeId'],
    [{ fromNodeId: '' }, 'fromNodeId'],
    [{ fromNodeId: ['nap'] }, 'fromNodeId'],
    [{ fromNodeID: 'nap' }, 'fromNodeID'],
    [{ variables: null }, 'variables'],
    [{ variables: [] }, 'variables'],
    [{ variables: 'x' }, 'variables'],
    [{ config: null }, 'config'],
    [{ config: [] }, 'config'],
    [{ config: { nap: null } }, 'config'],
    [{ config: { nap: 5 } }, 'config'],
    [{ config: { nobody: { duration: 5 } } }, 'config.nobody'],
    [{ config: { nap: { duration: 'long' } } }, 'config.nap.duration'],
    [{ config: { nap: { duration: '{{ 1 +' } } }, 'config.nap.duration'],
    [{ config: { nap: { minutes: 5 } } }, 'config.nap.minutes'],
    [{ workflowRevision: 0 }, 'workflowRevision'],
    [{ workflowRevision: '1' }, 'workflowRevision'],
    [{ workflowRevision: 2 ** 31 }, 'workflowRevision'],
    [{ workflowRevision: null }, 'workflowRevision'],
    [{ revision: 1 }, 'revision'],
    [{ dryRun: 'true' }, 'dryRun'],
    [{ dryrun: true }, 'dryrun'],
    [{ reason: LONG }, 'reason'],
    [{ reason: null }, 'reason'],
  ],
  'POST /executions/:done/checkpoints': [
    [{ label: '' }, 'label'],
    [{ label: 5 }, 'label'],
    [{ label: 'x'.repeat(257) }, 'label'],
    [{ state: 'x'.repeat(70_000) }, 'state'],
    [{ nodeId: 'in' }, 'nodeId'],
    [{ reason: LONG }, 'reason'],
  ],
  'POST /executions/:done/rerun': [
    [{ trigger: null }, 'trigger'],
    [{ trigger: {} }, 'trigger.type'],
    [{ trigger: { type: 'api', dta: {} } }, 'trigger.dta'],
    [{ variables: null }, 'variables'],
    [{ variables: [] }, 'variables'],
    [{ revision: 0 }, 'revision'],
    [{ revision: '1' }, 'revision'],
    [{ workflowRevision: 1 }, 'workflowRevision'],
    [{ reason: 5 }, 'reason'],
  ],
  'POST /executions/:paused/nodes/nap/settle': [
    [{}, 'status'],
    [{ reason: 'x' }, 'status'],
    [{ status: 'failed', reason: 'x' }, 'status'],
    [{ status: ['skipped'], reason: 'x' }, 'status'],
    [{ status: null, reason: 'x' }, 'status'],
    [{ status: 'skipped' }, 'reason'],
    [{ status: 'skipped', reason: '' }, 'reason'],
    [{ status: 'skipped', reason: null }, 'reason'],
    [{ status: 'skipped', reason: 7 }, 'reason'],
    [{ status: 'skipped', reason: LONG }, 'reason'],
    [{ status: 'completed', reason: 'x', outputs: null }, 'outputs'],
    [{ status: 'completed', reason: 'x', outputs: 5 }, 'outputs'],
    [{ status: 'completed', reason: 'x', outputs: [1] }, 'outputs'],
    [{ status: 'completed', reason: 'x', port: '' }, 'port'],
    [{ status: 'completed', reason: 'x', port: 5 }, 'port'],
    [{ status: 'completed', reason: 'x', port: 'true' }, 'port'],
    [{ status: 'skipped', reason: 'x', outputs: {} }, 'outputs'],
    [{ status: 'pending', reason: 'x', port: 'true' }, 'port'],
    [{ status: 'skipped', reason: 'x', output: {} }, 'output'],
    [{ status: 'skipped', reason: 'x', decided: { seq: 1, edges: {} } }, 'decided'],
  ],
  'POST /workflows/wf/clone': [
    [{ newName: '' }, 'newName'],
    [{ newName: ' \t ' }, 'newName'],
    [{ newName: null }, 'newName'],
    [{ newName: 5 }, 'newName'],
    [{ newName: 'x'.repeat(257) }, 'newName'],
    [{ newname: 'x' }, 'newname'],
    [{ id: 'mine' }, 'id'],
  ],
  'POST /workflows/import': [
    [{}, 'workflows'],
    [{ workflows: null }, 'workflows'],
    [{ workflows: {} }, 'workflows'],
    [{ workflows: 'all' }, 'workflows'],
    [{ workflows: Array.from({ length: 10_001 }, () => 1) }, 'workflows'],
    [{ workflows: [], overwrite: 'yes' }, 'overwrite'],
    [{ workflows: [], overwrite: null }, 'overwrite'],
    [{ workflows: [], dryRun: 0 }, 'dryRun'],
    [{ workflows: [], dryrun: true }, 'dryrun'],
    [{ workflows: [], mode: 'merge' }, 'mode'],
  ],
};

const fields = Object.entries(FIELDS).flatMap(([request, rows]) =>
  rows.map(([json, names]): BadRequest => {
    return { what: JSON.stringify(json).slice(0, 60), request, json, answer: INVALID, names };
  }),
);

/** Headers that say nothing, by the route that reads them. */
const HEADERS: [request: string, json: object | undefined, name: string, values: string[]][] = [
  ['POST /executions', { workflowId: 'wf' }, 'Idempotency-Key', ['', 'x'.repeat(256)]],
  ['POST /executions', { workflowId: 'wf' }, 'X-User-Id', ['', '%zz', '%00', '%0a', '\xe5\xbc\xa0', 'x'.repeat(129)]],
  ['GET /workflows', undefined, 'X-User-Id', ['%', '%ff', '%ED%A0%80']],
  ['PUT /workflows/wf', { name: 'X' }, 'If-Match', ['', 'x', '"', '-1', '1.5', '"1', '1, 2', '12345678901']],
  ['POST /workflows/wf/versions/1/restore', undefined, 'If-Match', ['x', '"x"', 'W/1']],
  ['PUT /executions/:asleep/status', { status: 'paused' }, 'If-Match', ['', 'x', '1e1', '12345678901']],
  ['POST /executions/:asleep/cancel', {}, 'If-Match', ['x', 'W/"x"']],
  ['POST /executions/:paused/resume', {}, 'If-Match', ['x', '-1']],
  ['POST /executions/:paused/resume', {}, 'Idempotency-Key', ['x'.repeat(256)]],
  ['POST /executions/:done/checkpoints', {}, 'If-Match', ['x']],
  ['POST /executions/:done/rerun', {}, 'If-Match', ['x']],
  ['POST /executions/:done/rollback', { toStart: true }, 'If-Match', ['x', '-1']],
  ['POST /executions/:done/rollback', { toStart: true }, 'Idempotency-Key', ['x'.repeat(256)]],
  ['POST /executions/:paused/nodes/nap/settle', { status: 'skipped', reason: 'x' }, 'If-Match', ['x', '-1']],
];

const headers = HEADERS.flatMap(([request, json, name, values]) =>
  values.map((value): BadRequest => {
    const what = `${name}: ${value}`.slice(0, 40);
    return { what, request, json, headers: { [name]: value }, answer: INVALID, names: name };
  }),
);

/** Commands that are right in themselves, but not for what is there. */
const UNTIMELY: BadRequest[] = [
  ...[
    { workflowId: 'nobody' },
    { workflowId: "wf' OR '1'='1" },
    { workflowId: '../wf' },
    { workflowId: 'w\0f' },
    { workflowId: '\ud800' },
    { workflowId: '__proto__' },
    { workflowId: 'wf', revision: 99 },
  ].map((json): BadRequest => {
    return { what: JSON.stringify(json), request: 'POST /executions', json, answer: NOT_FOUND, names: 'not found' };
  }),
  {
    what: 'a workflow that is not active',
    request: 'POST /executions',
    json: { workflowId: 'resting' },
    answer: CONFLICT,
    names: 'inactive',
  },
  {
    what: 'a key that stands for another body',
    request: 'POST /executions',
    json: { workflowId: 'wf', priority: 7 },
    headers: { 'Idempotency-Key': 'taken' },
    answer: CONFLICT,
    names: 'taken',
  },
  {
    what: 'a choice with strangers',
    request: 'GET /workflows/export?ids=wf,nobody',
    answer: NOT_FOUND,
    names: 'nobody',
  },
  { what: 'not ended', request: 'DELETE /executions/:asleep', answer: CONFLICT, names: 'running' },
  { what: 'only paused', request: 'DELETE /executions/:paused', answer: CONFLICT, names: 'paused' },
  { what: 'only planned', request: 'DELETE /executions/:planned', answer: CONFLICT, names: 'pending' },
  ...[
    ['PUT /executions/:done/status', { status: 'running' }],
    ['PUT /executions/:done/status', { status: 'paused' }],
    ['PUT /executions/:done/status', { status: 'failed' }],
    ['PUT /executions/:done/status', { status: 'pending' }],
    ['POST /executions/:done/cancel', {}],
    ['POST /executions/:done/cancel', { dryRun: true }],
  ].map(([request, json]): BadRequest => {
    const what = `${JSON.stringify(json)} for a completed one`;
    return { what, request: request as string, json, answer: TRANSITION, names: 'completed' };
  }),
  ...[
    ['PUT /executions/:asleep/status', { status: 'paused' }],
    ['POST /executions/:asleep/cancel', {}],
    ['POST /executions/:asleep/cancel', { dryRun: true }],
    ['POST /executions/:done/rollback', { toStart: true, force: true }],
    ['POST /executions/:done/rollback', { toStart: true, dryRun: true }],
    ['POST /executions/:paused/resume', {}],
    ['POST /executions/:paused/resume', { dryRun: true }],
    ['POST /executions/:done/checkpoints', {}],
    ['POST /executions/:done/rerun', {}],
    ['POST /executions/:paused/nodes/nap/settle', { status: 'skipped', reason: 'x' }],
  ].map(([request, json]): BadRequest => {
    const late = { 'If-Match': '1' };
    return { what: 'too late', request: request as string, json, headers: late, answer: CONFLICT, names: '"seq"' };
  }),
  ...['PUT /workflows/wf', 'POST /workflows/wf/versions/1/restore'].map((request): BadRequest => {
    const json = request.startsWith('PUT') ? { name: 'Y' } : undefined;
    return { what: 'too late', request, json, headers: { 'If-Match': '7' }, answer: CONFLICT, names: 'revision' };
  }),
  ...[':asleep', ':planned', ':done'].map((id): BadRequest => {
    const request = `POST /executions/${id}/resume`;
    return { what: 'neither paused nor failed', request, json: {}, answer: TRANSITION, names: 'running' };
  }),
  {
    what: 'no such node',
    request: 'POST /executions/:paused/resume',
    json: { fromNodeId: 'out' },
    answer: NOT_FOUND,
    names: 'out',
  },
  {
    what: 'no such revision',
    request: 'POST /executions/:paused/resume',
    json: { workflowRevision: 99 },
    answer: NOT_FOUND,
    names: '99',
  },
  {
    what: 'no such revision',
    request: 'POST /executions/:done/rerun',
    json: { revision: 99 },
    answer: NOT_FOUND,
    names: '99',
  },
  {
    what: 'nothing completed',
    request: 'POST /executions/:planned/checkpoints',
    json: {},
    answer: CONFLICT,
    names: 'completed',
  },
  ...[':asleep', ':planned'].map((id): BadRequest => {
    const json = { toStart: true, force: true };
    return {
      what: 'has not ended',
      request: `POST /executions/${id}/rollback`,
      json,
      answer: TRANSITION,
      names: 'paused',
    };
  }),
  {
    what: 'no such node',
    request: 'POST /executions/:done/rollback',
    json: { targetNodeId: 'out' },
    answer: NOT_FOUND,
    names: 'out',
  },
  {
    what: 'a stale plan',
    request: 'POST /executions/:done/rollback',
    json: { targetNodeId: 'in', planHash: 'old' },
    answer: [409, 'PLAN_CHANGED'],
    names: 'plan',
  },
  { what: 'no such node', request: 'GET /executions/:done/nodes/out', answer: NOT_FOUND, names: 'out' },
  {
    what: 'no such node',
    request: 'POST /executions/:paused/nodes/out/settle',
    json: { status: 'skipped', reason: 'x' },
    answer: NOT_FOUND,
    names: 'out',
  },
  ...[':asleep', ':planned', ':done'].map((id): BadRequest => {
    const json = { status: 'skipped', reason: 'x' };
    const node = id === ':done' ? 'in' : 'nap';
    const what = 'a node of one that is neither paused nor failed';
    return { what, request: `POST /executions/${id}/nodes/${node}/settle`, json, answer: TRANSITION, names: 'paused' };
  }),
  { what: 'no such revision', request: 'GET /workflows/wf/versions/99', answer: NOT_FOUND, names: '99' },
  { what: 'no such revision', request: 'GET /workflows/wf/versions/1/diff/99', answer: NOT_FOUND, names: '99' },
  { what: 'no such revision', request: 'POST /workflows/wf/versions/99/restore', answer: NOT_FOUND, names: '99' },
];

/** Commands whose fields or headers are wrong, or whose time is not now. */
export const BAD_COMMANDS: BadRequest[] = [...creation, ...fields, ...headers, ...UNTIMELY];
