import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { JsonObject } from '../src/engine/json.js';
import type { NodeType } from '../src/engine/ports.js';
import { NodeRegistry } from '../src/nodes/node-registry.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { nodeContext } from './support/node-context.js';
import { createTestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const EXAMPLES = 'examples/node-types';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'retrace-own-types-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(server: TestServer, workflow: object, body: object = {}): Promise<ExecutionRecord> {
  const created = await server.call<{ workflow: { id: string } }>('POST', '/workflows', workflow);
  expect([created.status, created.body.error]).toEqual([201, undefined]);
  const workflowId = created.body.data.workflow.id;
  const { body: answer } = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', {
    workflowId,
    ...body,
  });
  return answer.data;
}

describe('the example', () => {
  let server: TestServer;
  let service: HttpService;
  const pages = new Map<string, string>();

  beforeAll(async () => {
    service = await startHttpService(({ method, path, body }, response) => {
      const page = pages.get(path);
      if (method === 'PUT') pages.set(path, body);
      if (method === 'DELETE') pages.delete(path);
      if (path.endsWith('taken')) answerJson(response, 409, {});
      else if (method === 'GET' && page !== undefined) answerJson(response, 200, JSON.parse(page));
      else answerJson(response, method === 'PUT' ? 201 : page === undefined ? 404 : 200, {});
    });
    server = await startTestServer({ NODE_TYPES_DIR: EXAMPLES });
  });
  afterAll(async () => {
    await server.close();
    await service.close();
  });

  const workflow = async () => JSON.parse(await readFile(`${EXAMPLES}/publish-article.json`, 'utf8')) as object;
  const typeOf = (type: string) => server.app.get(NodeRegistry).get(type) as NodeType;

  it('runs in a workflow beside the built-in types', async () => {
    const article = { title: 'Crème brûlée, at last!', text: 'Take 5 eggs.' };
    const body = { trigger: { type: 'api', data: article }, context: { variables: { pages: service.url } } };
    const record = await run(server, await workflow(), body);
    const url = `${service.url}/pages/creme-brulee-at-last`;
    expect(record).toMatchObject({ status: 'completed', result: { url } });
    const published = record.nodes.find(({ nodeId }) => nodeId === 'publish');
    const key = (published?.outputs as JsonObject | undefined)?.key;
    expect(published).toMatchObject({ effect: 'external', outputs: { url, key } });
    expect(service.requests.map(({ method, headers }) => [method, headers['idempotency-key']])).toEqual([['PUT', key]]);
    expect(JSON.parse(pages.get('/pages/creme-brulee-at-last') ?? '')).toEqual({ ...article, key });
  });

  it('is listed with its schema among the node types', async () => {
    const { body } = await server.call<{ nodeTypes: { type: string }[] }>('GET', '/node-types');
    const { type, aliases, name, effect, configSchema } = typeOf('publish');
    expect(type).toBe('publish-page');
    expect(body.data.nodeTypes).toContainEqual(
      expect.objectContaining({ type, aliases, name, effect, configSchema, ports: [], rollbackSchema: null }),
    );
  });

  it('looks whether it has happened, and takes back what it did, once or twice', async () => {
    const type = typeOf('publish-page');
    const context = nodeContext({ server: service.url, slug: 'a', title: 'A' }, { idempotencyKey: 'rt_1' });
    expect(await type.probe?.(context)).toEqual({ happened: false });
    const outputs = { url: `${service.url}/pages/a`, key: 'rt_1' };
    expect(await type.execute(context)).toEqual({ outputs });
    expect(await type.probe?.(context)).toEqual({ happened: true, outputs });
    expect(await type.probe?.({ ...context, idempotencyKey: 'rt_2' })).toEqual({ happened: false });
    await type.rollback?.({ ...context, outputs, rollback: {} });
    expect(pages.has('/pages/a')).toBe(false);
    await type.rollback?.({ ...context, outputs, rollback: {} });
    const taken = { ...context, config: { ...context.config, slug: 'taken' } };
    await expect(type.execute(taken)).rejects.toMatchObject({ code: 'PAGE_REFUSED', status: 409, effect: 'none' });
  });

  it('has its config checked like any other', async () => {
    const nodes = [
      { id: 'a', type: 'slugify', config: { titel: 'x' } },
      { id: 'b', type: 'publish', config: { server: '{{ variables.pages }}', slug: 'a b', title: 7 } },
    ];
    const { body } = await server.call<{ errors: object[] }>('POST', '/workflows/validate', {
      name: 'Bad',
      nodes,
      edges: [],
    });
    expect(body.data.errors).toEqual([
      expect.objectContaining({ code: 'INVALID_CONFIG', nodeId: 'a', field: 'config.title' }),
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        nodeId: 'a',
        message: 'config.titel: is not known; did you mean "title"?',
      }),
      expect.objectContaining({ code: 'INVALID_CONFIG', nodeId: 'b', field: 'config.slug' }),
      expect.objectContaining({ code: 'INVALID_CONFIG', nodeId: 'b', field: 'config.title' }),
    ]);
  });
});

