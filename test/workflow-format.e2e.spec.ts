import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;
type Workflow = Json & { id: string; metadata: Json; version: Json };

let server: TestServer;
let count = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

async function ok<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await server.call<T>(method, path, body);
  expect([answer.body.error, answer.status < 300]).toEqual([undefined, true]);
  return answer.body.data;
}

const position = { x: 0, y: 0 };
/** What the server counts of a workflow without executions. */
const UNUSED = { usageCount: 0, avgExecutionTime: 0, successRate: 0, lastExecutedAt: null as string | null };

async function create(fields: Json = {}): Promise<{ workflow: Workflow; warnings: Json[] }> {
  count += 1;
  const nodes = [{ id: 'in', type: 'input', position, config: { data: { n: 1 } } }];
  return ok('POST', '/workflows', { name: `Format ${count}`, nodes, edges: [], ...fields });
}

const run = (workflowId: string) => ok<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId });

async function runOf(fields: Json): Promise<ExecutionRecord> {
  const { workflow } = await create(fields);
  return run(workflow.id);
}

const problemsOf = async (fields: Json) =>
  ok<{ errors: Json[]; warnings: Json[] }>('POST', '/workflows/validate', {
    name: 'x',
    nodes: [],
    edges: [],
    ...fields,
  });

const ids = async (query: string) =>
  (await ok<{ workflows: { id: string }[] }>('GET', `/workflows?${query}`)).workflows.map(({ id }) => id);

describe('what a document says for people', () => {
  const document = {
    description: 'Takes orders in',
    author: 'Ada',
    version: { version: '2.3.4', changelog: 'New', isDraft: true, parentVersion: '2.3.3' },
    nodes: [
      {
        id: 'a',
        type: 'input',
        config: {},
        label: 'A',
        name: 'a_',
        description: 'd',
        color: '#f00',
        icon: 'star',
        position,
      },
      { id: 'b', type: 'output', config: {}, position: { x: -1.5, y: 1e9, z: 3 } },
    ],
    edges: [{ id: 'e', source: 'a', target: 'b', label: 'then' }],
    metadata: { tags: ['a', 'b'], category: 'orders', isPublic: true, custom: { own: [1, null] } },
    isPublished: true,
  };
  let workflow: Workflow;
  let record: ExecutionRecord;
  beforeAll(async () => {
    ({ workflow } = await create(document));
    record = await run(workflow.id);
  });

  it.each([
    ['workflow.description', 'description'],
    ['workflow.author', 'author'],
    ['workflow.isPublished', 'isPublished'],
    ['version.changelog', 'version.changelog'],
    ['version.isDraft', 'version.isDraft'],
    ['version.parentVersion', 'version.parentVersion'],
    ['metadata.tags', 'metadata.tags'],
    ['metadata.category', 'metadata.category'],
    ['metadata.isPublic', 'metadata.isPublic'],
    ['metadata.custom', 'metadata.custom'],
    ['node.label', 'nodes.0.label'],
    ['node.name', 'nodes.0.name'],
    ['node.description', 'nodes.0.description'],
    ['node.color', 'nodes.0.color'],
    ['node.icon', 'nodes.0.icon'],
    ['node.position', 'nodes.1.position'],
    ['position.x', 'nodes.1.position.x'],
    ['position.y', 'nodes.1.position.y'],
    ['edge.label', 'edges.0.label'],
  ])('is kept and exported as it was: %s', async (_, path) => {
    const { workflows } = await ok<{ workflows: Workflow[] }>('GET', `/workflows/export?ids=${workflow.id}`);
    const at = (root: unknown) => path.split('.').reduce((value, name) => (value as Json)[name], root);
    expect(at(document)).toBeDefined();
    expect(at(workflow)).toEqual(at(document));
    expect(at(workflows[0])).toEqual(at(document));
  });

  it('hinders no run: version.isDraft, workflow.isPublished', async () => {
    expect(record).toMatchObject({ status: 'completed', workflowVersion: '2.3.4' });
    const unpublished = await runOf({ isPublished: false, version: { isDraft: true } });
    expect(unpublished).toMatchObject({ status: 'completed', workflowVersion: '1.0.0' });
  });

  it('finds the workflow: workflow.author, metadata.tags, metadata.category, workflow.isPublished', async () => {
    for (const query of ['author=Ada', 'tags=x,b', 'category=orders', 'publishedOnly=true']) {
      expect(await ids(query)).toEqual([workflow.id]);
    }
    expect(await ids('author=Bea')).toEqual([]);
    expect(await ids('tags=x')).toEqual([]);
  });

  it('is a warning when node.position is missing or bad, and an error when a text is none', async () => {
    const { errors, warnings } = await problemsOf({
      nodes: [
        { id: 'a', type: 'input', config: {} },
        { id: 'b', type: 'input', config: {}, position: { x: 'left' } },
        { id: 'c', type: 'input', config: {}, position, color: 7, icon: {}, description: [], name: 1 },
      ],
    });
    const bad = warnings.filter(({ code }) => code === 'INVALID_POSITION');
    expect(bad).toMatchObject([{ nodeId: 'a' }, { nodeId: 'b' }, { nodeId: 'b' }]);
    expect(errors.map(({ code, nodeId, field }) => [code, nodeId, field])).toEqual(
      ['name', 'description', 'color', 'icon'].map((field) => ['INVALID_SCHEMA', 'c', field]),
    );
  });
});

