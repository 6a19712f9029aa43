/** The server that a demo plays against: one that runs (RETRACE_URL, else the one on PORT of this machine), or an own one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('start.js', import.meta.url));
const LONGEST_CLEANING_MS = 20_000;

/**
 * Plays a story and ends the own server after it, also after Ctrl-C. The process ends with 0 when the story gives true, else
 * with 1.
 * @param play called with `api(method, path, body)`, which gives the `data` of the answer and throws for a refusal;
 * `cleanUp`, the same for what has to be done after Ctrl-C too; the `signal` of that; and whether the server is an `own` one
 */
export async function playOnServer(play) {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort(new Error('Interrupted')));
  const { signal } = interrupted;
  let server;
  try {
    server = (await runningServer()) ?? (await ownServer(signal));
    const { url, isOwn } = server;
    const cleanUp = (...request) => call(url, AbortSignal.timeout(LONGEST_CLEANING_MS), request);
    const done = await play({ api: (...request) => call(url, signal, request), cleanUp, signal, isOwn });
    process.exitCode = done ? 0 : 1;
  } catch (error) {
    const why = error.cause ? `${error.message}: ${error.cause.message}` : error.message;
    console.error(signal.aborted ? '\nInterrupted' : why);
    process.exitCode = 1;
  } finally {
    await server?.stop();
  }
}

async function runningServer() {
  const named = process.env.RETRACE_URL;
  const url = named ?? `http://127.0.0.1:${process.env.PORT || 3000}`;
  const ready = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
  if (!ready?.ok && named) throw new Error(`No server is ready at ${url}, which RETRACE_URL names`);
  if (!ready?.ok) return null;
  print(`Using the server at ${url}`);
  return { url, isOwn: false, stop: async () => {} };
}

async function ownServer(signal) {
  const folder = await mkdtemp(join(tmpdir(), 'retrace-demo-'));
  const env = {
    ...process.env,
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: '',
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    API_TOKEN: '',
    // So that it ends by itself when the demo is killed.
    npm_lifecycle_event: 'demo',
  };
  print('No server runs: starting one for the demo (data in a temporary folder)');
  // Detached: Ctrl-C is for the demo, which then ends the server in order.
  const child = spawn(process.execPath, [START], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    child.stdout.destroy();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { url: await urlOf(child, signal), isOwn: true, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the server says of itself when it listens. */
async function urlOf(child, signal) {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /API:\s+(\S+)\/api\/v2/.exec(line);
      if (found) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code}`)));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function call(url, signal, [method, path, body]) {
  const headers = { ...(body && { 'content-type': 'application/json' }) };
  if (process.env.API_TOKEN) headers.authorization = `Bearer ${process.env.API_TOKEN}`;
  const request = { method, headers, body: body && JSON.stringify(body), signal };
  const answer = await (await fetch(`${url}/api/v2${path}`, request)).json();
  if (!answer.success) throw new Error(`${method} ${path}: ${answer.message}`);
  return answer.data;
}

export function print(line) {
  process.stdout.write(`${line}\n`);
}
