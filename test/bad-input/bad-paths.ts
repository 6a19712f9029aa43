import { type BadRequest, INVALID, NOT_FOUND } from './bad-request.js';

/** Routes with an id in their path, with a body that is right where they want one. */
const ROUTES: [request: string, parameter: string, json?: object][] = [
  ['GET /workflows/:id', 'id'],
  ['PUT /workflows/:id', 'id', { name: 'X' }],
  ['DELETE /workflows/:id', 'id'],
  ['GET /workflows/:id/node-stats', 'id'],
  ['POST /workflows/:id/clone', 'id', {}],
  ['GET /workflows/:id/versions', 'id'],
  ['GET /workflows/:id/versions/1', 'id'],
  ['POST /workflows/:id/versions/1/restore', 'id'],
  ['GET /workflows/:id/versions/1/diff/1', 'id'],
  ['GET /executions/:id', 'id'],
  ['DELETE /executions/:id', 'id'],
  ['PUT /executions/:id/status', 'id', { status: 'paused' }],
  ['POST /executions/:id/cancel', 'id', {}],
  ['POST /executions/:id/rollback', 'id', { toStart: true }],
  ['POST /executions/:id/resume', 'id', {}],
  ['POST /executions/:id/checkpoints', 'id', {}],
  ['POST /executions/:id/rerun', 'id', {}],
  ['GET /executions/:id/rollback-points', 'id'],
  ['GET /executions/:id/workflow', 'id'],
  ['GET /executions/:id/progress', 'id'],
  ['GET /executions/:id/explain', 'id'],
  ['GET /executions/:id/logs', 'id'],
  ['GET /executions/:id/events', 'id'],
  ['GET /executions/:id/metrics', 'id'],
  ['GET /executions/:id/nodes', 'id'],
  ['GET /executions/:id/nodes/in', 'id'],
  ['GET /executions/:done/nodes/:id', 'nodeId'],
];

/** Ids that nothing has; each is looked for and not found. */
const UNKNOWN: Record<string, string> = {
  'an unknown id': 'nobody',
  'a path out of here': '..%2F..%2F..%2Fetc%2Fpasswd',
  SQL: "'%3B%20DROP%20TABLE%20executions%3B--",
  __proto__: '__proto__',
  'characters beyond the basic plane': '%F0%9F%92%A5',
  'an id that is too long': 'x'.repeat(129),
};

const ids = ROUTES.flatMap(([route, parameter, json]): BadRequest[] => {
  const at = (id: string) => route.replace(':id', id);
  return [
    ...Object.entries(UNKNOWN).map(([what, id]): BadRequest => {
      return { what, request: at(id), json, answer: NOT_FOUND, names: JSON.stringify(decodeURIComponent(id)) };
    }),
    { what: 'NUL in an id', request: at('a%00b'), json, answer: INVALID, names: parameter },
    { what: 'an id that cannot be decoded', request: at('%zz'), json, answer: INVALID, names: 'path' },
    { what: 'an id of 3,000 characters', request: at('x'.repeat(3000)), json, answer: INVALID, names: 'path' },
  ];
});

const NO_REVISION = ['0', '-1', '1.5', '1e1', 'x', '1%00', '2147483648', '99999999999', '%D9%A1'];

const revisions = NO_REVISION.flatMap((revision): BadRequest[] => {
  const what = `the revision ${revision}`;
  return [
    { what, request: `GET /workflows/wf/versions/${revision}`, answer: INVALID, names: 'revision' },
    { what, request: `POST /workflows/wf/versions/${revision}/restore`, answer: INVALID, names: 'revision' },
    { what, request: `GET /workflows/wf/versions/${revision}/diff/1`, answer: INVALID, names: 'a' },
    { what, request: `GET /workflows/wf/versions/1/diff/${revision}`, answer: INVALID, names: 'b' },
  ];
});

