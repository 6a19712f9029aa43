import { type BadRequest, CONFLICT, INVALID, UNSOUND } from './bad-request.js';

const node = (fields: object = {}) => ({ id: 'a', type: 'input', ...fields });
const nodes = (...given: unknown[]) => ({ nodes: given });
const edge = (fields: object) => ({
  nodes: [node(), node({ id: 'b' })],
  edges: [{ source: 'a', target: 'b', ...fields }],
});
const settings = (given: unknown) => ({ settings: given });

/** What makes a document invalid, with the code and the field that name it. */
const UNSOUND_DOCUMENTS: [document: object, names: string][] = [
  [{ name: undefined }, 'MISSING_FIELD name'],
  [{ name: null }, 'MISSING_FIELD name'],
  [{ name: ' ' }, 'MISSING_FIELD name'],
  [{ name: 5 }, 'INVALID_SCHEMA name'],
  [{ name: 'x'.repeat(257) }, 'INVALID_SCHEMA name'],
  [{ nodes: undefined }, 'MISSING_FIELD nodes'],
  [{ nodes: {} }, 'INVALID_SCHEMA nodes'],
  [{ nodes: 'a' }, 'INVALID_SCHEMA nodes'],
  [{ edges: undefined }, 'MISSING_FIELD edges'],
  [{ edges: 7 }, 'INVALID_SCHEMA edges'],
  [{ id: '' }, 'INVALID_SCHEMA id'],
  [{ id: 'x'.repeat(129) }, 'INVALID_SCHEMA id'],
  [{ id: 'a/b' }, 'INVALID_SCHEMA id'],
  [{ id: '../x' }, 'INVALID_SCHEMA id'],
  [{ id: 'a b' }, 'INVALID_SCHEMA id'],
  [{ id: 'a\0b' }, 'INVALID_SCHEMA id'],
  [{ id: '\ud800' }, 'INVALID_SCHEMA id'],
  [{ id: "'; DROP TABLE workflows; --" }, 'INVALID_SCHEMA id'],
  [{ id: 7 }, 'INVALID_SCHEMA id'],
  [{ id: 'stats' }, 'INVALID_SCHEMA id'],
  [{ description: 7 }, 'INVALID_SCHEMA description'],
  [{ description: 'x'.repeat(10_001) }, 'INVALID_SCHEMA description'],
  [{ author: {} }, 'INVALID_SCHEMA author'],
  [{ version: '1.0.0' }, 'INVALID_SCHEMA version'],
  [{ version: { version: 1 } }, 'INVALID_SCHEMA version.version'],
  [{ status: 'on' }, 'INVALID_SCHEMA status'],
  [{ isPublished: 'yes' }, 'INVALID_SCHEMA isPublished'],
  [{ metadata: [] }, 'INVALID_SCHEMA metadata'],
  [{ metadata: { tags: 'a' } }, 'INVALID_SCHEMA metadata.tags'],
  [{ metadata: { tags: [1] } }, 'INVALID_SCHEMA metadata.tags.0'],
  [{ createdAt: 'yesterday' }, 'INVALID_SCHEMA createdAt'],
  [nodes(null), 'INVALID_SCHEMA nodes.0'],
  [nodes('a'), 'INVALID_SCHEMA nodes.0'],
  [nodes({ type: 'input' }), 'MISSING_FIELD nodes.0.id'],
  [nodes({ id: 'a' }), 'MISSING_FIELD type'],
  [nodes(node({ id: 7 })), 'INVALID_SCHEMA nodes.0.id'],
  [nodes(node({ id: 'a[0]' })), 'INVALID_SCHEMA nodes.0.id'],
  [nodes(node({ id: '__proto__' })), 'INVALID_SCHEMA nodes.0.id'],
  [nodes(node({ id: 'constructor' })), 'INVALID_SCHEMA nodes.0.id'],
  [nodes(node({ id: 'a\0' })), 'INVALID_SCHEMA nodes.0.id'],
  [nodes(node({ id: 'x'.repeat(129) })), 'INVALID_SCHEMA nodes.0.id'],
  [nodes(node({ type: 'magic' })), 'UNKNOWN_NODE_TYPE type'],
  [nodes(node({ type: 'constructor' })), 'UNKNOWN_NODE_TYPE type'],
  [nodes(node({ type: '__proto__' })), 'UNKNOWN_NODE_TYPE type'],
  [nodes(node(), node()), 'DUPLICATE_NODE_ID'],
  [nodes(node({ config: [] })), 'INVALID_SCHEMA config'],
  [nodes(node({ enabled: 'no' })), 'INVALID_SCHEMA enabled'],
  [nodes(node({ join: 'some' })), 'INVALID_SCHEMA join'],
  [nodes(node({ onInterrupted: 'hope' })), 'INVALID_SCHEMA onInterrupted'],
  [nodes(node({ rollback: 7 })), 'INVALID_SCHEMA rollback'],
  [nodes(node({ timeout: -1 })), 'INVALID_SETTING timeout'],
  [nodes(node({ timeout: '1s' })), 'INVALID_SETTING timeout'],
  [nodes(node({ retryPolicy: { maxRetries: -1 } })), 'INVALID_SETTING retryPolicy.maxRetries'],
  [nodes(node({ retryPolicy: { backoff: 'random' } })), 'INVALID_SETTING retryPolicy.backoff'],
  [nodes(node({ inputs: [] })), 'INVALID_SCHEMA inputs'],
  [nodes(node({ inputs: { x: 7 } })), 'INVALID_SCHEMA inputs.x'],
  [nodes(node({ inputs: { x: { from: 'nobody', output: 'y' } } })), 'INVALID_INPUT_MAPPING inputs.x.from'],
  [nodes(node({ type: 'delay', config: { duration: 'long' } })), 'INVALID_CONFIG config.duration'],
  [nodes(node({ type: 'external-api', config: { method: 'GET' } })), 'INVALID_CONFIG config.url'],
  [nodes(node({ type: 'database', config: { connection: 'X', sql: 'SELECT {{ 1 }}' } })), 'INVALID_CONFIG config.sql'],
  [nodes(node({ type: 'script', config: { code: 'return (' } })), 'INVALID_CONFIG config.code'],
  [nodes(node({ config: { data: '{{ 1 + }}' } })), 'INVALID_EXPRESSION config.data'],
  [nodes(node({ config: { data: '{{ $eval("1") }}' } })), 'INVALID_EXPRESSION config.data'],
  [nodes(node({ config: { data: '{{ inputs' } })), 'INVALID_EXPRESSION config.data'],
  [edge({ source: undefined }), 'MISSING_FIELD edges.0.source'],
  [edge({ source: 7 }), 'INVALID_SCHEMA edges.0.source'],
  [edge({ source: 'nobody' }), 'INVALID_SOURCE_NODE edges.0.source'],
  [edge({ source: 'toString' }), 'INVALID_SOURCE_NODE edges.0.source'],
  [edge({ target: 'nobody' }), 'INVALID_TARGET_NODE edges.0.target'],
  [edge({ target: '__proto__' }), 'INVALID_TARGET_NODE edges.0.target'],
  [edge({ target: 'a' }), 'SELF_LOOP'],
  [edge({ type: 'magic' }), 'INVALID_SCHEMA edges.0.type'],
  [edge({ condition: 'x >' }), 'INVALID_EXPRESSION edges.0.condition'],
  [edge({ condition: 7 }), 'INVALID_SCHEMA edges.0.condition'],
  [{ edges: [null] }, 'INVALID_SCHEMA edges.0'],
  [settings([]), 'INVALID_SCHEMA settings'],
  [settings({ maxConcurrency: 0 }), 'INVALID_SETTING settings.maxConcurrency'],
  [settings({ maxConcurrency: 1.5 }), 'INVALID_SETTING settings.maxConcurrency'],
  [settings({ timeout: 'long' }), 'INVALID_SETTING settings.timeout'],
  [settings({ errorHandling: 'hope' }), 'INVALID_SETTING settings.errorHandling'],
  [settings({ retryPolicy: { maxRetries: 'many' } }), 'INVALID_SETTING settings.retryPolicy.maxRetries'],
  [settings({ cacheTTL: -1 }), 'INVALID_SETTING settings.cacheTTL'],
  [settings({ checkpointInterval: 0 }), 'INVALID_SETTING settings.checkpointInterval'],
];