/** What an own type may use of its context, and the ways in which it may fail. */
const FIXTURE = `
const base = {
  category: 'test', name: 'Mine', description: 'Does it.', version: '1.0.0', effect: 'pure', configSchema: { type: 'object' },
};
const failure = (message, fields) => Object.assign(new Error(message), fields);

export default [
  {
    ...base, type: 'steps', aliases: ['in-steps'], effect: 'idempotent',
    retry: { maxRetries: 2, initialDelay: 1, retryableErrors: ['NOT_YET'] },
    async execute({ attempt, lastCheckpoint, checkpoint, log, config }) {
      log('warn', 'attempt ' + attempt, { lastCheckpoint: lastCheckpoint ?? null });
      await checkpoint({ done: attempt });
      if (attempt < 3) throw failure('not yet', { code: 'NOT_YET' });
      return { outputs: { lastCheckpoint, given: config.given }, variables: { steps: attempt } };
    },
  },
  {
    ...base, type: 'fails', effect: 'external', retry: { maxRetries: 0 },
    execute({ config }) {
      if (config.text) throw config.text;
      throw failure('out of paper', config);
    },
  },
  {
    ...base, type: 'waits', timeout: 60, retry: { maxRetries: 0 },
    execute: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ outputs: {} }))),
  },
  {
    ...base, type: 'plain', ports: ({ ways }) => ways,
    execute: ({ config, inputs, variables, trigger }) => ({
      outputs: [inputs.n, variables.v, trigger.data.t, new Date(0), undefined],
      port: config.ways[1],
    }),
  },
  { ...base, type: 'silent', retry: { maxRetries: 0 }, execute: ({ config }) => config.given },
  {
    ...base, type: 'keeps',
    execute: ({ executionId }) => ({ outputs: { executionId } }),
    forget: async (ids) => { await fetch(process.env.RETRACE_TEST_FORGET, { method: 'POST', body: ids.join() }); throw failure('no'); },
  },
];
`;

interface LogRow {
  message: string;
  data?: unknown;
}

