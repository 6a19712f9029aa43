import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { makeScratchFolder } from './support/scratch-folder.js';
import { startTestServer, type TestServer } from './support/test-server.js';
import { until } from './support/until.js';

/** The server may have to be built first, on a busy machine. */
const OWN_SERVER_MS = 120_000;
/** Requests of which the recovery demo tells, in their order. */
const TOLD = /outside: (\w+) +(\S+) → (\d+)/g;
const STORY = [
  'POST /flights 200',
  'POST /hotels 200',
  'POST /cars 200',
  'POST /tickets 422',
  'DELETE /cars/cars-1 200',
  'DELETE /hotels/hotels-1 200',
  'DELETE /flights/flights-1 200',
  'POST /flights 200',
  'POST /hotels 200',
  'POST /cars 200',
  'POST /tickets 200',
  'POST /mails 200',
];

interface Demo {
  child: ChildProcess;
  said: () => string;
  /** Its exit code, when it has ended. */
  ended: Promise<number | null>;
}

const launched: Demo[] = [];

/** One whose test did not wait for it ends, with its server. */
afterEach(async () => {
  for (const { child, ended } of launched.splice(0)) {
    child.kill('SIGTERM');
    await ended;
  }
});

function launch(words: string[], env: Record<string, string>): Demo {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['scripts/demo.js', ...words], { env: { PATH, HOME, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const demo = { child, said: () => said, ended };
  launched.push(demo);
  return demo;
}

async function play(words: string[], env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const { ended, said } = launch(words, env);
  return { code: await ended, said: said() };
}

const told = (said: string) => [...said.matchAll(TOLD)].map(([, ...call]) => call.join(' '));

describe('a demo against a running server', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const env = () => ({ RETRACE_URL: server.url });
  const listed = async <T>(kind: 'executions' | 'workflows') =>
    (await server.call<Record<string, T[]>>('GET', `/${kind}`)).body.data[kind] ?? [];

  it('of recovery undoes in reverse order, goes on after the correction, and leaves nothing on the server', async () => {
    const { code, said } = await play(['recovery'], env());
    expect(said).toContain('nothing was booked twice');
    expect(told(said)).toEqual(STORY);
    expect({ code, said }).toMatchObject({ code: 0 });
    expect([await listed('executions'), await listed('workflows')]).toEqual([[], []]);
  });

  it('that is interrupted leaves nothing there either', async () => {
    const demo = launch(['recovery'], env());
    await until(() => demo.said().includes('outside: POST'));
    demo.child.kill('SIGINT');
    expect({ code: await demo.ended, said: demo.said() }).toMatchObject({ code: 1 });
    expect([await listed('executions'), await listed('workflows')]).toEqual([[], []]);
  });

  it('of recovery stays there with --keep', async () => {
    const { code, said } = await play(['recovery', '--keep'], env());
    expect({ code, said }).toMatchObject({ code: 0 });
    await until(async () => (await listed<{ status: string }>('executions'))[0]?.status === 'completed');
  });

  it('of an order shows the record at its end', async () => {
    const { code, said } = await play([], env());
    expect(said).toContain('"status": "completed"');
    expect(said).toContain('POST   /charges → 503 try again');
    expect({ code, said }).toMatchObject({ code: 0 });
  });
});

describe('a demo with a server of its own', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makeScratchFolder('retrace-demo-test-');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A port where nothing listens. */
  const env = () => ({ TMPDIR: folder, PORT: '1' });

  it(
    'of recovery ends the server and removes its data',
    async () => {
      const { code, said } = await play(['recovery'], env());
      expect(told(said)).toEqual(STORY);
      expect({ code, said }).toMatchObject({ code: 0 });
      expect(await readdir(folder)).toEqual([]);
    },
    OWN_SERVER_MS,
  );

  it(
    'that is interrupted does so too',
    async () => {
      const demo = launch(['recovery'], env());
      await until(() => demo.said().includes('Execution exec_'));
      demo.child.kill('SIGINT');
      expect(await demo.ended).toBe(1);
      expect(demo.said()).toContain('Interrupted');
      expect(await readdir(folder)).toEqual([]);
    },
    OWN_SERVER_MS,
  );
});

describe('a demo that cannot be played', () => {
  it('says which server is not there', async () => {
    const { code, said } = await play(['recovery'], { RETRACE_URL: 'http://127.0.0.1:1' });
    expect([code, said]).toEqual([1, 'No server is ready at http://127.0.0.1:1, which RETRACE_URL names\n']);
  });

  it('says which there are', async () => {
    const { code, said } = await play(['recover'], {});
    expect(code).toBe(1);
    expect(said).toContain('npm run demo -- recovery');
  });
});
