import { type BadRequest, INVALID } from './bad-request.js';

/** Values that are wrong for a kind of parameter, percent-encoded. */
const integer = (min: number, max: number): string[] => {
  return ['', 'x', '1.5', '1e1', '1%00', '%EF%BC%91', String(min - 1), String(max + 1), '9'.repeat(400)];
};
const boolean = ['', '1', 'TRUE', 'true%00'];
const choice = ['', 'x', '__proto__', 'ASC', "a'%20OR%201=1--"];
const text = (max: number): string[] => ['x'.repeat(max + 1), 'a%00b', '%zz', '%ed%a0%80'];
const id = ['', ...text(128)];
const listOf = ['x', 'completed,x', '__proto__', 'completed,%00', '%zz'];

const TIME = integer(0, 8_640_000_000_000_000);
const SEQ = integer(0, 2_147_483_646);
const PAGE = { page: integer(1, 1_000_000), pageSize: integer(1, 200) };
const ORDER = { sortOrder: choice };

const FEED_FILTERS = { workflowId: id, types: listOf, status: listOf, executionIds: ['a%00', '%zz', 'x,'.repeat(101)] };
const FEED_CURSOR = ['x', '[]', 'e30', 'bnVsbA', 'WyJjcmVhdGVkQXQiLCJkZXNjIiwxLCJ4IiwwXQ'];

/** Every parameter of every route, with values that it may not have. */
const PARAMETERS: Record<string, Record<string, string[]>> = {
  'GET /workflows': {
    ...PAGE,
    ...ORDER,
    status: choice,
    publishedOnly: boolean,
    sortBy: choice,
    search: text(1000),
    tags: ['a%00', '%zz'],
    category: ['a%00', '%zz'],
    author: ['a%00', '%zz'],
  },
  'GET /workflows/export': { ids: ['a,%00', '%zz'] },
  'POST /executions': { wait: integer(0, 30_000) },
  'GET /executions': {
    ...PAGE,
    ...ORDER,
    workflowId: id,
    status: listOf,
    activity: choice,
    attention: choice,
    startTimeFrom: TIME,
    startTimeTo: TIME,
    triggerType: choice,
    userId: text(128),
    'label.team': ['a%00', '%zz'],
    search: text(1000),
    sortBy: choice,
    cursor: ['', 'x', '[]', 'e30', 'bnVsbA', 'WyJjcmVhdGVkQXQiLCJkZXNjIiwxLCJ4IiwwXQ', 'x'.repeat(2001)],
  },
  'GET /executions/stats': { from: TIME, to: TIME, workflowId: id, interval: choice },
  'GET /executions/:done': { nodes: choice, atSeq: [...integer(1, 2_147_483_646), '999'] },
  'GET /executions/:done/logs': {
    level: choice,
    nodeId: id,
    search: text(1000),
    limit: integer(1, 1000),
    after: integer(0, Number.MAX_SAFE_INTEGER),
    tail: boolean,
  },
  'GET /executions/:done/events': {
    after: SEQ,
    before: SEQ,
    order: choice,
    limit: integer(1, 1000),
    type: choice,
    nodeId: id,
  },
  'GET /executions/:done/metrics': { from: TIME, to: TIME, points: integer(1, 1000) },
  'GET /executions/:done/nodes': { ...PAGE, status: choice },
  'GET /executions/:done/rollback-points': PAGE,
  'GET /events': { ...FEED_FILTERS, after: FEED_CURSOR, wait: integer(0, 30).filter((value) => value !== '1.5') },
  'GET /events/stream': { ...FEED_FILTERS, after: FEED_CURSOR },
};

/** Routes that take no parameter at all. */
const TAKE_NONE = [
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /node-types',
  'GET /workflow-schema',
  'POST /workflows',
  'POST /workflows/validate',
  'GET /workflows/stats',
  'POST /workflows/import',
  'GET /workflows/wf',
  'PUT /workflows/wf',
  'DELETE /workflows/wf',
  'GET /workflows/wf/node-stats',
  'POST /workflows/wf/clone',
  'GET /workflows/wf/versions',
  'GET /workflows/wf/versions/1',
  'POST /workflows/wf/versions/1/restore',
  'GET /workflows/wf/versions/1/diff/2',
  'GET /executions/:done/workflow',
  'GET /executions/:done/progress',
  'GET /executions/:done/explain',
  'GET /instances',
  'GET /executions/:done/nodes/in',
  'PUT /executions/:asleep/status',
  'POST /executions/:asleep/cancel',
  'POST /executions/:done/rollback',
  'POST /executions/:paused/resume',
  'POST /executions/:done/checkpoints',
  'POST /executions/:done/rerun',
  'POST /executions/cleanup',
  'DELETE /executions/:done',
];

function query(request: string, parameters: string, names: string): BadRequest {
  const json = request === 'POST /executions' ? { workflowId: 'wf' } : undefined;
  return { what: 'query', request: `${request}?${parameters}`, json, answer: INVALID, names };
}

const withBadValues = Object.entries(PARAMETERS).flatMap(([request, parameters]) =>
  Object.entries(parameters).flatMap(([name, values]) => [
    ...values.map((value) => query(request, `${name}=${value}`, name)),
    query(request, `${name}=1&${name}=1`, name),
    query(request, `${name}=1&${name}=%00`, name),
  ]),
);

const unknown = [...Object.keys(PARAMETERS), ...TAKE_NONE].flatMap((request) =>
  ['dryrun', '__proto__', 'page%5B0%5D'].map((name) => query(request, `${name}=1`, decodeURIComponent(name))),
);

const together = [
  query('GET /executions', 'page=1000&pageSize=101', 'page'),
  query('GET /executions', 'page=1&cursor=WyJjcmVhdGVkQXQiLCJkZXNjIiwxLCJ4IiwxXQ', 'cursor'),
  query('GET /executions', 'sortBy=duration&cursor=WyJjcmVhdGVkQXQiLCJkZXNjIiwxLCJ4IiwxXQ', 'cursor'),
  query('GET /executions', 'label=x', 'label'),
  query('GET /executions', 'label.a=1&label.a=2', 'label.a'),
  query('GET /executions', 'pagesize=3', 'pagesize'),
  query('GET /executions/:done/logs', 'tail=true&after=1', 'tail'),
];

/** Queries that are wrong: bad values, parameters given twice, and those that the route does not have. */
export const BAD_PARAMETERS: BadRequest[] = [...withBadValues, ...unknown, ...together];
