/**
 * How much two servers on one database bring: a fixed load of external nodes that wait 20 ms each, with the same limits a
 * process, by one server and by two, in turns in one run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createLog } from '../dist/config/logger.js';
import { EmbeddedPostgres } from '../dist/database/embedded-postgres.js';
import { call, HttpConnection } from './http-client.js';

const EXECUTIONS = 2000;
const NODES = 5;
const PLACES = 50;
const ROUNDS = 3;
const CONNECTIONS = 8;
const CREATED_WITHIN_MS = 8000;

const folder = await mkdtemp(join(tmpdir(), 'retrace-bench-'));
const postgres = await EmbeddedPostgres.start(folder, createLog('warn'));
const servers = [];
const database = new pg.Client(postgres.connection);
try {
  await database.connect();
  servers.push(await start());
  await createWorkflow(servers[0]);
  const seconds = { 1: [], 2: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const count of [1, 2]) {
      while (servers.length < count) servers.push(await start());
      while (servers.length > count) await stop(servers.pop());
      seconds[count].push(await run());
    }
  }
  const [one, two] = [median(seconds[1]), median(seconds[2])];
  print('one server', one);
  print('two servers', two);
  process.stdout.write(`two are ${(one / two).toFixed(2)} times as fast as one\n`);
} finally {
  for (const server of servers) await stop(server);
  await database.end();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function start() {
  const { host, port, user, password, database: name } = postgres.connection;
  const url = `postgresql://${user}:${password}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`;
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dist/main.js', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      LOG_LEVEL: 'error',
      DATABASE_URL: url,
      MAX_ACTIVE_EXECUTIONS: String(PLACES),
      NODE_TYPES_DIR: fileURLToPath(new URL('node-types/', import.meta.url)),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /API:\s+(\S+)\/api\/v2/.exec(line)?.[1];
    if (found) return { child, url: found };
  }
  throw new Error('The server did not start');
}

async function stop({ child }) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function createWorkflow({ url }) {
  const connection = new HttpConnection(url);
  const nodes = Array.from({ length: NODES }, (_, index) => ({ id: `n${index}`, type: 'bench-wait' }));
  const edges = nodes.slice(1).map(({ id }, index) => ({ source: `n${index}`, target: id }));
  await call(connection, 'POST', '/api/v2/workflows', { id: 'waits', name: 'Waits', nodes, edges });
  connection.close();
}

/** Everything is created first and due at one moment; gives the seconds from then to the last end. */
async function run() {
  const runAt = Date.now() + CREATED_WITHIN_MS;
  let left = EXECUTIONS;
  const create = async () => {
    const connection = new HttpConnection(servers[0].url);
    while (left > 0) {
      left -= 1;
      await call(connection, 'POST', '/api/v2/executions', { workflowId: 'waits', runAt });
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, create));
  if (Date.now() > runAt) throw new Error('The load was not there in time');
  for (;;) {
    const { rows } = await database.query(
      `SELECT count(*) FILTER (WHERE ended_at IS NULL)::int AS open, max(ended_at) AS last FROM executions WHERE run_at = $1`,
      [runAt],
    );
    if (rows[0].open === 0) return (Number(rows[0].last) - runAt) / 1000;
    await delay(50);
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function print(name, seconds) {
  const rate = Math.round((EXECUTIONS * NODES) / seconds).toLocaleString('en');
  process.stdout.write(`${name.padEnd(14)} ${seconds.toFixed(2)} s, ${rate} nodes/s\n`);
}
