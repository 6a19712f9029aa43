/**
 * What clients of the feed cost the engine: 20 on all executions with `batch` and 200 on one execution each, against none, in
 * turns in one run; under a load of 2,000 nodes a second, and under all that the engine takes. The clients and the load run
 * on the same machine.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { call } from './http-client.js';
import { completed, withServer } from './with-server.js';

const ON_ALL = 20;
const ON_ONE = 200;
const CHAIN = 10;
const NODES_PER_SECOND = 2000;
const PACED = 2000;
const BURST = 3000;
const CONNECTIONS = 16;
const ROUNDS = 3;

await withServer(CONNECTIONS, async ({ url, connections, ask }) => {
  await createWorkflows(connections[0]);
  const watched = [];
  for (let index = 0; index < ON_ONE; index += 1) {
    watched.push((await call(connections[0], 'POST', '/api/v2/executions', { workflowId: 'waiting' })).id);
  }
  const server = { url, connections, ask, watched };
  await load(server, 500, Infinity);
  await compare(server, `${NODES_PER_SECOND} nodes/s`, PACED, NODES_PER_SECOND / CHAIN);
  await compare(server, 'as fast as it goes', BURST, Infinity);
});

async function createWorkflows(connection) {
  const nodes = Array.from({ length: CHAIN }, (_, index) => ({
    id: `n${index}`,
    type: 'transform',
    config: { output: { step: index, before: '{{ inputs.step }}' } },
  }));
  const edges = nodes.slice(1).map(({ id }, index) => ({ source: `n${index}`, target: id }));
  const nap = { id: 'nap', type: 'delay', config: { duration: 3_600_000 } };
  await call(connection, 'POST', '/api/v2/workflows', { id: 'chain', name: 'Chain', nodes, edges });
  await call(connection, 'POST', '/api/v2/workflows', { id: 'waiting', name: 'Waiting', nodes: [nap], edges: [] });
}

/** The same load without clients and with them, several times. */
async function compare(server, name, executions, perSecond) {
  const { url, watched } = server;
  const measured = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    measured.without.push(await load(server, executions, perSecond));
    const clients = fork(fileURLToPath(new URL('feed-clients.js', import.meta.url)), [url, String(ON_ALL), ...watched]);
    const gone = once(clients, 'exit');
    await once(clients, 'message');
    measured.with.push(await load(server, executions, perSecond));
    await everythingReceived(clients, executions);
    clients.send('stop');
    await gone;
  }
  const [before, after] = [median(measured.without), median(measured.with)];
  print(`${name}, no client`, before);
  print(`${name}, ${ON_ALL} + ${ON_ONE} clients`, after);
  const ratio = after.nodesPerSecond / before.nodesPerSecond;
  process.stdout.write(`${name}: with clients ${(ratio * 100).toFixed(1)} % of the throughput without\n`);
}

/** An execution has its creation, its start, its nodes and its end. */
async function everythingReceived(clients, executions) {
  for (;;) {
    clients.send('counts');
    const [counts] = await once(clients, 'message');
    if (counts.some((count) => count === null || Number.isNaN(count))) {
      process.stdout.write('  some clients were too slow and got a snapshot\n');
      return;
    }
    if (counts.every((count) => count >= executions * (CHAIN + 3))) return;
    await delay(50);
  }
}

/** Creates so many executions, at most so many a second, and waits until all have ended. */
async function load({ connections, ask }, executions, perSecond) {
  const before = await completed(connections[0], 'chain');
  const cpuBefore = await ask('cpu');
  const begun = performance.now();
  let sent = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (sent < executions) {
        const due = begun + (sent / perSecond) * 1000;
        sent += 1;
        if (due > performance.now()) await delay(due - performance.now());
        const { status } = await connection.request('POST', '/api/v2/executions', { workflowId: 'chain' });
        if (status !== 201) throw new Error(`A creation gave ${status}`);
      }
    }),
  );
  while ((await completed(connections[0], 'chain')) < before + executions) await delay(5);
  const seconds = (performance.now() - begun) / 1000;
  const cpu = await ask('cpu');
  const used = cpu.user + cpu.system - cpuBefore.user - cpuBefore.system;
  return { nodesPerSecond: (executions * CHAIN) / seconds, cpu: used / 10_000 / seconds };
}

function median(rounds) {
  return [...rounds].sort((a, b) => a.nodesPerSecond - b.nodesPerSecond)[Math.floor(rounds.length / 2)];
}

function print(name, { nodesPerSecond, cpu }) {
  const rate = Math.round(nodesPerSecond).toLocaleString('en');
  process.stdout.write(`${name.padEnd(42)} ${rate.padStart(8)} nodes/s, the server at ${cpu.toFixed(0)} % of a core\n`);
}
