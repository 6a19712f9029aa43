/**
 * What the engine reaches on this machine, in one run on one database. Machines are noisy, so each figure also stands as a
 * ratio to what plain batched inserts reach in the same run.
 */
import { call } from './http-client.js';
import { completed, withServer } from './with-server.js';

const CONNECTIONS = 16;
const CHAIN = 10;
const EXECUTIONS = 2000;
const ROUNDS = 3;
const LATENCY_EXECUTIONS = 300;
const END = ['completed', 'failed', 'cancelled'];

await withServer(CONNECTIONS, async ({ connections, ask }) => {
  await createWorkflows(connections[0]);
  await measure(connections, ask);
});

async function createWorkflows(connection) {
  const pure = (index) => ({
    id: `n${index}`,
    type: 'transform',
    config: { output: { step: index, before: '{{ inputs.step }}' } },
  });
  const external = (index) => ({ id: `n${index}`, type: 'bench-external', config: {} });
  const chain = (id, node, length) => ({
    id,
    name: id,
    nodes: Array.from({ length }, (_, index) => node(index)),
    edges: Array.from({ length: length - 1 }, (_, index) => ({
      id: `e${index}`,
      source: `n${index}`,
      target: `n${index + 1}`,
    })),
  });
  const documents = [
    chain('pure10', pure, CHAIN),
    chain('external10', external, CHAIN),
    chain('pure1', pure, 1),
    chain('external1', external, 1),
  ];
  for (const document of documents) await call(connection, 'POST', '/api/v2/workflows', document);
}

async function measure(connections, ask) {
  const { rowsPerSecond } = await ask('baseline');
  print('plain batched inserts', `${round(rowsPerSecond)} rows/s`, 1);
  // The first executions compile what the later ones reuse.
  await burst(connections, 'pure10', 200);
  await burst(connections, 'external10', 200);
  for (const workflow of ['pure10', 'external10']) {
    const rounds = [];
    for (let index = 0; index < ROUNDS; index += 1) rounds.push(await burst(connections, workflow, EXECUTIONS));
    const nodes = median(rounds.map(({ nodesPerSecond }) => nodesPerSecond));
    const creations = median(rounds.map(({ creationsPerSecond }) => creationsPerSecond));
    print(`chain10 ${workflow.replace('10', '')}`, `${round(nodes)} nodes/s`, nodes / rowsPerSecond);
    print(`  its creations, ${CONNECTIONS} connections`, `${round(creations)} /s`, creations / rowsPerSecond);
  }
  for (const workflow of ['pure1', 'external1']) {
    const times = await latencies(connections[0], workflow);
    print(
      `one node, ${workflow.replace('1', '')}, POST to ended`,
      `p50 ${times.p50.toFixed(2)} ms, p99 ${times.p99.toFixed(2)} ms`,
    );
  }
  const { maxRssBytes } = await ask('memory');
  print('peak memory of the server', `${round(maxRssBytes / 2 ** 20)} MiB`);
}

/** Creates executions as fast as the connections go, and waits until all have ended. */
async function burst(connections, workflowId, count) {
  const before = await completed(connections[0], workflowId);
  const begun = performance.now();
  let left = count;
  await Promise.all(
    connections.map(async (connection) => {
      while (left > 0) {
        left -= 1;
        const { status } = await connection.request('POST', '/api/v2/executions', { workflowId });
        if (status !== 201) throw new Error(`A creation gave ${status}`);
      }
    }),
  );
  const created = performance.now();
  while ((await completed(connections[0], workflowId)) < before + count) {
    if (performance.now() - begun > 120_000) throw new Error(`${workflowId}: not all executions ended`);
  }
  const seconds = (performance.now() - begun) / 1000;
  return { nodesPerSecond: (count * CHAIN) / seconds, creationsPerSecond: count / ((created - begun) / 1000) };
}

async function latencies(connection, workflowId) {
  const times = [];
  for (let index = 0; index < LATENCY_EXECUTIONS; index += 1) {
    const begun = performance.now();
    const { id } = await call(connection, 'POST', '/api/v2/executions', { workflowId });
    while (!END.includes((await call(connection, 'GET', `/api/v2/executions/${id}`)).status));
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length * 0.5)], p99: times[Math.floor(times.length * 0.99)] };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function round(value) {
  return Math.round(value).toLocaleString('en');
}

function print(name, value, ratio) {
  process.stdout.write(
    `${name.padEnd(38)} ${value.padStart(34)}${ratio === undefined ? '' : `   ratio ${ratio.toFixed(3)}`}\n`,
  );
}