describe('what a document says of itself', () => {
  it('workflow.id is made when absent, and never changes', async () => {
    const { workflow } = await create();
    expect(workflow.id).toMatch(/^wf_[\w-]{12}$/);
    const { workflow: same } = await ok<{ workflow: Workflow }>('PUT', `/workflows/${workflow.id}`, { id: 'other' });
    expect(same.id).toBe(workflow.id);
    const longest = `A.b:c_-${'9'.repeat(121)}`;
    expect((await create({ id: longest })).workflow.id).toBe(longest);
  });

  it('workflow.name is the name of its executions, as it was when they were created', async () => {
    const { workflow } = await create({ name: '  名 \u{1d11e} ' });
    expect(workflow.name).toBe('  名 \u{1d11e} ');
    await run(workflow.id);
    await ok('PUT', `/workflows/${workflow.id}`, { name: 'Renamed' });
    const { executions } = await ok<{ executions: Json[] }>('GET', `/executions?workflowId=${workflow.id}`);
    expect(executions).toMatchObject([{ workflowName: '  名 \u{1d11e} ' }]);
    expect((await run(workflow.id)).workflowName).toBe('Renamed');
  });

  it('version.version is 1.0.0 when absent; one that is no semantic version is a warning and is kept', async () => {
    expect((await create({ version: { changelog: 'x' } })).workflow.version).toMatchObject({ version: '1.0.0' });
    const { workflow, warnings } = await create({ version: { version: 'v2' } });
    expect(workflow.version.version).toBe('v2');
    expect(warnings).toMatchObject([{ code: 'INVALID_VERSION_FORMAT', field: 'version.version' }]);
    expect((await run(workflow.id)).workflowVersion).toBe('v2');
  });

  it.each(['inactive', 'deprecated'])('workflow.status %s refuses new executions with CONFLICT', async (status) => {
    const { workflow } = await create({ status });
    const body = { workflowId: workflow.id };
    const refused = await server.call('POST', '/executions', body);
    expect([refused.status, refused.body.error]).toMatchObject([409, { code: 'CONFLICT', details: { status } }]);
    await ok('PUT', `/workflows/${workflow.id}`, { status: 'active' });
    expect((await server.call('POST', '/executions', body)).status).toBe(201);
  });

  it('workflow.createdAt and workflow.updatedAt are kept by the server', async () => {
    const old = '2001-01-01T00:00:00.000Z';
    const { workflow } = await create({ createdAt: old, updatedAt: old });
    for (const time of [workflow.createdAt, workflow.updatedAt]) {
      expect(new Date(time as string).toISOString()).toBe(time);
      expect(time).not.toBe(old);
    }
    const change = { createdAt: old, updatedAt: old, description: 'x' };
    const { workflow: changed } = await ok<{ workflow: Workflow }>('PUT', `/workflows/${workflow.id}`, change);
    expect(changed.createdAt).toBe(workflow.createdAt);
    expect(Date.parse(changed.updatedAt as string)).toBeGreaterThanOrEqual(Date.parse(workflow.updatedAt as string));
    expect(changed.updatedAt).not.toBe(old);
  });

  it('metadata.usageCount, metadata.successRate, metadata.avgExecutionTime and metadata.lastExecutedAt are counted by the server', async () => {
    const metadata = { usageCount: 99, successRate: 9, avgExecutionTime: -1, lastExecutedAt: 'never' };
    const fail = { id: 'a', type: 'fail', config: { message: 'x', attempts: '{{ trigger.data.attempts }}' } };
    const { workflow } = await create({ metadata, nodes: [{ ...fail, retryPolicy: { maxRetries: 0 } }] });
    expect(workflow.metadata).toEqual(UNUSED);
    for (const attempts of [0, 1]) {
      const trigger = { type: 'api', data: { attempts } };
      await ok('POST', '/executions?wait=20000', { workflowId: workflow.id, trigger });
    }
    let seen = UNUSED;
    while (seen.successRate !== 0.5) {
      await delay(20);
      seen = (await ok<{ metadata: typeof UNUSED }>('GET', `/workflows/${workflow.id}`)).metadata;
    }
    expect(seen).toEqual({
      usageCount: 2,
      successRate: 0.5,
      avgExecutionTime: expect.any(Number) as number,
      lastExecutedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/) as string,
    });
  });

  it('workflow.nodes, workflow.edges, workflow.settings, workflow.version and workflow.metadata are replaced as a whole', async () => {
    const { workflow } = await create({ settings: { timeout: 5000 }, metadata: { tags: ['a'], category: 'c' } });
    const changes = {
      nodes: [
        { id: 'x', type: 'input', config: {}, position },
        { id: 'y', type: 'output', config: {}, position },
      ],
      edges: [{ source: 'x', target: 'y' }],
      settings: { maxConcurrency: 2 },
      version: { version: '1.1.0' },
      metadata: { category: 'd' },
    };
    const { workflow: changed } = await ok<{ workflow: Workflow }>('PUT', `/workflows/${workflow.id}`, changes);
    const { metadata, ...content } = changes;
    expect(changed).toMatchObject(content);
    expect(changed.settings).toEqual(changes.settings);
    expect(changed.metadata).toEqual({ ...metadata, ...UNUSED });
  });
});

