import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

/** What a change of a workflow answers. */
interface Changed {
  workflow: Json & { id: string; revision: number; metadata: Json; version: Json };
  stats: Json;
  warnings: { code: string }[];
}

const position = { x: 0, y: 0 };

function workflow(overrides: Json = {}): Json {
  return {
    name: 'Order intake',
    nodes: [
      { id: 'a', type: 'input', position, config: {} },
      { id: 'b', type: 'output', position, config: {} },
    ],
    edges: [{ id: 'e', source: 'a', target: 'b' }],
    ...overrides,
  };
}

describe('workflows over HTTP', () => {
  let server: TestServer;
  const call: TestServer['call'] = (...request) => server.call(...request);

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  async function create(overrides: Json = {}, headers?: Record<string, string>): Promise<Changed['workflow']> {
    const { status, body } = await call<Changed>('POST', '/workflows', workflow(overrides), headers);
    expect([status, body.error]).toEqual([201, undefined]);
    return body.data.workflow;
  }

  /** Rows as the executions module writes them. */
  async function executed(workflowId: string, statuses: string[]): Promise<void> {
    for (const [index, status] of statuses.entries()) {
      const ended = ['completed', 'failed', 'cancelled'].includes(status);
      await server.database.pool.query(
        `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, seq,
           trigger_type, total_nodes, created_at, updated_at, ended_at)
         VALUES ($1, $2, 'n', '1.0.0', 1, $3, 1, 'api', 1, $4, $4, $5)`,
        [`exec_${workflowId}_${index}`, workflowId, status, index, ended ? index : null],
      );
    }
  }

  function used(workflowId: string, instance: string, figures: number[]): Promise<unknown> {
    return server.database.pool.query(
      `INSERT INTO workflow_usage (workflow_id, instance_id, used, completed, failed, duration_sum, last_executed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [workflowId, instance, ...figures],
    );
  }

  describe('POST /workflows', () => {
    test('creates a workflow, with what the server keeps and the defaults', async () => {
      const { status, body } = await call<Changed>('POST', '/workflows', workflow());

      expect(status).toBe(201);
      expect(body).toMatchObject({ code: 200, success: true, message: 'Workflow created successfully' });
      expect(body.data).toMatchObject({
        workflow: {
          ...workflow(),
          id: expect.stringMatching(/^wf_[\w-]{12}$/) as string,
          revision: 1,
          version: { version: '1.0.0' },
          status: 'active',
          isPublished: false,
          metadata: { usageCount: 0, avgExecutionTime: 0, successRate: 0, lastExecutedAt: null },
        },
        stats: { totalNodes: 2, totalEdges: 1, startNodes: 1, endNodes: 1, maxDepth: 2 },
        warnings: [],
      });
      const { createdAt, updatedAt } = body.data.workflow;
      expect(createdAt).toBe(updatedAt);
      expect(Math.abs(Date.parse(createdAt as string) - Date.now())).toBeLessThan(60_000);
    });

    test('keeps unknown fields everywhere and takes none of the server for stored', async () => {
      const created = await create({
        id: 'keeps.unknown',
        ownField: { deep: [1, null, 'x'] },
        nodes: [{ id: '节点', type: 'input', position, config: {}, mine: true }],
        edges: [],
        settings: { timeout: 5000, mySetting: 1 },
        metadata: { tags: ['t'], usageCount: 99, lastExecutedAt: '2020-01-01T00:00:00Z', custom: { a: 1 }, other: 2 },
        version: { version: '2.1.0', extra: 'x' },
        createdAt: '2001-01-01T00:00:00.000Z',
        revision: 55,
      });

      expect(created).toMatchObject({
        id: 'keeps.unknown',
        revision: 1,
        ownField: { deep: [1, null, 'x'] },
        nodes: [{ id: '节点', mine: true }],
        settings: { timeout: 5000, mySetting: 1 },
        version: { version: '2.1.0', extra: 'x' },
      });
      expect(created.metadata).toEqual({
        tags: ['t'],
        custom: { a: 1 },
        other: 2,
        usageCount: 0,
        avgExecutionTime: 0,
        successRate: 0,
        lastExecutedAt: null,
      });
      expect(created.createdAt).not.toBe('2001-01-01T00:00:00.000Z');
      const { body } = await call('GET', '/workflows/keeps.unknown');
      expect(body.data).toEqual(created);
    });

    test('stores texts that a PostgreSQL column cannot hold', async () => {
      const odd = 'a\u0000b\ud800c';
      const created = await create({
        name: odd,
        description: odd,
        author: odd,
        metadata: { tags: [odd], category: odd, custom: { odd } },
        version: { version: '1.0.0', changelog: odd },
        nodes: [{ id: 'a', type: 'input', position, config: { data: { odd } } }],
        edges: [],
      });

      const { body } = await call<Changed['workflow']>('GET', `/workflows/${created.id}`);
      expect(body.data).toEqual(created);
      expect(body.data).toMatchObject({ name: odd, author: odd, nodes: [{ config: { data: { odd } } }] });
    });

    test('refuses an invalid document as VALIDATION_FAILED with everything that is wrong', async () => {
      const document = workflow({ name: '', nodes: [{ id: 'a', type: 'no-such', position }] });
      const { status, body } = await call('POST', '/workflows', document);

      expect(status).toBe(422);
      expect(body).toMatchObject({ code: 422, success: false, data: null, error: { code: 'VALIDATION_FAILED' } });
      const { errors, warnings } = (body.error?.details ?? {}) as Record<string, { code: string }[]>;
      expect(errors?.map(({ code }) => code)).toEqual(['MISSING_FIELD', 'UNKNOWN_NODE_TYPE', 'INVALID_TARGET_NODE']);
      expect(warnings?.map(({ code }) => code)).toEqual(['MISSING_CONFIG']);
    });

    test('refuses an id that exists, an id of a static path and one with other characters', async () => {
      await create({ id: 'taken' });
      const again = await call('POST', '/workflows', workflow({ id: 'taken' }));
      const stats = await call('POST', '/workflows', workflow({ id: 'stats' }));
      const spaced = await call('POST', '/workflows', workflow({ id: 'a b' }));

      expect([again.status, again.body.error?.code]).toEqual([409, 'CONFLICT']);
      expect([stats.status, spaced.status]).toEqual([422, 422]);
    });

    test('lets one of several at once have an id', async () => {
      const all = await Promise.all(
        Array.from({ length: 8 }, () => call('POST', '/workflows', workflow({ id: 'race' }))),
      );
      expect(all.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    });

    test.each([
      ['no body', undefined, 400],
      ['null', null, 422],
      ['a list', [], 422],
      ['a text', 'workflow', 422],
    ])('refuses %s', async (_name, document, expected) => {
      const { status, body } = await call('POST', '/workflows', document);
      expect(status).toBe(expected);
      expect(body.success).toBe(false);
    });
  });

  describe('GET /workflows/:id', () => {
    test('gives the document with its revision as ETag', async () => {
      const created = await create();
      const { status, headers, body } = await call('GET', `/workflows/${created.id}`);

      expect(status).toBe(200);
      expect(headers.get('etag')).toBe('"1"');
      expect(body.data).toEqual(created);
    });

    test('is 404 for what does not exist', async () => {
      const { status, body } = await call('GET', '/workflows/nowhere');
      expect(status).toBe(404);
      expect(body).toMatchObject({
        code: 404,
        message: 'Workflow not found',
        error: { code: 'NOT_FOUND', details: { id: 'nowhere' } },
      });
    });

    test('sums how it was used over all instances: metadata.usageCount, metadata.avgExecutionTime, metadata.successRate, metadata.lastExecutedAt', async () => {
      const { id } = await create();
      await used(id, 'i1', [5, 3, 1, 600, 1_700_000_000_000]);
      await used(id, 'i2', [2, 1, 0, 200, 1_700_000_001_000]);

      const { body } = await call<Changed['workflow']>('GET', `/workflows/${id}`);
      expect(body.data.metadata).toEqual({
        usageCount: 7,
        avgExecutionTime: 200,
        successRate: 0.8,
        lastExecutedAt: '2023-11-14T22:13:21.000Z',
      });
    });
  });

  describe('PUT /workflows/:id', () => {
    test('replaces the given fields, each as a whole, and makes a new revision of what a revision holds', async () => {
      const { id } = await create({ settings: { timeout: 5000, maxConcurrency: 3 }, metadata: { tags: ['x'] } });
      const { status, headers, body } = await call<Changed>('PUT', `/workflows/${id}`, {
        settings: { timeout: 9000 },
        description: 'new',
      });

      expect(status).toBe(200);
      expect(headers.get('etag')).toBe('"2"');
      expect(body.message).toBe('Workflow updated successfully');
      expect(body.data.workflow).toMatchObject({
        name: 'Order intake',
        description: 'new',
        settings: { timeout: 9000 },
        metadata: { tags: ['x'] },
        revision: 2,
      });
      expect(body.data.workflow.settings).toEqual({ timeout: 9000 });
      const read = await call('GET', `/workflows/${id}`);
      expect(read.body.data).toEqual(body.data.workflow);
    });

    test.each<[string, Json, number]>([
      [
        'nodes',
        {
          nodes: [
            { id: 'a', type: 'input', position, config: {} },
            { id: 'b', type: 'output', position, config: { value: 1 } },
          ],
        },
        2,
      ],
      ['edges', { edges: [] }, 2],
      ['settings', { settings: { timeout: 1234 } }, 2],
      ['version', { version: { version: '1.0.1' } }, 2],
      ['name', { name: 'Other' }, 1],
      ['metadata', { metadata: { tags: ['y'] } }, 1],
      ['status', { status: 'inactive' }, 1],
      ['isPublished', { isPublished: true }, 1],
      ['an unknown field', { ownField: 1 }, 1],
      ['nothing', {}, 1],
    ])('a change of %s leads to the right revision', async (_name, changes, revision) => {
      const created = await create();
      const { body } = await call<Changed>('PUT', `/workflows/${created.id}`, changes);
      expect(body.data.workflow).toMatchObject({ ...changes, revision });
    });

    test('changes nothing when the whole document comes back as it is', async () => {
      const created = await create({ metadata: { tags: ['x'] }, settings: {} });
      const { body } = await call<Changed>('PUT', `/workflows/${created.id}`, created);
      expect(body.data.workflow).toEqual(created);
    });

    test('removes optional fields by null, and refuses that for required ones', async () => {
      const { id } = await create({
        description: 'd',
        author: 'me',
        settings: { timeout: 5000 },
        status: 'inactive',
        ownField: 1,
      });
      const removed = { description: null, author: null, settings: null, status: null, ownField: null, version: null };
      const { status, body } = await call<Changed>('PUT', `/workflows/${id}`, removed);
      const required = await call('PUT', `/workflows/${id}`, { name: null, nodes: null, edges: [] });

      expect(status).toBe(200);
      for (const field of ['description', 'author', 'settings', 'ownField']) {
        expect(body.data.workflow).not.toHaveProperty(field);
      }
      expect(body.data.workflow).toMatchObject({ status: 'active', version: { version: '1.0.0' } });
      expect(required.status).toBe(422);
      expect(required.body.error?.details).toMatchObject({
        errors: [
          { code: 'MISSING_FIELD', field: 'name' },
          { code: 'MISSING_FIELD', field: 'nodes' },
        ],
      });
    });

    test('never changes the id, the creation or what the server counts', async () => {
      const created = await create();
      const { body } = await call<Changed>('PUT', `/workflows/${created.id}`, {
        id: 'another',
        createdAt: '2001-01-01T00:00:00.000Z',
        updatedAt: 'nonsense',
        metadata: { usageCount: 5, successRate: 1 },
      });

      expect(body.data.workflow).toMatchObject({ id: created.id, createdAt: created.createdAt });
      expect(body.data.workflow.metadata).toMatchObject({ usageCount: 0, successRate: 0 });
      expect((await call('GET', '/workflows/another')).status).toBe(404);
    });

    test.each(['1', '"1"', 'W/"1"', '*'])('takes If-Match %s for revision 1', async (ifMatch) => {
      const { id } = await create();
      const { status } = await call(
        'PUT',
        `/workflows/${id}`,
        { settings: { timeout: 2000 } },
        { 'if-match': ifMatch },
      );
      expect(status).toBe(200);
    });

    test('is CONFLICT when someone else was faster, by If-Match or by revision in the body', async () => {
      const { id } = await create();
      await call('PUT', `/workflows/${id}`, { edges: [] });
      const byHeader = await call('PUT', `/workflows/${id}`, { name: 'x' }, { 'if-match': '"1"' });
      const byBody = await call('PUT', `/workflows/${id}`, { name: 'x', revision: 1 });
      const right = await call<Changed>('PUT', `/workflows/${id}`, { name: 'y', revision: 2 });

      expect([byHeader.status, byBody.status, right.status]).toEqual([409, 409, 200]);
      expect(byHeader.body.error).toEqual({
        code: 'CONFLICT',
        details: { id, revision: 2, expectedRevision: 1 },
      });
      expect(right.body.data.workflow).toMatchObject({ name: 'y', revision: 2 });
    });

    test.each<[Record<string, string>, Json, string]>([
      [{ 'if-match': 'seven' }, {}, 'If-Match'],
      [{ 'if-match': '"1", "2"' }, {}, 'If-Match'],
      [{}, { revision: 'x' }, 'revision'],
      [{}, { revision: 0 }, 'revision'],
      [{ 'if-match': '1' }, { revision: 2 }, 'revision'],
    ])('is 400 for %j with %j', async (headers, body, field) => {
      const { id } = await create();
      const answer = await call('PUT', `/workflows/${id}`, body, headers);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: 'INVALID_PARAMS', details: [{ field }] });
    });

    test('lets one of several with the same If-Match win', async () => {
      const { id } = await create();
      const all = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          call('PUT', `/workflows/${id}`, { settings: { timeout: 2000 + index } }, { 'if-match': '1' }),
        ),
      );
      expect(all.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409, 409, 409, 409]);
      const { body } = await call<{ count: number }>('GET', `/workflows/${id}/versions`);
      expect(body.data.count).toBe(2);
    });

    test('loses no field to others that change at the same time', async () => {
      const { id } = await create();
      const fields = Array.from({ length: 6 }, (_, index) => `own${index}`);
      const all = await Promise.all(fields.map((field) => call('PUT', `/workflows/${id}`, { [field]: field })));
      const { body } = await call<Json>('GET', `/workflows/${id}`);

      expect(all.map(({ status }) => status)).toEqual(fields.map(() => 200));
      expect(body.data).toMatchObject(Object.fromEntries(fields.map((field) => [field, field])));
    });

    test('refuses what is no document, what is invalid and what does not exist', async () => {
      const { id } = await create();
      const list = await call('PUT', `/workflows/${id}`, []);
      const none = await call('PUT', `/workflows/${id}`);
      const invalid = await call('PUT', `/workflows/${id}`, { settings: { maxConcurrency: 0 } });
      const nowhere = await call('PUT', '/workflows/nowhere', { name: 'x' });

      expect([list.status, none.status, invalid.status, nowhere.status]).toEqual([400, 400, 422, 404]);
      expect(invalid.body.error?.details).toMatchObject({ errors: [{ field: 'settings.maxConcurrency' }] });
    });
  });

  describe('DELETE /workflows/:id', () => {
    test('hides the workflow', async () => {
      const { id } = await create();
      const deleted = await call('DELETE', `/workflows/${id}`);
      const again = await call('DELETE', `/workflows/${id}`);
      const statuses = await Promise.all([
        call('GET', `/workflows/${id}`),
        call('PUT', `/workflows/${id}`, { name: 'x' }),
        call('GET', `/workflows/${id}/versions`),
        call('GET', `/workflows/${id}/versions/1`),
        call('POST', `/workflows/${id}/clone`),
      ]);

      expect([deleted.status, deleted.body.data]).toEqual([200, null]);
      expect(again.status).toBe(404);
      expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
      const list = await call<{ workflows: Json[] }>('GET', '/workflows?pageSize=200');
      expect(list.body.data.workflows.map((row) => row.id)).not.toContain(id);
    });

    test('created again under the same id its revisions go on counting', async () => {
      await create({ id: 'phoenix' });
      await call('PUT', '/workflows/phoenix', { edges: [] });
      await call('DELETE', '/workflows/phoenix');
      const again = await create({ id: 'phoenix', name: 'Reborn' });
      const { body } = await call<{ versions: Json[] }>('GET', '/workflows/phoenix/versions');

      expect(again).toMatchObject({ revision: 3, name: 'Reborn' });
      expect(body.data.versions.map(({ revision }) => revision)).toEqual([3, 2, 1]);
    });
  });

  describe('POST /workflows/validate', () => {
    test('says everything that is wrong, with 200, and stores nothing', async () => {
      const invalid = await call('POST', '/workflows/validate', { id: 'never-stored', nodes: 7 });
      const valid = await call('POST', '/workflows/validate', workflow({ id: 'never-stored' }));

      expect([invalid.status, valid.status]).toEqual([200, 200]);
      expect(invalid.body.data).toMatchObject({
        valid: false,
        errors: [
          { code: 'MISSING_FIELD', field: 'name' },
          { code: 'MISSING_FIELD', field: 'edges' },
          { code: 'INVALID_SCHEMA', field: 'nodes' },
        ],
        stats: { totalNodes: 0 },
      });
      expect(valid.body.data).toMatchObject({ valid: true, errors: [], warnings: [], stats: { maxDepth: 2 } });
      expect((await call('GET', '/workflows/never-stored')).status).toBe(404);
    });

    test('takes null, and wants a body', async () => {
      const nothing = await call('POST', '/workflows/validate', null);
      const none = await call('POST', '/workflows/validate');
      expect(nothing.body.data).toMatchObject({ valid: false, errors: [{ code: 'INVALID_SCHEMA' }] });
      expect(none.status).toBe(400);
    });
  });

  describe('POST /workflows/:id/clone', () => {
    test('makes a draft of its own', async () => {
      const original = await create({
        version: { version: '3.2.1', changelog: 'c', isDraft: false },
        isPublished: true,
        metadata: { tags: ['x'] },
        ownField: 1,
      });
      await used(original.id, 'i1', [5, 3, 1, 600, 1]);
      const { status, body } = await call<Changed>('POST', `/workflows/${original.id}/clone`);

      expect(status).toBe(201);
      const { workflow: copy } = body.data;
      expect(copy).toMatchObject({
        name: 'Order intake (Copy)',
        nodes: original.nodes,
        edges: original.edges,
        ownField: 1,
        version: { version: '1.0.0', isDraft: true },
        isPublished: false,
        revision: 1,
        metadata: { tags: ['x'], usageCount: 0 },
      });
      expect(copy.id).not.toBe(original.id);
    });

    test('takes a name, and cuts one that would become too long', async () => {
      const { id } = await create({ name: 'ü'.repeat(256) });
      const named = await call<Changed>('POST', `/workflows/${id}/clone`, { newName: 'Mine' });
      const unnamed = await call<Changed>('POST', `/workflows/${id}/clone`, {});

      expect(named.body.data.workflow.name).toBe('Mine');
      expect(unnamed.body.data.workflow.name).toBe(`${'ü'.repeat(249)} (Copy)`);
    });

    test.each<[Json, string]>([
      [{ newname: 'x' }, 'newname'],
      [{ newName: '' }, 'newName'],
      [{ newName: 7 }, 'newName'],
      [{ newName: 'x'.repeat(257) }, 'newName'],
    ])('refuses %j', async (options, field) => {
      const { id } = await create();
      const { status, body } = await call('POST', `/workflows/${id}/clone`, options);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'INVALID_PARAMS', details: [{ field }] });
    });
  });

  describe('GET /workflows', () => {
    const author = 'the lister';
    const ids = (body: { data: unknown }) => (body.data as { workflows: Json[] }).workflows.map(({ id }) => id);
    const list = async (query: string) => ids((await call('GET', `/workflows?author=the%20lister&${query}`)).body);

    beforeAll(async () => {
      await create({
        id: 'l1',
        author,
        name: 'beta',
        description: '100%_Sure',
        metadata: { tags: ['red', 'blue'], category: 'c1' },
      });
      await create({ id: 'l2', author, name: 'Alpha', status: 'inactive', metadata: { tags: ['blue'] } });
      await create({
        id: 'l3',
        author,
        name: 'gamma ÄRGER',
        isPublished: true,
        status: 'deprecated',
        metadata: { tags: ['green'], category: 'c1' },
      });
      await used('l1', 'i1', [2, 1, 1, 10, 1]);
      await used('l1', 'i2', [2, 1, 1, 10, 1]);
      await used('l2', 'i1', [3, 1, 1, 10, 1]);
      await executed('l1', [...Array<string>(12).fill('completed'), 'failed', 'running']);
    });

    test('shows rows without nodes and edges, with stats, revision and the last twelve statuses', async () => {
      const { status, body } = await call<{ workflows: Json[]; pagination: Json }>(
        'GET',
        '/workflows?author=the%20lister&sortBy=name&sortOrder=asc',
      );

      expect(status).toBe(200);
      expect(body.data.pagination).toEqual({ page: 1, pageSize: 20, total: 3, totalPages: 1 });
      const row = body.data.workflows[1];
      expect(row).toMatchObject({
        id: 'l1',
        name: 'beta',
        revision: 1,
        version: { version: '1.0.0' },
        metadata: { usageCount: 4, avgExecutionTime: 10, successRate: 0.5, tags: ['red', 'blue'] },
        stats: { totalNodes: 2, maxDepth: 2 },
        lastStatuses: ['running', 'failed', ...Array<string>(10).fill('completed')],
      });
      expect(row).not.toHaveProperty('nodes');
      expect(row).not.toHaveProperty('edges');
    });

    test('sorts by each field, by the last change first unless told otherwise', async () => {
      expect(await list('')).toEqual(['l3', 'l2', 'l1']);
      expect(await list('sortOrder=asc')).toEqual(['l1', 'l2', 'l3']);
      expect(await list('sortBy=name&sortOrder=asc')).toEqual(['l2', 'l1', 'l3']);
      expect(await list('sortBy=createdAt&sortOrder=asc')).toEqual(['l1', 'l2', 'l3']);
      expect(await list('sortBy=usageCount')).toEqual(['l1', 'l2', 'l3']);
    });

    test('filters by tags, category, status, publication and a part of name or description', async () => {
      expect(await list('tags=red,green')).toEqual(['l3', 'l1']);
      expect(await list('category=c1')).toEqual(['l3', 'l1']);
      expect(await list('status=inactive')).toEqual(['l2']);
      expect(await list('publishedOnly=true')).toEqual(['l3']);
      expect(await list('publishedOnly=false')).toEqual(['l3', 'l2', 'l1']);
      expect(await list('search=ALPH')).toEqual(['l2']);
      expect(await list(`search=${encodeURIComponent('%_s')}`)).toEqual(['l1']);
      expect(await list(`search=${encodeURIComponent('ärger')}`)).toEqual(['l3']);
      expect(await list('search=nothing-like-it')).toEqual([]);
      expect(await list('tags=red&category=c1&search=beta')).toEqual(['l1']);
    });

    test('pages', async () => {
      const { body } = await call<{ pagination: Json }>('GET', '/workflows?author=the%20lister&page=2&pageSize=2');
      expect(ids(body)).toEqual(['l1']);
      expect(body.data.pagination).toEqual({ page: 2, pageSize: 2, total: 3, totalPages: 2 });
      expect(await list('page=9')).toEqual([]);
    });

    test.each([
      ['pagesize=2', 'pagesize', 'pageSize'],
      ['page=0', 'page', ''],
      ['page=x', 'page', ''],
      ['pageSize=201', 'pageSize', ''],
      ['status=broken', 'status', ''],
      ['sortBy=size', 'sortBy', ''],
      ['sortOrder=up', 'sortOrder', ''],
      ['publishedOnly=maybe', 'publishedOnly', ''],
      ['status=active&status=inactive', 'status', ''],
    ])('refuses %s', async (query, field, suggestion) => {
      const { status, body } = await call('GET', `/workflows?${query}`);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'INVALID_PARAMS', details: [{ field }] });
      expect(body.message).toContain(suggestion);
    });
  });

  describe('GET /workflows/stats', () => {
    test('counts what is not deleted', async () => {
      const before = (await call<Json & { byStatus: Json }>('GET', '/workflows/stats')).body.data;
      await create({ isPublished: true, metadata: { category: 'counted' } });
      await create({ status: 'inactive', version: { isDraft: true }, metadata: { category: '__proto__' } });
      const { id } = await create({ metadata: { category: 'counted' } });
      await call('DELETE', `/workflows/${id}`);
      const { body } = await call<typeof before>('GET', '/workflows/stats');
      const after = body.data;

      expect(after).toMatchObject({
        totalWorkflows: (before.totalWorkflows as number) + 2,
        publishedCount: (before.publishedCount as number) + 1,
        draftCount: (before.draftCount as number) + 1,
        byStatus: {
          ...before.byStatus,
          active: (before.byStatus.active as number) + 1,
          inactive: (before.byStatus.inactive as number) + 1,
        },
        byCategory: { counted: 1, uncategorized: expect.any(Number) as number },
      });
      expect(Object.entries(after.byCategory as Json)).toContainEqual(['__proto__', 1]);
      expect(after.totalSize).toBeGreaterThan(before.totalSize as number);
    });
  });

  describe('GET /workflows/export', () => {
    test('gives the current revision of each, in one envelope', async () => {
      const ids = Array.from({ length: 23 }, (_, index) => `export-${String(index).padStart(2, '0')}`);
      for (const id of ids) await create({ id, ownField: { id } });
      await call('PUT', '/workflows/export-05', { settings: { timeout: 4321 } });
      const { status, headers, body } = await call<{ workflows: Json[]; count: number }>('GET', '/workflows/export');
      const total = (await call<{ totalWorkflows: number }>('GET', '/workflows/stats')).body.data.totalWorkflows;

      expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
      expect(body).toMatchObject({ code: 200, success: true, timestamp: expect.any(Number) as number });
      expect([body.data.count, body.data.workflows.length]).toEqual([total, total]);
      const exported = body.data.workflows.filter(({ id }) => (id as string).startsWith('export-'));
      expect(exported.map(({ id }) => id)).toEqual(ids);
      expect(exported[5]).toMatchObject({ revision: 2, settings: { timeout: 4321 }, ownField: { id: 'export-05' } });
      expect(exported[5]).toEqual((await call('GET', '/workflows/export-05')).body.data);
    });

    test('gives a choice, and is 404 for one that does not exist', async () => {
      await create({ id: 'chosen-1' });
      await create({ id: 'chosen-2' });
      const chosen = await call<{ workflows: Json[] }>('GET', '/workflows/export?ids=chosen-2,chosen-1');
      const missing = await call('GET', '/workflows/export?ids=chosen-1,nowhere');

      expect(chosen.body.data.workflows.map(({ id }) => id)).toEqual(['chosen-1', 'chosen-2']);
      expect(missing.status).toBe(404);
      expect(missing.body.error?.details).toEqual({ ids: ['nowhere'] });
    });
  });

  describe('POST /workflows/import', () => {
    test('takes each document on its own and says what became of it', async () => {
      await create({ id: 'imp-there', name: 'Old' });
      const { status, body } = await call('POST', '/workflows/import', {
        workflows: [
          workflow({ id: 'imp-new', createdAt: '2020-02-02T02:02:02.000Z', metadata: { usageCount: 9 } }),
          workflow({ id: 'imp-there', name: 'New' }),
          workflow({ id: 'imp-bad', name: '', nodes: [] }),
          'no document',
          workflow(),
        ],
      });

      expect(status).toBe(200);
      expect(body.data).toMatchObject({
        imported: 2,
        skipped: 1,
        errors: [
          { index: 2, id: 'imp-bad', problems: [{ code: 'MISSING_FIELD', field: 'name' }, {}, {}] },
          { index: 3, id: null, problems: [{ code: 'INVALID_SCHEMA' }] },
        ],
        documents: [
          { index: 0, id: 'imp-new', action: 'created' },
          { index: 1, id: 'imp-there', action: 'skipped' },
          { index: 2, id: 'imp-bad', action: 'failed' },
          { index: 3, id: null, action: 'failed' },
          { index: 4, id: expect.stringMatching(/^wf_/) as string, action: 'created' },
        ],
      });
      const imported = await call('GET', '/workflows/imp-new');
      expect(imported.body.data).toMatchObject({ createdAt: '2020-02-02T02:02:02.000Z', metadata: { usageCount: 0 } });
      expect((await call('GET', '/workflows/imp-there')).body.data).toMatchObject({ name: 'Old', revision: 1 });
    });

    test('takes a time of creation that JavaScript cannot read for now', async () => {
      const leap = workflow({ id: 'imp-leap', createdAt: '2016-12-31T23:59:60Z' });
      const { body } = await call('POST', '/workflows/import', { workflows: [leap] });
      expect(body.data).toMatchObject({ imported: 1, errors: [] });
    });

    test('overwrites with a new revision where that is asked for', async () => {
      const created = await create({ id: 'imp-over', name: 'Old', ownField: 1 });
      const { body } = await call('POST', '/workflows/import', {
        workflows: [workflow({ id: 'imp-over', name: 'New', createdAt: '2020-02-02T02:02:02.000Z' })],
        overwrite: true,
      });

      expect(body.data).toMatchObject({ imported: 1, skipped: 0, documents: [{ action: 'overwritten' }] });
      const read = (await call<Json>('GET', '/workflows/imp-over')).body.data;
      expect(read).toMatchObject({ name: 'New', revision: 2, createdAt: created.createdAt });
      expect(read).not.toHaveProperty('ownField');
    });

    test('says in a dry run what it would do, and does nothing', async () => {
      await create({ id: 'imp-dry-there' });
      const workflows = ['imp-dry-there', 'imp-dry-new', 'imp-dry-new'].map((id) => workflow({ id }));
      const { body } = await call('POST', '/workflows/import', { workflows: [...workflows, {}], dryRun: true });

      expect(body.data).toMatchObject({ imported: 1, skipped: 2, errors: [{ index: 3 }] });
      expect((await call('GET', '/workflows/imp-dry-new')).status).toBe(404);
    });

    test('takes back what was exported, a deleted one too, whose revisions go on counting', async () => {
      const created = await create({ id: 'imp-round', settings: { timeout: 7777 }, ownField: { x: 1 } });
      const exported = (await call<{ workflows: Json[] }>('GET', '/workflows/export?ids=imp-round')).body.data
        .workflows;
      await call('DELETE', '/workflows/imp-round');
      const { body } = await call('POST', '/workflows/import', { workflows: exported });

      expect(body.data).toMatchObject({ imported: 1 });
      const { updatedAt: _, ...same } = created;
      expect((await call('GET', '/workflows/imp-round')).body.data).toMatchObject({ ...same, revision: 2 });
    });

    test('takes a body above the limit of other routes, which answer PAYLOAD_TOO_LARGE', async () => {
      const padding = 'x'.repeat(17 * 1024 * 1024);
      const large = await call('POST', '/workflows/import', { workflows: [workflow({ name: '', padding })] });
      const elsewhere = await call('POST', '/workflows/validate', workflow({ padding }));

      expect(large.status).toBe(200);
      expect([elsewhere.status, elsewhere.body.error?.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    });

    test.each<[unknown, string]>([
      [{}, 'workflows'],
      [{ workflows: {} }, 'workflows'],
      [{ workflows: [], overWrite: true }, 'overWrite'],
      [{ workflows: [], dryrun: true }, 'dryrun'],
      [{ workflows: [], overwrite: 'yes' }, 'overwrite'],
    ])('refuses %j', async (request, field) => {
      const { status, body } = await call('POST', '/workflows/import', request);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'INVALID_PARAMS', details: [{ field }] });
    });
  });

  describe('revisions', () => {
    beforeAll(async () => {
      await create({ id: 'revised', version: { version: '1.0.0', changelog: 'first' }, author: 'doc author' });
      await call(
        'PUT',
        '/workflows/revised',
        {
          name: 'Renamed',
          nodes: [
            { id: 'a', type: 'input', position, config: { data: { x: 1 } } },
            { id: 'c', type: 'output', position, config: {} },
          ],
          edges: [{ id: 'e', source: 'a', target: 'c' }],
          settings: { timeout: 3000 },
          version: { version: '1.1.0', changelog: 'second' },
        },
        { 'x-user-id': 'Zo%C3%AB' },
      );
    });

    test('are listed, the newest first', async () => {
      const { status, body } = await call('GET', '/workflows/revised/versions');
      expect(status).toBe(200);
      expect(body.data).toEqual({
        versions: [
          {
            revision: 2,
            version: '1.1.0',
            changelog: 'second',
            author: 'Zoë',
            createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
            totalNodes: 2,
          },
          {
            revision: 1,
            version: '1.0.0',
            changelog: 'first',
            author: 'doc author',
            createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
            totalNodes: 2,
          },
        ],
        count: 2,
      });
    });

    test('can be read', async () => {
      const { status, body } = await call<Json>('GET', '/workflows/revised/versions/1');
      expect(status).toBe(200);
      expect(body.data).toMatchObject({
        id: 'revised',
        name: 'Renamed',
        revision: 1,
        nodes: workflow().nodes,
        version: { version: '1.0.0', changelog: 'first' },
      });
      expect(body.data).not.toHaveProperty('settings');
    });

    test('are compared', async () => {
      const { status, body } = await call('GET', '/workflows/revised/versions/1/diff/2');
      expect(status).toBe(200);
      expect(body.data).toEqual({
        from: 1,
        to: 2,
        nodes: { added: ['c'], removed: ['b'], changed: [{ id: 'a', paths: ['config.data'] }] },
        edges: { added: [], removed: [], changed: [{ id: 'e', paths: ['target'] }] },
        settings: ['timeout'],
        version: ['version', 'changelog'],
      });
    });

    test('are restored as a new revision', async () => {
      await create({ id: 'restored', settings: { timeout: 3000 } });
      await call('PUT', '/workflows/restored', { settings: null, edges: [], name: 'Later' });
      const stale = await call('POST', '/workflows/restored/versions/1/restore', undefined, { 'if-match': '1' });
      const { status, body } = await call<Changed>('POST', '/workflows/restored/versions/1/restore');

      expect([stale.status, status]).toEqual([409, 200]);
      expect(body.data.workflow).toMatchObject({
        ...workflow(),
        name: 'Later',
        revision: 3,
        settings: { timeout: 3000 },
      });
      expect((await call('GET', '/workflows/restored')).body.data).toEqual(body.data.workflow);
    });

    test.each([
      ['GET', '/workflows/nowhere/versions', 404],
      ['GET', '/workflows/nowhere/versions/1', 404],
      ['GET', '/workflows/revised/versions/99', 404],
      ['GET', '/workflows/revised/versions/99999999999', 400],
      ['GET', '/workflows/revised/versions/one', 400],
      ['GET', '/workflows/revised/versions/0', 400],
      ['GET', '/workflows/revised/versions/1/diff/99', 404],
      ['GET', '/workflows/revised/versions/1/diff/x', 400],
      ['POST', '/workflows/revised/versions/99/restore', 404],
      ['POST', '/workflows/nowhere/versions/1/restore', 404],
    ])('%s %s is %i', async (method, path, expected) => {
      const { status, body } = await call(method, path);
      expect([status, body.success]).toEqual([expected, false]);
    });
  });

  describe('a workflow of 10,000 nodes', () => {
    const size = 10_000;
    const nodes = Array.from({ length: size }, (_, index) => ({
      id: `n${index}`,
      type: 'log',
      position,
      config: { message: index === 0 ? 'start' : `{{ nodes.n${index - 1}.message }}` },
    }));
    const edges = nodes.slice(1).map(({ id }, index) => ({ source: `n${index}`, target: id }));

    test('is created, read and validated', async () => {
      const { id, revision } = await create({ nodes, edges });
      const { body } = await call<Json>('GET', `/workflows/${id}`);
      const validated = await call<{ stats: Json }>('POST', '/workflows/validate', body.data);

      expect(revision).toBe(1);
      expect(body.data).toMatchObject({ nodes, edges });
      expect(validated.body.data.stats).toMatchObject({ totalNodes: size, maxDepth: size });
    });

    test('is refused as one cycle', async () => {
      const cycle = [...edges, { id: 'back', source: `n${size - 1}`, target: 'n0' }];
      const { status, body } = await call('POST', '/workflows', workflow({ nodes, edges: cycle }));

      expect(status).toBe(422);
      expect(body.error?.details).toMatchObject({ errors: [{ code: 'CIRCULAR_DEPENDENCY', nodeId: 'n0' }] });
    });
  });

  test('GET /workflow-schema gives the JSON Schema of the format', async () => {
    const { status, body } = await call<Json>('GET', '/workflow-schema');
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ title: 'Workflow', required: ['name', 'nodes', 'edges'] });
  });
});
