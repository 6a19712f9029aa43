import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEvent } from '../src/engine/journal/events.js';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import { checkJournal } from '../src/engine/testing/check-journal.js';
import { Plans } from '../src/executions/plans.js';
import { PostedCommands } from '../src/executions/posted-commands.js';
import { readJournalAfter } from '../src/repositories/journal-rows.js';
import { answerJson, startHttpService, type HttpService } from './support/http-service.js';
import { startTestInstances, type ApiAnswer, type TestInstances, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

type Answer = ApiAnswer<ExecutionRecord>;

let instances: TestInstances;
let service: HttpService;
/** Requests of nodes that are held until a test answers them. */
let held: ServerResponse[] = [];
let holds = true;

beforeAll(async () => {
  service = await startHttpService((_request, response) => {
    if (holds) held.push(response);
    else answerJson(response, 200, {});
  });
  instances = await startTestInstances(3, {
    CANCEL_GRACE_MS: '100',
    SHUTDOWN_GRACE_MS: '100',
    HEARTBEAT_MS: '500',
  });
  const call = { id: 'call', type: 'external-api', config: { method: 'GET', url: service.url } };
  const nap = { id: 'nap', type: 'delay', config: { duration: 3_600_000 } };
  for (const node of [call, nap]) {
    const document = { id: node.id, name: node.id, nodes: [node], edges: [] };
    expect((await first().call('POST', '/workflows', document)).status).toBe(201);
  }
});
afterAll(async () => {
  await instances.close();
  await service.close();
});
beforeEach(() => {
  holds = true;
  held = [];
});

const first = () => instances.servers[0] as TestServer;
const at = (index: number) => instances.servers[index % instances.servers.length] as TestServer;
const sql = (text: string, values: unknown[] = []) => first().database.pool.query(text, values);

/** One that runs on the first instance and stays there, since its request is held. */
async function running(): Promise<string> {
  const { body } = await first().call<ExecutionRecord>('POST', '/executions', { workflowId: 'call' });
  await until(() => held.length > 0);
  return body.data.id;
}

/** One that is paused, and that nobody has in memory. */
async function paused(): Promise<string> {
  const id = await running();
  await status(first(), id, 'paused', { mode: 'abort' });
  await until(async () => (await ownerOf(id)) === null);
  held = [];
  return id;
}

async function ownerOf(id: string): Promise<string | null> {
  const { rows } = await sql('SELECT owner FROM executions WHERE id = $1', [id]);
  return (rows[0] as { owner: string | null }).owner;
}

const status = (server: TestServer, id: string, to: string, more: object = {}, headers = {}): Promise<Answer> =>
  server.call('PUT', `/executions/${id}/status`, { status: to, ...more }, headers);

const cancel = (server: TestServer, id: string, headers = {}): Promise<Answer> =>
  server.call('POST', `/executions/${id}/cancel`, {}, headers);

/** Its events; whatever happened, they must be lawful. */
async function journal(id: string): Promise<JournalEvent[]> {
  const events = ((await readJournalAfter(first().database.pool, id, 0))?.events ?? []).map(({ event }) => event);
  const [created] = events;
  if (created?.type !== 'execution:created') throw new Error('There is no journal');
  checkJournal({ events, plan: await first().app.get(Plans).get(created.workflowId, created.revision) });
  return events;
}

const count = (events: JournalEvent[], type: JournalEvent['type']) =>
  events.filter((event) => event.type === type).length;

/** An instance that lives elsewhere and does nothing drives the execution now; gives its id. */
async function ownedByAnother(id: string): Promise<string> {
  const owner = `inst_${id}`;
  await sql(
    `INSERT INTO instances (id, host, boot_id, pid, pid_start, heartbeat_at)
     VALUES ($1, 'elsewhere', '', 1, '', clock_timestamp() + interval '1 hour')`,
    [owner],
  );
  await sql('UPDATE executions SET owner = $2, wake_at = NULL WHERE id = $1', [id, owner]);
  return owner;
}

async function commandsOf(id: string): Promise<string[]> {
  const { rows } = await sql('SELECT id FROM execution_commands WHERE execution_id = $1', [id]);
  return (rows as { id: string }[]).map((row) => row.id);
}

describe('a command to any instance', () => {
  it('is carried out by the one that drives the execution, and answered as by that one', async () => {
    const id = await running();
    const pausing = await status(at(1), id, 'paused', { reason: 'why' }, { 'x-user-id': 'ann' });
    expect(pausing).toMatchObject({
      status: 200,
      body: { message: 'Execution is pausing', data: { status: 'running', activity: 'pausing' } },
    });
    expect(pausing.body.data).not.toHaveProperty('nodes');
    expect((await status(at(0), id, 'paused')).body.data).toEqual(pausing.body.data);
    expect((await status(at(2), id, 'paused')).body.data).toEqual(pausing.body.data);

    const { seq } = pausing.body.data;
    expect(await status(at(2), id, 'running', {}, { 'if-match': String(seq - 1) })).toMatchObject({
      status: 409,
      body: { error: { code: 'CONFLICT', details: { seq } } },
    });
    expect(await status(at(2), id, 'running', {}, { 'if-match': String(seq) })).toMatchObject({
      status: 200,
      body: { data: { status: 'running', activity: 'executing', seq: seq + 1 } },
    });

    expect(await cancel(at(1), id)).toMatchObject({
      status: 200,
      body: { message: 'Execution cancelled successfully', data: { status: 'cancelled', activity: null } },
    });
    expect(await status(at(1), id, 'paused')).toMatchObject({
      status: 409,
      body: { error: { code: 'INVALID_TRANSITION', details: { from: 'cancelled', to: 'paused' } } },
    });
    const events = await journal(id);
    expect(events.find(({ type }) => type === 'execution:pausing')).toMatchObject({ actor: 'ann', reason: 'why' });
  });

  it('waits for the end of a cancellation where the execution is driven', async () => {
    const id = await running();
    const [answer] = await Promise.all([cancel(at(2), id), delay(20)]);
    expect(answer.body.data).toMatchObject({ status: 'cancelled', seq: (await journal(id)).length });
  });

  it('wins once among ten that resume at once; those that come late are told who did', async () => {
    const id = await paused();
    holds = false;
    const resume = (index: number) => status(at(index), id, 'running', {}, { 'x-user-id': `user${index}` });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => resume(index)));
    await until(
      async () => (await first().call<ExecutionRecord>('GET', `/executions/${id}`)).body.data.endTime !== null,
    );
    answers.push(await resume(1));

    const events = await journal(id);
    expect(count(events, 'execution:resumed')).toBe(1);
    const winner = events.find(({ type }) => type === 'execution:resumed') as { commandId: string; actor: string };
    for (const { status: code, body } of answers.filter((answer) => answer.status !== 200)) {
      expect([code, body.error]).toMatchObject([
        409,
        { code: 'INVALID_TRANSITION', details: { startedBy: { command: winner.commandId, actor: winner.actor } } },
      ]);
    }
    expect(answers.map(({ status: code }) => code)).toContain(200);
    expect(answers.at(-1)?.status).toBe(409);
  });

  it.each([
    ['pause', (server: TestServer, id: string) => status(server, id, 'paused'), 'execution:pausing'],
    ['cancel', cancel, 'execution:cancelling'],
  ] as const)('to %s changes one that runs once among ten at once', async (_name, send, type) => {
    const id = await running();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => send(at(index), id)));
    expect(answers.map(({ status: code }) => code)).toEqual(Array<number>(10).fill(200));
    expect(count(await journal(id), type)).toBe(1);
  });

  it('claims one that nobody drives, on whichever instance it is given', async () => {
    const id = await paused();
    for (const server of [at(2), at(1), at(0)]) {
      expect((await status(server, id, 'running')).body.data).toMatchObject({ status: 'running' });
      await until(() => held.length > 0);
      expect((await status(server, id, 'paused', { mode: 'abort' })).body.data).toMatchObject({ status: 'paused' });
      await until(async () => (await ownerOf(id)) === null);
      held = [];
    }
    expect(count(await journal(id), 'execution:resumed')).toBe(3);
  });

  it('answers 404 for an execution that there is not, with and without a key', async () => {
    expect((await cancel(at(1), 'nobody')).status).toBe(404);
    expect((await cancel(at(1), 'nobody', { 'idempotency-key': 'k' })).status).toBe(404);
  });
});

