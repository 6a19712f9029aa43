/**
 * npm run demo: imports examples/ into a running server (RETRACE_URL, else the one on PORT of this machine), or into one of
 * its own, runs the order workflow against a small local shop, and shows its progress and the final record.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDemoService } from './demo-service.js';

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url));
const START = fileURLToPath(new URL('start.js', import.meta.url));
const BAR_WIDTH = 30;
const LOOK_EVERY_MS = 100;
const LONGEST_RUN_MS = 60_000;
const ORDER = {
  orderId: 'A-4711',
  items: [
    { sku: 'lamp', price: 79.5, quantity: 1 },
    { sku: 'bulb', price: 9, quantity: 4 },
  ],
};

const server = (await runningServer()) ?? (await ownServer());
const shop = await startDemoService();
try {
  await importExamples();
  const { id } = await api('POST', '/executions', {
    workflowId: 'order-intake',
    trigger: { type: 'manual', data: ORDER },
    context: { variables: { shopUrl: shop.url } },
  });
  print(`Execution ${id}\n`);
  await follow(id);
  const record = await api('GET', `/executions/${id}`);
  showRecord(record);
  showCalls();
  process.exitCode = record.status === 'completed' ? 0 : 1;
} finally {
  shop.close();
  await server.stop();
}

async function runningServer() {
  const url = process.env.RETRACE_URL ?? `http://127.0.0.1:${process.env.PORT || 3000}`;
  const ready = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => null);
  if (!ready?.ok) return null;
  print(`Using the server at ${url}`);
  return { url, stop: async () => {} };
}

async function ownServer() {
  const folder = await mkdtemp(join(tmpdir(), 'retrace-demo-'));
  const env = {
    ...process.env,
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: '',
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    API_TOKEN: '',
  };
  print('No server runs: starting one for the demo (data in a temporary folder)');
  const child = spawn(process.execPath, [START], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const found = /API:\s+(\S+)\/api\/v2/.exec(line);
      if (found) resolve(found[1]);
    });
    ended.then(([code]) => reject(new Error(`The server ended with code ${code}`)), reject);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

async function api(method, path, body) {
  const headers = { ...(body && { 'content-type': 'application/json' }) };
  if (process.env.API_TOKEN) headers.authorization = `Bearer ${process.env.API_TOKEN}`;
  const response = await fetch(`${server.url}/api/v2${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!answer.success) throw new Error(`${method} ${path}: ${answer.message}`);
  return answer.data;
}

async function importExamples() {
  const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.json')).sort();
  const workflows = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(EXAMPLES, name), 'utf8'))),
  );
  const { imported, errors } = await api('POST', '/workflows/import', { workflows, overwrite: true });
  if (errors.length > 0)
    throw new Error(`examples/: ${errors.map(({ id, message }) => `${id}: ${message}`).join('; ')}`);
  print(`Imported ${imported} workflows from examples/`);
}

async function follow(id) {
  const deadline = Date.now() + LONGEST_RUN_MS;
  const told = new Set();
  for (;;) {
    const [progress, { nodes }, light] = await Promise.all([
      api('GET', `/executions/${id}/progress`),
      api('GET', `/executions/${id}/nodes?pageSize=100`),
      api('GET', `/executions/${id}?nodes=light`),
    ]);
    for (const node of nodes) tell(node, told);
    bar(progress, light);
    if (light.endTime !== null) return process.stdout.write('\n\n');
    if (Date.now() > deadline) throw new Error('The execution takes longer than a minute');
    await delay(LOOK_EVERY_MS);
  }
}

function tell({ nodeId, nodeName, status, attempt, error, waiting, duration }, told) {
  const what = waiting ? 'waiting' : error && status === 'running' ? `retrying, ${error.code}` : status;
  const line = `${nodeId} ${what} ${attempt}`;
  if (status === 'pending' || told.has(line)) return;
  told.add(line);
  const took = status === 'completed' ? ` in ${duration} ms` : '';
  process.stdout.write(`\r${' '.repeat(BAR_WIDTH + 40)}\r`);
  print(`  ${nodeName.padEnd(20)} ${what}${took}${attempt > 1 ? ` (attempt ${attempt})` : ''}`);
}

function bar({ progress, completedNodes, totalNodes }, { status, activity }) {
  const full = Math.round(progress * BAR_WIDTH);
  const drawn = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
  process.stdout.write(
    `\r${drawn} ${Math.round(progress * 100)} %  ${completedNodes}/${totalNodes}  ${activity ?? status}   `,
  );
}

function showRecord({ id, status, duration, stats, result }) {
  print('The record:');
  print(JSON.stringify({ id, status, duration, stats, result }, null, 2));
}

function showCalls() {
  print(`\nThe shop was called ${shop.calls.length} times:`);
  for (const { method, path, status } of shop.calls) print(`  ${method} ${path} → ${status}`);
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
