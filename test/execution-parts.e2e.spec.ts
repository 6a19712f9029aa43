import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { NodeUndo } from '../src/engine/recovery/undo-of-node.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

let service: HttpService;
let server: TestServer;

beforeAll(async () => {
  service = await startHttpService((_request, response) => answerJson(response, 200, { id: 7 }));
  server = await startTestServer();
});
afterAll(async () => {
  await server.close();
  await service.close();
});

async function ok<T = Json>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await server.call<T>(method, path, body);
  expect([answer.body.error, answer.status < 300]).toEqual([undefined, true]);
  return answer.body.data;
}

const run = (workflowId: string) => ok<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId });

describe('the definition that an execution runs', () => {
  const version = { version: '1.2.0', changelog: 'The first' };
  const settings = { maxConcurrency: 2 };
  const nodes = [{ id: 'a', type: 'input', config: { data: { n: 1 } }, mine: [1] }];

  it('is the document with the revision that it pinned', async () => {
    await ok('POST', '/workflows', {
      id: 'wf',
      name: 'First',
      nodes,
      edges: [],
      version,
      settings,
      mine: { kept: true },
    });
    const { id } = await run('wf');
    const definition = await ok('GET', `/executions/${id}/workflow`);
    expect(definition).toEqual({
      id: 'wf',
      revision: 1,
      name: 'First',
      status: 'active',
      isPublished: false,
      mine: { kept: true },
      version,
      settings,
      nodes,
      edges: [],
    });
  });

  it('stays the same when the workflow is changed, deleted or made anew', async () => {
    const { id } = await run('wf');
    await ok('PUT', '/workflows/wf', { name: 'Second', nodes: [], settings: null, version: { version: '2.0.0' } });
    const definition = () => ok('GET', `/executions/${id}/workflow`);
    const pinned = { revision: 1, name: 'First', version, settings, nodes };
    expect(await definition()).toMatchObject(pinned);

    await ok('DELETE', '/workflows/wf');
    expect(await definition()).toMatchObject(pinned);

    await ok('POST', '/workflows', { id: 'wf', name: 'Anew', nodes: [{ id: 'b', type: 'input' }], edges: [] });
    expect(await definition()).toMatchObject(pinned);
    const { id: later } = await run('wf');
    const other = await ok('GET', `/executions/${later}/workflow`);
    expect(other).toMatchObject({ revision: 3, name: 'Anew', nodes: [{ id: 'b' }] });
    expect(other).not.toHaveProperty('settings');
  });

  it('is found for executions that are there alone', async () => {
    const { status, body } = await server.call('GET', '/executions/exec_none/workflow');
    expect([status, body.message]).toEqual([404, 'Execution not found']);
  });
});

describe('one node of an execution', () => {
  it('says what its undoing would do by node.rollback', async () => {
    const api = (id: string, method: string, more: Json = {}) => ({
      id,
      type: 'external-api',
      config: { method, url: service.url },
      ...more,
    });
    const rollback = { method: 'DELETE', url: `${service.url}/{{ outputs.body.id }}` };
    const nodes = [
      { id: 'in', type: 'input' },
      api('read', 'GET'),
      api('paid', 'POST', { rollback }),
      api('stays', 'POST'),
    ];
    await ok('POST', '/workflows', { id: 'wf_undo', name: 'Undo', nodes, edges: [] });
    const { id } = await run('wf_undo');
    const undo = async (nodeId: string) =>
      (await ok<{ undo: NodeUndo }>('GET', `/executions/${id}/nodes/${nodeId}`)).undo;

    expect(await undo('in')).toMatchObject({ action: 'nothing-to-do', warnings: [] });
    expect(await undo('read')).toMatchObject({ action: 'nothing-to-do', warnings: [] });
    expect(await undo('paid')).toEqual({
      action: 'compensate',
      description: `DELETE ${service.url}/7`,
      warnings: [],
    });
    expect(await undo('stays')).toMatchObject({ action: 'cannot', warnings: [expect.stringContaining('stays')] });
  });
});
