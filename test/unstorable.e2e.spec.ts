import type { ServerResponse } from 'node:http';
import type { ExecutionRecord } from '../src/engine/journal/execution-record.js';
import type { PresentedEvent } from '../src/engine/journal/present-event.js';
import { type HttpService, startHttpService } from './support/http-service.js';
import { startTestServer, type TestServer } from './support/test-server.js';

type Json = Record<string, unknown>;

/** What PostgreSQL's text cannot hold: U+0000, and halves of a surrogate pair. */
const NUL = 'a\0b';
const HALF = '\ud800';
const ODD = `${NUL}${HALF}x\udfff`;

/** Answers of the service, by path: its type, and its body as it is sent. */
const ANSWERS: Record<string, [type: string, body: string | Buffer]> = {
  '/nul': ['application/json', '{"text":"a\\u0000b","\\u0000":["\\u0000"]}'],
  '/nul-text': ['text/plain', 'a\0b'],
  '/surrogate': ['application/json', '{"text":"\\ud800","\\udfff":["x\\udbffy"]}'],
  '/bytes': ['text/plain', Buffer.of(0x61, 0xff, 0x62)],
  '/huge': ['application/json', '{"list":[1,1e400]}'],
  '/refused-22': ['application/json', '{"text":"refuse with 22P05"}'],
  '/refused-23': ['application/json', '{"text":"refuse with 23514"}'],
  '/refused-54': ['application/json', '{"text":"refuse with 54000"}'],
};