const unsound = UNSOUND_DOCUMENTS.map(([fields, names]): BadRequest => {
  const json = { name: 'X', nodes: [], edges: [], ...fields };
  return { what: JSON.stringify(fields).slice(0, 60), request: 'POST /workflows', json, answer: UNSOUND, names };
});

/** A cycle is spelled out, through edges and mappings alike. */
const CYCLES: BadRequest[] = [
  {
    what: 'a cycle of edges',
    request: 'POST /workflows',
    json: {
      name: 'X',
      nodes: [node(), node({ id: 'b' })],
      edges: [
        { source: 'a', target: 'b' },
        { source: 'b', target: 'a' },
      ],
    },
    answer: UNSOUND,
    names: 'CIRCULAR_DEPENDENCY',
  },
  {
    what: 'a cycle through a mapping',
    request: 'POST /workflows',
    json: {
      name: 'X',
      nodes: [node({ inputs: { x: { from: 'b', output: 'y' } } }), node({ id: 'b' })],
      edges: [{ source: 'a', target: 'b' }],
    },
    answer: UNSOUND,
    names: 'CIRCULAR_DEPENDENCY',
  },
];

/** Changes of what is there. */
const CHANGES: [json: object, answer: BadRequest['answer'], names: string][] = [
  [{ name: null }, UNSOUND, 'MISSING_FIELD name'],
  [{ nodes: null }, UNSOUND, 'MISSING_FIELD nodes'],
  [{ nodes: [node({ type: 'magic' })] }, UNSOUND, 'UNKNOWN_NODE_TYPE type'],
  [{ edges: [{ source: 'in', target: 'in' }] }, UNSOUND, 'SELF_LOOP'],
  [{ settings: { maxConcurrency: 0 } }, UNSOUND, 'INVALID_SETTING settings.maxConcurrency'],
  [{ status: 'on' }, UNSOUND, 'INVALID_SCHEMA status'],
  [{ name: 'Y', revision: 0 }, INVALID, 'revision'],
  [{ name: 'Y', revision: '2' }, INVALID, 'revision'],
  [{ name: 'Y', revision: null }, INVALID, 'revision'],
  [{ name: 'Y', revision: 1.5 }, INVALID, 'revision'],
  [{ name: 'Y', revision: 7 }, CONFLICT, 'revision'],
];

const changes = CHANGES.map(([json, answer, names]): BadRequest => {
  return { what: JSON.stringify(json), request: 'PUT /workflows/wf', json, answer, names };
});

/** Documents that are not sound, and changes that would make them so. */
export const BAD_DOCUMENTS: BadRequest[] = [
  ...unsound,
  ...CYCLES,
  ...changes,
  {
    what: 'an id that is taken',
    request: 'POST /workflows',
    json: { id: 'wf', name: 'X', nodes: [], edges: [] },
    answer: CONFLICT,
    names: 'wf',
  },
];