describe('a command whose owner does not answer', () => {
  it.each([['before'], ['after']] as const)(
    'is carried out by who asked when the owner dies %s taking it',
    async (when) => {
      const id = await paused();
      const owner = await ownedByAnother(id);
      const answer = status(at(1), id, 'running');
      await until(async () => (await commandsOf(id)).length > 0);
      if (when === 'after')
        await sql('UPDATE execution_commands SET taken_by = $2 WHERE execution_id = $1', [id, owner]);
      await sql(`UPDATE instances SET state = 'dead' WHERE id = $1`, [owner]);
      expect(await answer).toMatchObject({ status: 200, body: { data: { status: 'running' } } });
      expect(count(await journal(id), 'execution:resumed')).toBe(1);
    },
  );

  it('is withdrawn, and not carried out later', async () => {
    const posted = at(1).app.get(PostedCommands);
    const usual = posted.waitMs;
    posted.waitMs = 250;
    const id = await paused();
    const owner = await ownedByAnother(id);
    for (const headers of [{}, { 'idempotency-key': 'k' }]) {
      const answer = await status(at(1), id, 'running', {}, headers);
      expect([answer.status, answer.body.error]).toEqual([
        503,
        { code: 'SERVICE_UNAVAILABLE', details: { executionId: id } },
      ]);
      expect(await commandsOf(id)).toEqual([]);
    }

    const answer = status(at(1), id, 'running', {}, { 'idempotency-key': 'k' });
    await until(async () => {
      await sql('UPDATE execution_commands SET taken_by = $2 WHERE execution_id = $1', [id, owner]);
      return (await commandsOf(id)).length > 0;
    });
    await sql('UPDATE execution_commands SET taken_by = $2 WHERE execution_id = $1', [id, owner]);
    expect((await answer).body.error?.details).toEqual({ executionId: id, committed: 'unknown' });
    posted.waitMs = usual;

    await sql(`UPDATE instances SET state = 'dead' WHERE id = $1`, [owner]);
    // Who claims it now finds a command that nobody wants any more.
    expect((await status(at(2), id, 'paused')).body.data).toMatchObject({ status: 'paused' });
    expect(count(await journal(id), 'execution:resumed')).toBe(0);
    // With its key somebody wants it again.
    expect((await status(at(0), id, 'running', {}, { 'idempotency-key': 'k' })).status).toBe(200);
    expect(count(await journal(id), 'execution:resumed')).toBe(1);
  });
});