/** What is there answers to other methods than these. */
const METHODS: Record<string, string[]> = {
  '/health/live': ['POST', 'DELETE', 'PATCH'],
  '/health/ready': ['POST', 'PUT', 'OPTIONS'],
  '/metrics': ['POST', 'PUT', 'DELETE'],
  '/events': ['POST', 'PUT', 'DELETE'],
  '/events/stream': ['POST', 'DELETE'],
  '/node-types': ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'],
  '/workflow-schema': ['POST', 'PUT', 'DELETE'],
  '/workflows': ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'],
  '/workflows/validate': ['GET', 'DELETE', 'PATCH'],
  '/workflows/stats': ['POST', 'DELETE'],
  '/workflows/export': ['POST', 'DELETE'],
  '/workflows/import': ['GET', 'DELETE'],
  '/workflows/wf': ['POST', 'PATCH', 'OPTIONS', 'TRACE'],
  '/workflows/wf/clone': ['GET', 'PUT', 'DELETE'],
  '/workflows/wf/versions': ['POST', 'DELETE'],
  '/workflows/wf/versions/1': ['PUT', 'DELETE'],
  '/workflows/wf/versions/1/restore': ['GET', 'PUT'],
  '/workflows/wf/versions/1/diff/1': ['POST'],
  '/workflows/wf/node-stats': ['POST', 'DELETE'],
  '/executions': ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'],
  '/executions/stats': ['POST', 'DELETE'],
  '/executions/cleanup': ['GET', 'DELETE', 'PUT'],
  '/executions/:done': ['POST', 'PUT', 'PATCH', 'TRACE'],
  '/executions/:done/status': ['GET', 'POST', 'PATCH', 'DELETE'],
  '/executions/:done/cancel': ['GET', 'PUT', 'DELETE'],
  '/executions/:done/rollback': ['GET', 'PUT', 'DELETE'],
  '/executions/:done/resume': ['GET', 'PUT', 'DELETE'],
  '/executions/:done/checkpoints': ['GET', 'PUT', 'DELETE'],
  '/executions/:done/rerun': ['GET', 'PUT', 'DELETE'],
  '/executions/:done/rollback-points': ['POST', 'DELETE'],
  '/executions/:done/workflow': ['PUT', 'DELETE'],
  '/executions/:done/progress': ['POST'],
  '/executions/:done/explain': ['POST', 'DELETE'],
  '/instances': ['POST', 'DELETE'],
  '/executions/:done/logs': ['POST', 'DELETE'],
  '/executions/:done/events': ['POST', 'DELETE'],
  '/executions/:done/metrics': ['POST', 'DELETE'],
  '/executions/:done/nodes': ['POST', 'DELETE'],
  '/executions/:done/nodes/in': ['PUT', 'DELETE'],
};

const wrongMethods = Object.entries(METHODS).flatMap(([path, methods]) =>
  methods.map((method): BadRequest => {
    return { what: method, request: `${method} ${path}`, answer: NOT_FOUND, names: path.split('/').at(-1) as string };
  }),
);

/** Paths that are no route. */
const NOWHERE = [
  '/',
  '/nothing',
  '/Workflows',
  '/workflows/',
  '/workflows//versions',
  '/workflows/wf/',
  '/workflows/wf/versions/1/diff',
  '/workflows/../../../etc/passwd',
  '/workflows/./wf',
  '/workflows;v=1',
  '/workflow-schema/x',
  '/executions/:done/nodes/in/x',
  '/executions/:done/secrets',
  '/executions//events',
  '/__proto__',
  '/constructor',
];

const nowhere = NOWHERE.map((path): BadRequest => {
  return { what: path, request: `GET ${path}`, answer: NOT_FOUND, names: 'Cannot GET' };
});

/** Paths that lead nowhere, ids that nothing has, and methods that a path does not answer to. */
export const BAD_PATHS: BadRequest[] = [...ids, ...revisions, ...wrongMethods, ...nowhere];
