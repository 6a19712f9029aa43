import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { startTestServer, type TestServer } from './support/test-server.js';

let folder: string;
let files: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retrace-files-'));
  files = join(folder, 'files');
  server = await startTestServer({ FILES_DIR: files });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(nodes: object[], edges: object[] = [], body: object = {}): Promise<ExecutionRecord> {
  const workflow = { name: 'Files', nodes, edges, settings: { retryPolicy: { maxRetries: 0 } } };
  const created = await server.call<{ workflow: { id: string } }>('POST', '/workflows', workflow);
  expect([created.status, created.body.error]).toEqual([201, undefined]);
  const workflowId = created.body.data.workflow.id;
  const answer = await server.call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId, ...body });
  return answer.body.data;
}

/** Executions of which something is kept. */
const kept = () => readdir(join(files, '.retrace'));

const write = (path: string, more: object = {}) => ({
  id: 'write',
  type: 'file-write',
  config: { path, content: 'x', ...more },
});

it('a workflow writes a file and reads it; deleting its executions lets go of what was kept of the file before', async () => {
  const nodes = [
    { id: 'order', type: 'input' },
    { id: 'write', type: 'file-write', config: { path: 'orders/{{ inputs.id }}.json', content: '{{ inputs }}' } },
    { id: 'read', type: 'file-read', config: { path: '{{ inputs.path }}' } },
    { id: 'out', type: 'output', config: { value: '{{ inputs.content }}' } },
  ];
  const edges = [
    { source: 'order', target: 'write' },
    { source: 'write', target: 'read' },
    { source: 'read', target: 'out' },
  ];
  const first = await run(nodes, edges, { trigger: { type: 'api', data: { id: 'A-1', total: 2 } } });
  expect(first).toMatchObject({ status: 'completed', result: { value: '{"id":"A-1","total":2}' } });
  expect(first.nodes[1]).toMatchObject({ effect: 'external', outputs: { path: 'orders/A-1.json', bytes: 22 } });
  expect(first.nodes[2]).toMatchObject({ effect: 'idempotent', outputs: { path: 'orders/A-1.json', bytes: 22 } });
  const second = await run(nodes, edges, { trigger: { type: 'api', data: { id: 'A-1', total: 3 } } });
  expect(await readFile(join(files, 'orders/A-1.json'), 'utf8')).toBe('{"id":"A-1","total":3}');

  expect(await kept()).toHaveLength(2);
  expect((await server.call('DELETE', `/executions/${first.id}`)).status).toBe(200);
  expect(await kept()).toHaveLength(1);
  const { workflowId } = second;
  const cleanup = await server.call('POST', '/executions/cleanup', { workflowId, olderThanDays: 0 });
  expect(cleanup.body.data).toMatchObject({ deletedCount: 1 });
  expect(await kept()).toEqual([]);
  expect(await readFile(join(files, 'orders/A-1.json'), 'utf8')).toBe('{"id":"A-1","total":3}');
});

it.each(['../out.txt', '/etc/hosts', 'link/out.txt', '{{ "..\\/out.txt" }}', '.retrace/x'])(
  'a node whose path is %j fails, with an outcome that is known, and nothing is written',
  async (path) => {
    await symlink(folder, join(files, 'link')).catch(() => undefined);
    await writeFile(join(folder, 'seen.txt'), '');
    const record = await run([write(path)]);
    expect(record).toMatchObject({ status: 'failed', error: { failedNodeId: 'write' } });
    expect(record.error?.code).toMatch(/^(FILE_OUTSIDE|INVALID_CONFIG)$/);
    expect(record.nodes[0]?.outcome).toBeUndefined();
    expect(JSON.stringify(record)).not.toContain(folder);
    expect((await readdir(folder)).sort()).toEqual(['files', 'seen.txt']);
  },
);

it('a config is checked: the encoding, unknown fields, what is missing; a file-write needs no compensation of its own', async () => {
  const { body } = await server.call<{ errors: object[]; warnings: { code: string }[] }>(
    'POST',
    '/workflows/validate',
    {
      name: 'Checked',
      nodes: [
        { id: 'a', type: 'file-write', config: { path: 'a', content: 1, encoding: 'utf16' } },
        { id: 'b', type: 'file-write', config: { path: 'b', contents: 'x' } },
        { id: 'c', type: 'file-read', config: { path: '' } },
        { id: 'd', type: 'file-write', config: { path: 'd', content: 1, append: true } },
      ],
      edges: [],
      settings: { errorHandling: 'rollback' },
    },
  );
  expect(body.data.errors).toEqual([
    expect.objectContaining({ nodeId: 'a', field: 'config.encoding' }),
    expect.objectContaining({ nodeId: 'b', field: 'config.content' }),
    expect.objectContaining({ nodeId: 'b', message: 'config.contents: is not known; did you mean "content"?' }),
    expect.objectContaining({ nodeId: 'c', field: 'config.path' }),
  ]);
  expect(body.data.warnings.map(({ code }) => code)).not.toContain('NO_ROLLBACK_HANDLER');
});
