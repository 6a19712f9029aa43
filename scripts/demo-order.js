/** The demo of an order: imports examples/, runs the order workflow, and shows its progress and the final record. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { print } from './demo-server.js';
import { describeCall, startDemoService } from './demo-service.js';

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url));
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

/** Plays it; gives whether the execution completed. */
export async function playOrder({ api, signal }) {
  const shop = await startDemoService();
  try {
    await importExamples(api);
    const { id } = await api('POST', '/executions', {
      workflowId: 'order-intake',
      trigger: { type: 'manual', data: ORDER },
      context: { variables: { shopUrl: shop.url } },
    });
    print(`Execution ${id}\n`);
    await follow(api, id, signal);
    const record = await api('GET', `/executions/${id}`);
    showRecord(record);
    showCalls(shop.calls);
    return record.status === 'completed';
  } finally {
    shop.close();
  }
}

async function importExamples(api) {
  const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.json')).sort();
  const workflows = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(EXAMPLES, name), 'utf8'))),
  );
  const { imported, errors } = await api('POST', '/workflows/import', { workflows, overwrite: true });
  if (errors.length > 0)
    throw new Error(`examples/: ${errors.map(({ id, message }) => `${id}: ${message}`).join('; ')}`);
  print(`Imported ${imported} workflows from examples/`);
}

async function follow(api, id, signal) {
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
    await delay(LOOK_EVERY_MS, undefined, { signal });
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

function showCalls(calls) {
  print(`\nThe shop was called ${calls.length} times:`);
  for (const call of calls) print(`  ${describeCall(call)}`);
}