/** Refuses rows with a marked text, as a table's limits would, with the SQLSTATE that the text names. */
const REFUSING = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW::text LIKE '%refuse with %' THEN
        RAISE EXCEPTION 'this row cannot be' USING ERRCODE = substring(NEW::text FROM 'refuse with (.{5})');
      END IF;
      RETURN NEW;
    END $$;
  CREATE TRIGGER refuse BEFORE INSERT ON execution_events FOR EACH ROW EXECUTE FUNCTION refuse();
  CREATE TRIGGER refuse BEFORE INSERT ON execution_logs FOR EACH ROW EXECUTE FUNCTION refuse()`;

let server: TestServer;
let service: HttpService;
/** Answers that the service holds back until `release` is called. */
let held: (() => void)[] = [];
let isHolding = false;

beforeAll(async () => {
  server = await startTestServer();
  await server.database.pool.query(REFUSING);
  service = await startHttpService(({ path }, response) => {
    const send = () => answer(path, response);
    if (isHolding) held.push(send);
    else send();
  });
  const call = { method: 'GET', url: `${service.url}{{ trigger.data.path }}`, timeout: 30_000 };
  await workflow('asking', [
    { id: 'call', type: 'external-api', config: call, retryPolicy: { maxRetries: 0 } },
    { id: 'out', type: 'output', inputs: { body: { from: 'call', output: 'body' } } },
  ]);
  await workflow('saying', [
    { id: 'nap', type: 'delay', config: { duration: 60 } },
    { id: 'say', type: 'log', config: { message: '{{ $join(trigger.data.words) }}' }, inputs: after('nap') },
  ]);
  await workflow('waiting', [{ id: 'wait', type: 'delay', config: { duration: 3_600_000 } }]);
});
afterAll(async () => {
  await server.close();
  await service.close();
});

const after = (from: string) => ({ before: { from, output: 'waited' } });

function answer(path: string, response: ServerResponse): void {
  const [type, body] = ANSWERS[path] ?? ['application/json', JSON.stringify({ path })];
  response.writeHead(200, { 'content-type': type }).end(body);
}

async function workflow(id: string, nodes: Json[], fields: Json = {}): Promise<void> {
  const { status, body } = await server.call('POST', '/workflows', { id, name: id, nodes, edges: [], ...fields });
  expect([status, body.error]).toEqual([201, undefined]);
}

function post(
  workflowId: string,
  body: Json,
  { wait = 0, ...headers }: { wait?: number; [name: string]: unknown } = {},
) {
  const path = `/executions?wait=${wait}`;
  return server.call<ExecutionRecord>('POST', path, { workflowId, ...body }, headers as Record<string, string>);
}

async function created(workflowId: string, body: Json, wait = 0): Promise<ExecutionRecord> {
  const answered = await post(workflowId, body, { wait });
  expect([answered.status, answered.body.error]).toEqual([201, undefined]);
  return answered.body.data;
}

async function get<T>(path: string): Promise<T> {
  const { status, body } = await server.call<T>('GET', path);
  expect([status, body.error]).toEqual([200, undefined]);
  return body.data;
}

async function until<T>(read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function ended(id: string): Promise<ExecutionRecord> {
  return until(async () => {
    const record = await get<ExecutionRecord>(`/executions/${id}`);
    return record.endTime === null ? undefined : record;
  });
}

async function events(id: string): Promise<PresentedEvent[]> {
  return (await get<{ events: PresentedEvent[] }>(`/executions/${id}/events?limit=1000`)).events;
}

async function expectGapless(id: string): Promise<void> {
  const seqs = (await events(id)).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
}

const spoken = (...words: string[]) => ({ trigger: { type: 'api', data: { words } } });

function countExecutions(): Promise<number> {
  return get<{ total: number }>('/executions/stats').then(({ total }) => total);
}

describe('what cannot be stored', () => {
  it('fails its own execution, with a hundred others running beside it that are not touched', async () => {
    const plain = Array.from({ length: 100 }, (_, index) => `/plain-${index}`);
    const paths = [...plain.slice(0, 50), ...Object.keys(ANSWERS), ...plain.slice(50)];
    isHolding = true;
    const executions = await Promise.all(
      paths.map(async (path) => ({
        path,
        id: (await created('asking', { trigger: { type: 'api', data: { path } } })).id,
      })),
    );
    await until(() => (held.length === paths.length ? true : undefined));
    isHolding = false;
    // All outcomes come at once, so that good and bad ones meet in the same batch.
    for (const send of held) send();
    held = [];

    const records = new Map<string, ExecutionRecord>();
    for (const { path, id } of executions) {
      records.set(path, await ended(id));
      await expectGapless(id);
    }
    const outcomes = paths.map((path) => [path, records.get(path)?.status, records.get(path)?.error?.code]);
    expect(outcomes).toEqual(
      paths.map((path) => {
        const isBad = /huge|refused/.test(path);
        return [path, isBad ? 'failed' : 'completed', isBad ? 'UNSTORABLE' : undefined];
      }),
    );
    const result = (path: string) => (records.get(path)?.result as Json | undefined)?.body;
    for (const path of plain) expect(result(path)).toEqual({ path });
    expect(result('/nul')).toEqual({ text: NUL, '\0': ['\0'] });
    expect(result('/nul-text')).toBe(NUL);
    expect(result('/surrogate')).toEqual({ text: HALF, '\udfff': ['x\udbffy'] });
    expect(result('/bytes')).toBe('a\ufffdb');

    const { id } = records.get('/surrogate') as ExecutionRecord;
    const node = await get<{ outputs: Json }>(`/executions/${id}/nodes/call`);
    const journaled = (await events(id)).find(({ type, nodeId }) => type === 'node:completed' && nodeId === 'call');
    expect(node.outputs.body).toEqual(result('/surrogate'));
    expect(journaled?.data.outputs).toMatchObject({ body: result('/surrogate') });
  });

  it('leaves its execution with a reason, and the rest of its journal as it was', async () => {
    const trigger = { type: 'api', data: { path: '/refused-22' } };
    const { id } = await created('asking', { trigger }, 20_000);
    const record = await get<ExecutionRecord>(`/executions/${id}`);

    expect(record.error).toMatchObject({ code: 'UNSTORABLE', message: expect.stringMatching(/\S/) as string });
    expect(record.trigger).toEqual(trigger);
    // The request went out, and what came of it could not be written down.
    expect(record.nodes[0]).toMatchObject({ nodeId: 'call', outcome: 'unknown' });
    expect(record.nodes[1]).toMatchObject({ nodeId: 'out', status: 'pending' });
    const types = (await events(id)).map(({ type }) => type);
    expect(types.slice(0, 3)).toEqual(['execution:created', 'execution:started', 'node:started']);
    expect(types.at(-1)).toBe('execution:failed');
  });

  it('fails its execution too when it is a line of the log', async () => {
    const say = async (...words: string[]) => ended((await created('saying', spoken(...words))).id);
    const [bad, good] = await Promise.all([say('refuse with', ' 54000'), say('refuse', 'with 54000')]);

    expect(bad).toMatchObject({ status: 'failed', error: { code: 'UNSTORABLE' } });
    expect(good).toMatchObject({ status: 'completed' });
    await expectGapless(bad.id);
  });

  it('is refused with 422 when it is a creation, which then leaves nothing behind', async () => {
    const before = await countExecutions();
    const bad = ['refuse with 22001', 'refuse with 23502', 'refuse with 54023'];
    const good = Array.from({ length: 100 }, (_, index) => `fine ${index}`);
    const texts = [...good.slice(0, 50), ...bad, ...good.slice(50)];
    const answers = await Promise.all(texts.map((text) => post('saying', spoken(text))));

    expect(answers.map(({ status }) => status)).toEqual(texts.map((text) => (bad.includes(text) ? 422 : 201)));
    for (const { body, status } of answers) if (status === 422) expect(body.error?.code).toBe('UNSTORABLE');
    for (const { body, status } of answers)
      if (status === 201) expect((await ended(body.data.id)).status).toBe('completed');
    expect(await countExecutions()).toBe(before + good.length);
  });

  it('does not use up the Idempotency-Key of its creation', async () => {
    const key = { 'idempotency-key': 'once' };
    const send = (text: string) => post('saying', spoken(text), key);

    expect((await send('refuse with 23505')).body.error?.code).toBe('UNSTORABLE');
    expect((await send('fine')).status).toBe(201);
    expect((await send('fine')).status).toBe(200);
  });
});

describe('characters that PostgreSQL has not', () => {
  it('come back as they were in what an execution was given', async () => {
    const given = {
      trigger: { type: 'manual', userId: `u${ODD}`, userName: ODD, data: { words: [ODD], [ODD]: { deep: ODD } } },
      context: { environment: ODD, variables: { [ODD]: ODD }, metadata: { [ODD]: { list: [ODD] } } },
      labels: { [`l${ODD}`]: ODD },
    };
    const { id } = await created('saying', given, 20_000);

    expect(await get(`/executions/${id}`)).toMatchObject({ status: 'completed', ...given });
    expect((await events(id))[0]?.data).toMatchObject(given);
    // Filtered columns hold a stand-in, and are found by it.
    const mark = encodeURIComponent('a\ufffdb\ufffdx\ufffd');
    for (const filter of [`label.l${mark}=${mark}`, `userId=u${mark}`, `label.l${mark}=${mark}&userId=u${mark}`]) {
      const { executions } = await get<{ executions: { id: string; labels: Json }[] }>(`/executions?${filter}`);
      expect(executions.map((row) => row.id)).toEqual([id]);
    }
  });

  it('come back as they were in a workflow, and its execution shows them', async () => {
    const nodes = [
      { id: 'a', type: 'set-variables', label: ODD, config: { variables: { x: `{{ "x" }}${ODD}`, [ODD]: ODD } } },
      {
        id: 'b',
        type: 'fail',
        config: { message: `{{ variables.x }}${ODD}`, code: 'E' },
        retryPolicy: { maxRetries: 0 },
      },
    ];
    const fields = {
      name: `name ${ODD}`,
      description: ODD,
      author: ODD,
      version: { version: '1.0.0', changelog: ODD },
      edges: [{ id: 'e', source: 'a', target: 'b', label: ODD }],
      metadata: { tags: [ODD], category: ODD, custom: { [ODD]: ODD } },
      extra: { [ODD]: ODD },
    };
    await workflow('odd', nodes, fields);

    expect(await get('/workflows/odd')).toMatchObject({ nodes, ...fields });
    expect(await get('/workflows/odd/versions/1')).toMatchObject({ nodes, ...fields });
    const exported = await get<{ workflows: Json[] }>('/workflows/export?ids=odd');
    expect(exported.workflows[0]).toMatchObject({ nodes, ...fields });
    const mark = encodeURIComponent('a\ufffdb\ufffdx\ufffd');
    for (const filter of [`category=${mark}`, `tags=${mark}`, `author=${mark}`, `search=${mark}`]) {
      const { workflows } = await get<{ workflows: { id: string }[] }>(`/workflows?${filter}`);
      expect(workflows.map(({ id }) => id)).toEqual(['odd']);
    }

    const { id } = await created('odd', {}, 20_000);
    const record = await get<ExecutionRecord>(`/executions/${id}`);
    // The name is searched, so its column has the stand-in, and the execution takes it from there.
    expect(record.workflowName).toBe('name a\ufffdb\ufffdx\ufffd');
    expect(record.nodes[0]).toMatchObject({ nodeName: ODD, outputs: { x: `x${ODD}`, [ODD]: ODD } });
    expect(record.error).toMatchObject({ code: 'E', message: `x${ODD}${ODD}` });
    const { logs } = await get<{ logs: Json[] }>(`/executions/${id}/logs?search=${encodeURIComponent('a\ufffdb')}`);
    expect(logs.length).toBeGreaterThan(0);
  });

  it('come back as they were in the words of a command', async () => {
    const { id } = await created('waiting', {});
    await server.call('PUT', `/executions/${id}/status`, { status: 'paused', reason: ODD });
    const error = { message: ODD, code: ODD };
    const { body } = await server.call<ExecutionRecord>('PUT', `/executions/${id}/status`, { status: 'failed', error });

    expect(body.data).toMatchObject({ status: 'failed', error });
    expect(body.data.history[0]).toMatchObject({ type: 'pause', reason: ODD });
  });
});
