import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

interface Document {
  id?: string;
  name: string;
  nodes: Json[];
  edges: Json[];
  [field: string]: unknown;
}

const NODES = 10_000;
const EDGES = 50_000;
/** Anything quadratic in these sizes takes minutes; a machine that others use too takes a while for what is linear. */
const LINEAR_MS = 10_000;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const node = (index: number, fields: Json = {}): Json => {
  return { id: `n${index}`, type: 'transform', config: { output: { v: index } }, ...fields };
};
const document = (fields: Partial<Document>): Document => ({ name: 'Big', nodes: [], edges: [], ...fields });

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await server.call<T>(method, path, body);
  expect([answer.status, answer.body.error]).toEqual([
    method === 'POST' && /^\/workflows$/.test(path) ? 201 : 200,
    undefined,
  ]);
  return answer.body.data;
}

/** The text of what the server does not keep: of such documents compared much faster than their values. */
function given({ nodes, edges, name }: Document): string {
  return JSON.stringify({ name, nodes, edges });
}

function expectSame(shown: Document, original: Document): void {
  expect(given(shown) === given(original)).toBe(true);
}

/** Above 5 MB; with expressions each node has one of its own, and each edge a condition. */
function largest({ hasExpressions }: { hasExpressions: boolean }): Document {
  const nodes = times(NODES, (index) =>
    node(index, {
      label: `Node ${index}`,
      description: `What number ${index} of these nodes does, in the words of whoever drew it, at some length`,
      position: { x: index % 100, y: Math.floor(index / 100) },
      config: { output: { sum: hasExpressions ? sumOf(index) : `nothing to be put in at number ${index}` } },
    }),
  );
  const edges = times(EDGES, (index) => {
    const source = index % (NODES - 10);
    const target = source + 1 + Math.floor(index / (NODES - 10));
    return {
      id: `e${index}`,
      source: `n${source}`,
      target: `n${target}`,
      targetInput: `in${index}`,
      label: `From ${source} to ${target}`,
      ...(hasExpressions && { condition: `v > ${index}` }),
    };
  });
  return document({ nodes, edges });
}

const sumOf = (index: number) =>
  `{{ $sum([inputs.in${index}.v, ${index}]) + nodes.\`n${Math.max(0, index - 1)}\`.v * 2 }}`;

describe('a document of 10,000 nodes and 50,000 edges', () => {
  it('and 60,000 expressions is validated in a moment', async () => {
    const original = largest({ hasExpressions: true });
    expect(JSON.stringify(original).length).toBeGreaterThan(5_000_000);
    await send('POST', '/workflows/validate', document({}));
    const began = performance.now();
    const { valid, stats } = await send<{ valid: boolean; stats: Json }>('POST', '/workflows/validate', original);
    const ms = performance.now() - began;

    expect({ valid, stats }).toMatchObject({ valid: true, stats: { totalNodes: NODES, totalEdges: EDGES } });
    process.stdout.write(
      `  10,000 nodes, 50,000 edges and 60,000 expressions were validated in ${Math.round(ms)} ms\n`,
    );
    expect(ms).toBeLessThan(LINEAR_MS);
  });

  it('comes back equal from every operation that shows it', async () => {
    const id = 'largest';
    const original = largest({ hasExpressions: false });
    expect(JSON.stringify(original).length).toBeGreaterThan(5_000_000);
    const created = await send<{ workflow: Document }>('POST', '/workflows', { ...original, id });
    expectSame(created.workflow, original);
    expectSame(await send('GET', `/workflows/${id}`), original);
    const { workflows } = await send<{ workflows: Document[] }>('GET', `/workflows/export?ids=${id}`);
    expect(workflows).toHaveLength(1);
    expectSame(workflows[0] as Document, original);

    const nodes = original.nodes.map((each, index) => (index === 4321 ? { ...each, label: 'Changed' } : each));
    const changed = await send<{ workflow: Document }>('PUT', `/workflows/${id}`, { nodes });
    expectSame(changed.workflow, { ...original, nodes });
    const difference = await send<{ nodes: { changed: Json[] } }>('GET', `/workflows/${id}/versions/1/diff/2`);
    expect(difference.nodes.changed).toEqual([expect.objectContaining({ id: 'n4321' })]);
    expectSame(await send('GET', `/workflows/${id}/versions/1`), original);

    const imported = await send('POST', '/workflows/import', { workflows, overwrite: true });
    expect(imported).toMatchObject({ imported: 1, errors: [] });
    const { versions } = await send<{ versions: Json[] }>('GET', `/workflows/${id}/versions`);
    expect(versions.map(({ revision }) => revision)).toEqual([3, 2, 1]);
  });
});