describe('Idempotency-Key of a command', () => {
  const key = { 'idempotency-key': 'once' };

  it('gives the first answer again on every instance, whatever has become of the execution', async () => {
    const id = await running();
    const answers = [await status(at(1), id, 'paused', {}, key)];
    expect(answers[0]).toMatchObject({ status: 200, body: { data: { activity: 'pausing' } } });
    answers.push(await status(at(0), id, 'paused', {}, key));
    await cancel(at(0), id);
    const { length } = await journal(id);
    for (const server of [...instances.servers, await instances.add()])
      answers.push(await status(server, id, 'paused', {}, key));
    for (const { status: code, body } of answers) {
      expect([code, body.message, body.data]).toEqual([200, 'Execution is pausing', answers[0]?.body.data]);
    }
    expect(await journal(id)).toHaveLength(length);
    await instances.servers.pop()?.close();
  });

  it('gives a refusal again too', async () => {
    const id = await paused();
    const stale = { ...key, 'if-match': '1' };
    const refused = await cancel(at(1), id, stale);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'CONFLICT' } } });
    expect((await cancel(at(2), id, key)).body.error).toEqual(refused.body.error);
    expect((await cancel(at(2), id)).status).toBe(200);
    expect((await cancel(at(0), id, stale)).body.error).toEqual(refused.body.error);
  });

  it('is refused with another command or another body, and is another one for another execution', async () => {
    const [id, other] = [await paused(), await paused()];
    expect((await status(at(0), id, 'paused', { reason: 'a', mode: 'wait' }, key)).status).toBe(200);
    expect((await status(at(1), id, 'paused', { mode: 'wait', reason: 'a' }, key)).status).toBe(200);
    for (const [to, more] of [
      ['paused', { reason: 'b' }],
      ['running', { reason: 'a' }],
    ] as const) {
      expect(await status(at(1), id, to, more, key)).toMatchObject({
        status: 409,
        body: { error: { code: 'CONFLICT', details: { key: 'once', executionId: id } } },
      });
    }
    expect((await cancel(at(1), other, key)).body.data).toMatchObject({ status: 'cancelled' });
  });

  it('must have 1 to 255 characters', async () => {
    const id = await paused();
    for (const wrong of ['', 'x'.repeat(256)]) {
      expect((await cancel(at(0), id, { 'idempotency-key': wrong })).body.error).toMatchObject({
        code: 'INVALID_PARAMS',
        details: [{ field: 'Idempotency-Key' }],
      });
    }
    expect((await cancel(at(0), id, { 'idempotency-key': 'x'.repeat(255) })).status).toBe(200);
  });

  it('of many at once carries the command out once; all get its answer', async () => {
    const id = await paused();
    const answers = await Promise.all(
      Array.from({ length: 9 }, (_, index) => status(at(index), id, 'running', {}, key)),
    );
    const [one] = answers;
    expect(one).toMatchObject({ status: 200, body: { data: { status: 'running' } } });
    for (const { status: code, body } of answers) expect([code, body.data]).toEqual([200, one?.body.data]);
    expect(count(await journal(id), 'execution:resumed')).toBe(1);
    await cancel(at(0), id);
  });

  it('whose answer a crash took away is answered by the journal, and not carried out again', async () => {
    const id = await paused();
    const answer = await status(at(0), id, 'running', {}, key);
    await sql(
      `UPDATE execution_commands SET answer = NULL, answered_at = NULL, taken_by = 'gone', wanted_until = now()
       WHERE execution_id = $1`,
      [id],
    );
    await status(at(1), id, 'paused', { mode: 'abort' });
    const { length } = await journal(id);
    expect(await status(at(2), id, 'running', {}, key)).toMatchObject({ status: answer.status });
    expect(await journal(id)).toHaveLength(length);
  });

  it('goes with its execution', async () => {
    const id = await paused();
    await cancel(at(1), id, key);
    expect(await commandsOf(id)).toHaveLength(1);
    await until(async () => (await first().call('DELETE', `/executions/${id}`)).status === 200);
    expect(await commandsOf(id)).toEqual([]);
    expect((await cancel(at(1), id, key)).status).toBe(404);
  });
});

test('POST ?wait= waits for an execution that another instance drives', async () => {
  const create = (server: TestServer, wait: string) =>
    server.call<ExecutionRecord>('POST', `/executions${wait}`, { workflowId: 'call' }, { 'idempotency-key': 'waited' });
  const created = await create(at(0), '');
  const waited = create(at(1), '?wait=30000');
  await until(() => held.length > 0);
  answerJson(held[0] as ServerResponse, 200, {});
  expect(await waited).toMatchObject({
    status: 200,
    body: { data: { id: created.body.data.id, status: 'completed' } },
  });
});
