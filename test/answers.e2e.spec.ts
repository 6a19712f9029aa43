import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

let server: TestServer;

const call: TestServer['call'] = (...request) => server.call(...request);

beforeAll(async () => {
  server = await startTestServer();
  const napping = { id: 'nap', type: 'delay', config: { duration: 3_600_000 } };
  for (const [id, node] of Object.entries({ short: { id: 'in', type: 'input' }, napping })) {
    expect((await call('POST', '/workflows', { id, name: id, nodes: [node], edges: [] })).status).toBe(201);
  }
});
afterAll(() => server.close());

async function create(workflowId: string, body: Json = {}, wait = 0): Promise<ExecutionRecord> {
  const answer = await call<ExecutionRecord>('POST', `/executions?wait=${wait}`, { workflowId, ...body });
  expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  return answer.body.data;
}

describe('the message of an answer', () => {
  it('says of a dry run that nothing was done', async () => {
    const cleanup = (dryRun: boolean) => call('POST', '/executions/cleanup', { olderThanDays: 9000, dryRun });
    expect((await cleanup(true)).body.message).toBe('Nothing was deleted: it was a dry run');
    expect((await cleanup(false)).body.message).toBe('Executions cleaned up');
    const imported = (dryRun: boolean) => call('POST', '/workflows/import', { workflows: [], dryRun });
    expect((await imported(true)).body.message).toBe('Nothing was imported: it was a dry run');
    expect((await imported(false)).body.message).toBe('Workflows imported');
  });

  it('says what a change of status has come to', async () => {
    const { id } = await create('napping', { runAt: Date.now() + 3_600_000 });
    const put = async (status: string) => (await call('PUT', `/executions/${id}/status`, { status })).body.message;
    expect(await put('pending')).toBe('Execution is pending');
    expect(await put('running')).toBe('Execution resumed successfully');
    expect(await put('paused')).toBe('Execution paused successfully');
    expect(await put('failed')).toBe('Execution ended as failed');
    expect(await put('failed')).toBe('Execution ended as failed');
  });
});

describe('a change of status', () => {
  it('to what it is already is refused too when the execution has moved on', async () => {
    const { id } = await create('napping', { runAt: Date.now() + 3_600_000 });
    const put = (seq: string) => call('PUT', `/executions/${id}/status`, { status: 'pending' }, { 'if-match': seq });
    expect((await put('1')).status).toBe(200);
    expect((await put('2')).body.error).toEqual({ code: 'CONFLICT', details: { seq: 1 } });
    await call('POST', `/executions/${id}/cancel`);
  });

  it('that comes too late to set an execution going is told who did', async () => {
    const { id } = await create('napping');
    const put = (status: string, actor: string) =>
      call<ExecutionRecord>('PUT', `/executions/${id}/status`, { status }, { 'x-user-id': actor });
    await put('paused', 'ann');
    const { history } = (await put('running', '%E5%BC%A0')).body.data;
    await put('completed', 'ann');
    const late = await put('running', 'bob');

    const startedBy = { command: expect.stringMatching(/^cmd_/) as string, actor: '张', at: history.at(-1)?.at };
    expect([late.status, late.body.error]).toEqual([
      409,
      { code: 'INVALID_TRANSITION', details: { from: 'completed', to: 'running', startedBy } },
    ]);
  });
});

describe('labels', () => {
  it('are at most twenty texts, by which executions are found', async () => {
    const labels = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`l.${index} ü`, `v${index}`]));
    const { id } = await create('short', { labels }, 20_000);
    const found = async (query: string) => {
      const { body } = await call<{ executions: { id: string }[] }>('GET', `/executions?${query}`);
      return body.data.executions.map((row) => row.id);
    };
    const first = `label.${encodeURIComponent('l.0 ü')}=v0`;
    expect(await found(`${first}&label.${encodeURIComponent('l.19 ü')}=v19`)).toEqual([id]);
    expect(await found(`${first}&label.${encodeURIComponent('l.19 ü')}=v1`)).toEqual([]);

    const tooMany = await call('POST', '/executions', { workflowId: 'short', labels: { ...labels, more: 'x' } });
    expect([tooMany.status, tooMany.body.error]).toMatchObject([400, { details: [{ field: 'labels' }] }]);
  });

  it.each(['label=x', 'Label.team=x', 'lable.team=x'])('suggest how they are asked for: %s', async (query) => {
    const { status, body } = await call('GET', `/executions?${query}`);
    expect(status).toBe(400);
    expect(body.message).toContain('label.<name>');
  });
});

describe('a workflow', () => {
  it.each(['stats', 'export', 'import', 'validate', 'cleanup', 'bulk'])('may not have the id "%s"', async (id) => {
    const { status, body } = await call('POST', '/workflows', { id, name: 'X', nodes: [], edges: [] });
    expect([status, body.error?.code]).toEqual([422, 'VALIDATION_FAILED']);
  });
});