/** Documents that are large in one way, and valid. */
const SHAPES: Record<string, () => Document> = {
  'a config of 4 MB': () =>
    document({
      nodes: [node(0, { config: { output: { list: times(50_000, (index) => ({ index, text: 'x'.repeat(60) })) } } })],
    }),
  'a text of 4 MB': () => document({ nodes: [node(0, { config: { output: { text: 'x'.repeat(4_000_000) } } })] }),
  'a config of 95 levels': () =>
    document({ nodes: [node(0, { config: { output: times(94, Number).reduce<unknown>((value) => [value], 1) } })] }),
  '50,000 edges between ten nodes': () =>
    document({
      nodes: times(10, (index) => node(index)),
      edges: times(EDGES, (index) => ({
        source: `n${index % 9}`,
        target: `n${(index % 9) + 1}`,
        targetInput: `i${index}`,
      })),
    }),
  'a node with 10,000 inputs': () =>
    document({
      nodes: [
        node(0),
        node(1, {
          inputs: Object.fromEntries(times(10_000, (index) => [`i${index}`, { from: 'n0', output: `v.x${index}` }])),
        }),
      ],
    }),
  'a node with 9,999 edges into it': () =>
    document({
      nodes: times(NODES, (index) => node(index)),
      edges: times(NODES - 1, (index) => ({ source: `n${index + 1}`, target: 'n0' })),
    }),
  '5,000 expressions that only JSONata knows': () =>
    document({ nodes: [node(0, { config: { output: times(5000, (index) => `{{ inputs.list[${index}] }}`) } })] }),
};

/** Documents that are large in one way, and refused for it, with the code and the field that name it. */
const REFUSED: Record<string, [make: () => Document, code: string, field: string | undefined]> = {
  '10,000 retryable errors': [
    () => document({ settings: { retryPolicy: { retryableErrors: times(10_000, (index) => `E${index}`) } } }),
    'INVALID_SETTING',
    'settings.retryPolicy.retryableErrors',
  ],
  '100,000 tags': [
    () => document({ metadata: { tags: times(100_000, (index) => `t${index}`) } }),
    'INVALID_SCHEMA',
    'metadata.tags',
  ],
  'two million braces': [
    () => document({ nodes: [node(0, { config: { output: '{{'.repeat(2_000_000) } })] }),
    'INVALID_EXPRESSION',
    undefined,
  ],
  'a schema of 20,000 patterns': [
    () => {
      const properties = Object.fromEntries(
        times(20_000, (index) => [`p${index}`, { type: 'string', pattern: '^(a+)+$' }]),
      );
      return document({ nodes: [node(0, { type: 'input', config: { schema: { properties } } })] });
    },
    'INVALID_CONFIG',
    'config',
  ],
  'a hundred schemas of sixty parts': [
    () => {
      const properties = Object.fromEntries(times(20, (index) => [`p${index}`, { type: 'string', minLength: 1 }]));
      return document({
        nodes: times(100, (index) => node(index, { type: 'input', config: { schema: { properties } } })),
      });
    },
    'INVALID_CONFIG',
    'config',
  ],
};

describe('a document with', () => {
  it.each(Object.entries(SHAPES))('%s is valid', async (_, make) => {
    const began = performance.now();
    expect(await send('POST', '/workflows/validate', make())).toMatchObject({ valid: true });
    expect(performance.now() - began).toBeLessThan(LINEAR_MS);
  });

  it.each(Object.entries(REFUSED))('%s is refused by name', async (_, [make, code, field]) => {
    const began = performance.now();
    const { status, body } = await server.call('POST', '/workflows', make());
    expect(performance.now() - began).toBeLessThan(LINEAR_MS);
    expect([status, body.error?.code]).toEqual([422, 'VALIDATION_FAILED']);
    const { errors = [] } = (body.error?.details ?? {}) as { errors?: Json[] };
    expect(errors[0]).toMatchObject({ code, ...(field !== undefined && { field }) });
    expect(errors.length).toBeLessThanOrEqual(201);
  });
});

describe('an execution of a chain of 10,000 nodes', () => {
  it('completes, and everything of it can be read', async () => {
    const nodes = times(NODES, (index) =>
      node(index, { config: { output: { v: index === 0 ? 0 : `{{ nodes.n${index - 1}.v + 1 }}` } } }),
    );
    const edges = nodes.slice(1).map(({ id: target }, index) => ({ source: `n${index}`, target, type: 'control' }));
    await send('POST', '/workflows', document({ id: 'chain', nodes, edges }));
    const { status, body } = await server.call<ExecutionRecord>('POST', '/executions?wait=30000', {
      workflowId: 'chain',
    });
    expect([status, body.data.status]).toEqual([201, 'completed']);

    const path = `/executions/${body.data.id}`;
    const record = await send<ExecutionRecord>('GET', path);
    expect(record.stats).toMatchObject({ totalNodes: NODES, completedNodes: NODES });
    expect(record.nodes.at(-1)).toMatchObject({ nodeId: `n${NODES - 1}`, outputs: { v: NODES - 1 } });
    expect(await send('GET', `${path}/progress`)).toMatchObject({ completedNodes: NODES, progress: 1 });
    const page = await send<{ nodes: Json[] }>('GET', `${path}/nodes?page=50&pageSize=200`);
    expect(page.nodes).toHaveLength(200);
    const { events } = await send<{ events: Json[] }>('GET', `${path}/events?after=9990&limit=1000`);
    expect(events.map(({ seq }) => seq)).toEqual(times(NODES + 3 - 9990, (index) => 9991 + index));
  });
});
