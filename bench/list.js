/**
 * How fast a million executions are read: each filter in each sort, deep pages, the statistics, the workflows. In the end
 * each request is made once more with PostgreSQL telling its plans; a sequential scan of the executions is a failure.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../dist/config/env.js';
import { createLog } from '../dist/config/logger.js';
import { startServer } from '../dist/create-app.js';
import { ExecutionCounterRepository } from '../dist/repositories/execution-counter.repository.js';
import { call, HttpConnection } from './http-client.js';
import { fill } from './list-data.js';
import { listRequests, otherRequests, SORTS } from './list-requests.js';

const EXECUTIONS = 1_000_000;
const WORKFLOWS = 50;
const REQUESTS = 50;
const PAGE = 20;
const DEEP_PAGE = 5000;

const folder = await mkdtemp(join(tmpdir(), 'retrace-bench-'));
const config = loadConfig({ PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error' });
const server = await startServer(config, createLog(config.logLevel));
let connection;
try {
  const now = Date.now();
  await timed(`${EXECUTIONS.toLocaleString('en')} executions written`, () =>
    fill(server.database.pool, EXECUTIONS, now),
  );
  await timed('counters made from them', () => server.app.get(ExecutionCounterRepository).repair());
  await timed('counters compared with them', () => server.app.get(ExecutionCounterRepository).repair());
  // Only now: the server hangs up on who says nothing for long.
  connection = new HttpConnection(server.url);
  await createWorkflows();
  const requests = [...listRequests(now), ...otherRequests(now)];
  for (const [by, order] of SORTS) requests.push(await deepCursor(by, order));
  print(`request, ${REQUESTS} times`, 'p50 ms', 'p99 ms');
  const rows = [];
  for (const { name, path } of requests) rows.push({ name, ...(await measure(path)) });
  for (const { name, p50, p99 } of rows) print(name, p50.toFixed(1), p99.toFixed(1));
  const slowest = rows.reduce((most, row) => (row.p99 > most.p99 ? row : most));
  print(`slowest: ${slowest.name}`, slowest.p50.toFixed(1), slowest.p99.toFixed(1));
  await explain(requests);
} finally {
  connection?.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

async function timed(what, work) {
  const begun = performance.now();
  await work();
  print(what, `${((performance.now() - begun) / 1000).toFixed(1)} s`);
}

async function createWorkflows() {
  for (let index = 0; index < WORKFLOWS; index += 1) {
    const nodes = [{ id: 'a', type: 'transform', config: { output: 1 } }];
    const document = { id: `wf${index}`, name: `Workflow wf${index}`, nodes, edges: [] };
    await call(connection, 'POST', '/api/v2/workflows', document);
  }
}

/** Walks to the page by cursors, in big steps and then in small ones. */
async function deepCursor(by, order) {
  const query = `/api/v2/executions?sortBy=${by}&sortOrder=${order}&`;
  let left = (DEEP_PAGE - 1) * PAGE;
  let cursor = '';
  while (left > 0) {
    const pageSize = Math.min(200, left);
    const { pagination } = await call(connection, 'GET', `${query}pageSize=${pageSize}${cursor}`);
    cursor = `&cursor=${encodeURIComponent(pagination.nextCursor)}`;
    left -= pageSize;
  }
  return { name: `page 5,000 by cursor | ${by} ${order}`, path: `${query}pageSize=${PAGE}${cursor}` };
}

async function measure(path) {
  const times = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const begun = performance.now();
    await call(connection, 'GET', path);
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(REQUESTS * 0.5)], p99: times[Math.floor(REQUESTS * 0.99)] };
}

/** The plans of what really runs, by auto_explain in every connection of the server. */
async function explain(requests) {
  const { pool } = server.database;
  const plans = [];
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  for (const client of clients) {
    client.on('notice', ({ message }) => plans.push(message));
    await client.query(
      `LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_level = notice`,
    );
  }
  for (const client of clients) client.release();
  for (const { path } of requests) await call(connection, 'GET', path);
  const scans = plans.filter((plan) => /Seq Scan on (public\.)?executions\b/.test(plan));
  if (plans.length < requests.length) throw new Error(`Only ${plans.length} plans for ${requests.length} requests`);
  print(`${plans.length} plans: sequential scans of executions`, String(scans.length));
  for (const plan of scans) process.stdout.write(`${plan}\n`);
  if (scans.length > 0) process.exitCode = 1;
}

function print(name, ...values) {
  process.stdout.write(`${name.padEnd(84)}${values.map((value) => value.padStart(10)).join('')}\n`);
}