describe('a node type of one’s own', () => {
  let server: TestServer;
  let service: HttpService;

  beforeAll(async () => {
    await writeFile(join(folder, 'mine.mjs'), FIXTURE);
    service = await startHttpService((_request, response) => answerJson(response, 200, {}));
    process.env.RETRACE_TEST_FORGET = service.url;
    server = await startTestServer({ NODE_TYPES_DIR: folder });
  });
  afterAll(async () => {
    delete process.env.RETRACE_TEST_FORGET;
    await server.close();
    await service.close();
  });

  const single = (type: string, config: object = {}, more: object = {}) =>
    run(server, { name: type, nodes: [{ id: 'n', type, config, ...more }], edges: [] });
  const errorOf = async (type: string, config?: object) => (await single(type, config)).nodes[0];

  it('is tried again by its own policy, with what it kept, under its alias, and logs', async () => {
    const record = await single('in-steps', { given: '{{ 1 + 1 }}' });
    expect(record.nodes[0]).toMatchObject({
      nodeType: 'steps',
      status: 'completed',
      attempt: 3,
      outputs: { lastCheckpoint: { done: 2 }, given: 2 },
    });
    const { body } = await server.call<{ logs: LogRow[] }>('GET', `/executions/${record.id}/logs?nodeId=n`);
    const own = body.data.logs.filter(({ message }) => message.startsWith('attempt'));
    expect(own.map(({ message, data }) => [message, data])).toEqual([
      ['attempt 1', { lastCheckpoint: null }],
      ['attempt 2', { lastCheckpoint: { done: 1 } }],
      ['attempt 3', { lastCheckpoint: { done: 2 } }],
    ]);
  });

  it('fails with its code, its details and its stack; that nothing happened is what it says itself', async () => {
    const said = await errorOf('fails', { code: 'NO_PAPER', effect: 'none', details: { tray: 2 } });
    expect(said).toMatchObject({
      status: 'failed',
      error: {
        code: 'NO_PAPER',
        message: 'out of paper',
        details: { tray: 2 },
        stack: expect.stringContaining('mine.mjs') as string,
      },
    });
    expect(said?.outcome).toBeUndefined();
    expect(await errorOf('fails', { code: 'NO_PAPER' })).toMatchObject({
      error: { code: 'NO_PAPER' },
      outcome: 'unknown',
    });
    expect(await errorOf('fails', { text: 'just a text' })).toMatchObject({
      error: { code: 'NODE_ERROR', message: 'just a text' },
      outcome: 'unknown',
    });
  });

  it.each([[undefined], [7], ['text']])(
    'that gives %j in place of { outputs } fails, and is told what it lacks',
    async (given) => {
      const { error } = (await errorOf('silent', { given })) ?? {};
      expect(error).toEqual({
        code: 'NODE_ERROR',
        message: 'execute must give { outputs, port?, variables? } and gave no object',
      });
    },
  );

  it('is told by its signal that its time is over', async () => {
    expect(await errorOf('waits')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
  });

  it('sees inputs, variables and trigger, branches, and may give anything that is JSON', async () => {
    const nodes = [
      { id: 'in', type: 'input', config: { data: { n: 1 } } },
      { id: 'n', type: 'plain', config: { ways: ['left', 'right'] } },
      { id: 'left', type: 'log', config: { message: 'left' } },
      { id: 'right', type: 'output' },
    ];
    const edges = [
      { source: 'in', target: 'n' },
      { source: 'n', target: 'left', sourceOutput: 'left' },
      { source: 'n', target: 'right', sourceOutput: 'right' },
    ];
    const given = { trigger: { type: 'api', data: { t: 3 } }, context: { variables: { v: 2 } } };
    const record = await run(server, { name: 'plain', nodes, edges }, given);
    expect(record.result).toEqual({ value: [1, 2, 3, '1970-01-01T00:00:00.000Z', null] });
    expect(record.nodes.map(({ status }) => status)).toEqual(['completed', 'completed', 'skipped', 'completed']);
  });

  it('hears which executions have been deleted; that it cannot forget hinders nobody', async () => {
    const { id } = await single('keeps');
    const kept = await single('keeps');
    expect((await server.call('DELETE', `/executions/${id}`)).status).toBe(200);
    expect(service.requests.map(({ body }) => body)).toEqual([id]);
    const { workflowId } = kept;
    const cleanup = { olderThanDays: 0, workflowId };
    const dry = await server.call('POST', '/executions/cleanup', { ...cleanup, dryRun: true });
    expect(dry.body.data).toMatchObject({ deletedCount: 1 });
    expect(service.requests).toHaveLength(1);
    const cleaned = await server.call('POST', '/executions/cleanup', cleanup);
    expect(cleaned.body.data).toMatchObject({ deletedCount: 1 });
    expect(service.requests.map(({ body }) => body)).toEqual([id, kept.id]);
  });
});

it('a bad module stops the start with a line that names it, and exit code 1', async () => {
  const bad = await mkdtemp(join(tmpdir(), 'retrace-own-types-'));
  await writeFile(join(bad, 'greet.mjs'), `export default { type: 'greet', effect: 'pure', execute() {} };`);
  const database = await createTestDatabase();
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: '0', DATABASE_URL: database.url, NODE_TYPES_DIR: bad };
  const entry = ['--import', './scripts/register-typescript.js', 'src/main.ts'];
  const child = spawn(process.execPath, entry, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  await database.drop();
  await rm(bad, { recursive: true });

  expect(code).toBe(1);
  const [headline, problem, ...more] = output.stderr.trimEnd().split('\n');
  expect(headline).toBe('The configuration is not usable:');
  expect(problem).toMatch(
    /^ {2}- NODE_TYPES_DIR: greet\.mjs: name is required; category is required; .*version is required/,
  );
  expect(more).toEqual([]);
  expect(output.stdout).toBe('');
});
