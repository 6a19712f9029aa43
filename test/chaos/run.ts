/**
 * npm run chaos -- --rounds 200 --seed 7: kills a server, its database or both at random moments, and prints what came of it.
 * npm run chaos -- --servers 3 --seconds 120 [--stop]: kills (or stops and continues) one of several servers on one database.
 * npm run chaos -- --proxy --seconds 60 [--servers 2]: breaks the connections between a server (or several) and its database.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { createLog } from '../../src/config/logger.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { connectionUrl } from '../support/connection-url.js';
import { chaosCluster } from './chaos-cluster.js';
import { chaosProxy } from './chaos-proxy.js';
import { chaosRounds } from './chaos-rounds.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    servers: { type: 'string' },
    seconds: { type: 'string', default: '120' },
    stop: { type: 'boolean', default: false },
    proxy: { type: 'boolean', default: false },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'retrace-chaos-'));
await chmod(folder, 0o755);
const postgres = await EmbeddedPostgres.start(folder, createLog('warn'));
try {
  console.log(`seed ${values.seed}`);
  const figures = await chaos({ seed: values.seed, effectsUrl: await makeDatabase('effects'), onRound: console.log });
  console.table(figures);
  console.log('every promise was kept');
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

async function chaos(common: { seed: string; effectsUrl: string; onRound: (line: string) => void }) {
  if (values.servers === undefined && !values.proxy) {
    return await chaosRounds({ ...common, rounds: Number(values.rounds) });
  }
  const databaseUrl = await makeDatabase('servers');
  const several = { ...common, databaseUrl, servers: Number(values.servers ?? 1), seconds: Number(values.seconds) };
  if (!values.proxy) return await chaosCluster({ ...several, isStopped: values.stop });
  return await chaosProxy({ ...several, database: { ...postgres.connection, database: 'servers' } });
}

async function makeDatabase(name: string): Promise<string> {
  const client = new Client(postgres.connection);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return connectionUrl({ ...postgres.connection, database: name });
}