describe('what a document says of its nodes', () => {
  it.each(['订单 1', 'a.b', '{{x}}', "it's `odd`", 'x'.repeat(128), 'toString'])(
    'node.id may be %j: edges, mappings, expressions and the record have it',
    async (id) => {
      const node = id.includes('`') ? `$lookup(nodes, ${JSON.stringify(id)})` : `nodes.\`${id}\``;
      const record = await runOf({
        nodes: [
          { id, type: 'input', config: { data: { n: 7 } } },
          {
            id: 'b',
            type: 'transform',
            config: { output: { n: `{{ ${node}.n }}` } },
            inputs: { m: { from: id, output: 'n' } },
          },
          { id: 'c', type: 'output' },
        ],
        edges: [
          { source: id, target: 'b' },
          { source: 'b', target: 'c' },
        ],
      });
      expect(record).toMatchObject({ status: 'completed', result: { n: 7 } });
      expect(record.nodes.map(({ nodeId }) => nodeId)).toEqual([id, 'b', 'c']);
      expect(record.nodes[1]?.inputs).toEqual({ n: 7, m: 7 });
      expect(await ok('GET', `/executions/${record.id}/nodes/${encodeURIComponent(id)}`)).toMatchObject({ nodeId: id });
    },
  );

  it('node.type may be an alias; the document keeps it', async () => {
    const { workflow } = await create({ nodes: [{ id: 'a', type: 'process', config: { output: 5 } }] });
    expect(workflow.nodes).toMatchObject([{ type: 'process' }]);
    expect((await run(workflow.id)).nodes).toMatchObject([{ status: 'completed', outputs: { value: 5 } }]);
  });

  it.each([
    ['a number', { id: 'a', type: 'delay', config: { duration: '{{ inputs.n }}' } }, 'duration'],
    ['a list', { id: 'a', type: 'switch', config: { value: 1, cases: '{{ inputs.n }}' } }, 'cases'],
    ['an object', { id: 'a', type: 'set-variables', config: { variables: '{{ inputs.n }}' } }, 'variables'],
  ])('node.config may have an expression for %s, whose value fails with INVALID_CONFIG', async (_, node, field) => {
    const nodes = [
      { id: 'in', type: 'input', config: { data: { n: 'text' } } },
      { ...node, retryPolicy: { maxRetries: 5 } },
    ];
    const record = await runOf({ nodes, edges: [{ source: 'in', target: 'a' }] });
    expect(record).toMatchObject({ status: 'failed', error: { code: 'INVALID_CONFIG', failedNodeId: 'a' } });
    expect(record.nodes[1]).toMatchObject({ attempt: 1, error: { details: { problems: [{ field }] } } });
  });

  it('node.config is not checked for fields that are no templates: schema and code are taken as they are', async () => {
    const schema = { properties: { n: { const: '{{ x }}' } } };
    const record = await runOf({
      nodes: [
        { id: 'in', type: 'input', config: { data: { n: '{{ "{{" }} x }}' }, schema } },
        { id: 'a', type: 'script', config: { code: 'return [inputs.n, "{{ inputs.n }}"]' } },
      ],
      edges: [{ source: 'in', target: 'a' }],
    });
    expect(record.nodes[1]?.outputs).toEqual({ value: ['{{ x }}', '{{ inputs.n }}'] });
  });
});
