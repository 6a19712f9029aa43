import type { ServerResponse } from 'node:http';
import type { JournalEvent } from '../src/engine/journal/events.js';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { checkJournal } from '../src/engine/testing/check-journal.js';
import { Plans } from '../src/executions/plans.js';
import { readJournalAfter } from '../src/repositories/journal-rows.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { type ApiAnswer, startTestInstances, type TestInstances, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

const TEN = Array.from({ length: 10 }, (_, index) => index);

let instances: TestInstances;
let service: HttpService;
/** Whether requests of handlers, and those of `c`, are held until a test answers them. */
let holds = false;
let held: ServerResponse[] = [];
let breaks = true;

beforeAll(async () => {
  service = await startHttpService(({ method, path }, response) => {
    if (holds) held.push(response);
    else if (breaks && method === 'POST' && path === '/c') answerJson(response, 500, {});
    else answerJson(response, 200, {});
  });
  instances = await startTestInstances(2);
  const nodes = ['a', 'b', 'c'].map((id) => ({
    id,
    type: 'external-api',
    config: { method: 'POST', url: `${service.url}/${id}` },
    rollback: { method: 'DELETE', url: `${service.url}/${id}` },
    retryPolicy: { maxRetries: 0 },
  }));
  const edges = [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'c' },
  ];
  const { status } = await at(0).call('POST', '/workflows', { id: 'three', name: 'Three', nodes, edges });
  expect(status).toBe(201);
});
afterAll(async () => {
  release();
  await instances.close();
  await service.close();
});

const at = (index: number) => instances.servers[index % 2] as TestServer;

/** One that has failed in its last node, started on one of the instances. */
async function failedAtC(on: number): Promise<string> {
  breaks = true;
  const { body } = await at(on).call<ExecutionRecord>('POST', '/executions?wait=20000', { workflowId: 'three' });
  expect(body.data.status).toBe('failed');
  breaks = false;
  service.requests.length = 0;
  return body.data.id;
}

function release(): void {
  holds = false;
  for (const response of held) answerJson(response, 200, {});
  held = [];
}

const resume = (id: string, index: number) =>
  at(index).call('POST', `/executions/${id}/resume`, {}, { 'x-user-id': `user${index}` });

const rollBack = (id: string, index: number, headers: Record<string, string> = {}) =>
  at(index).call(
    'POST',
    `/executions/${id}/rollback`,
    { targetNodeId: 'a' },
    { ...headers, 'x-user-id': `user${index}` },
  );

const record = async (id: string) => (await at(0).call<ExecutionRecord>('GET', `/executions/${id}`)).body.data;

/** Its events, of which each prefix folds to a legal state. */
async function journal(id: string): Promise<JournalEvent[]> {
  const events = ((await readJournalAfter(at(0).database.pool, id, 0))?.events ?? []).map(({ event }) => event);
  checkJournal({ events, plan: await at(0).app.get(Plans).get('three', 1) });
  return events;
}

async function count(id: string, type: JournalEvent['type']): Promise<number> {
  return (await journal(id)).filter((event) => event.type === type).length;
}

const called = () => service.requests.map(({ method, path }) => `${method} ${path}`);
const won = (answers: ApiAnswer<unknown>[]) => answers.filter(({ status }) => status < 300);
const lost = (answers: ApiAnswer<unknown>[]) => answers.filter(({ status }) => status >= 300);

test.each([0, 1])('of ten resumes at once one wins, the others are told who did (instance %d)', async (on) => {
  const id = await failedAtC(on);
  const answers = await Promise.all(TEN.map((index) => resume(id, index)));
  await until(async () => (await record(id)).status === 'completed');
  expect(won(answers)).toHaveLength(1);
  const winner = `user${answers.findIndex(({ status }) => status === 200)}`;
  for (const { status, body } of lost(answers)) {
    expect([status, body.error]).toMatchObject([
      409,
      { code: 'INVALID_TRANSITION', details: { startedBy: { actor: winner } } },
    ]);
  }
  expect(await count(id, 'execution:resumed')).toBe(1);
  expect(called()).toEqual(['POST /c']);
});

test.each([0, 1])(
  'of ten rollbacks at once there is one, and all that take part get its answer (instance %d)',
  async (on) => {
    const id = await failedAtC(on);
    const answers = await Promise.all(TEN.map((index) => rollBack(id, index)));
    expect(won(answers).length).toBeGreaterThan(0);
    for (const { body } of won(answers)) {
      expect(body.data).toMatchObject({ success: true, status: 'completed', affectedNodes: ['b', 'c'] });
    }
    for (const { status } of lost(answers)) expect(status).toBe(409);
    expect([await count(id, 'execution:rolling-back'), await count(id, 'execution:rolled-back')]).toEqual([1, 1]);
    expect(called()).toEqual(['DELETE /b']);
    expect((await record(id)).rollbacks).toHaveLength(1);
  },
);

test('of resumes against rollbacks one side wins, and the other is refused', async () => {
  for (const round of TEN) {
    const id = await failedAtC(round);
    holds = true;
    const asked = TEN.map((index) => {
      const isResume = (index + round) % 2 === 0;
      return isResume ? resume(id, index) : rollBack(id, index, { prefer: 'respond-async' });
    });
    const answers = await Promise.all(asked);
    await until(() => held.length > 0);
    const resumed = await count(id, 'execution:resumed');
    expect(resumed + (await count(id, 'execution:rolling-back'))).toBe(1);
    expect(called()).toEqual([resumed === 1 ? 'POST /c' : 'DELETE /b']);
    for (const [index, { status, body }] of answers.entries()) {
      const isResume = (index + round) % 2 === 0;
      if (status < 300) expect(isResume).toBe(resumed === 1);
      else expect([status, body.error?.code]).toEqual([409, expect.stringMatching(/^(CONFLICT|INVALID_TRANSITION)$/)]);
    }
    expect(resumed === 1 ? won(answers).length : 1).toBe(1);
    release();
    await until(async () => (await record(id)).status === (resumed === 1 ? 'completed' : 'paused'));
    await journal(id);
  }
});
