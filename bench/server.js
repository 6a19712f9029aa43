/**
 * The server under test, in a process of its own: the built server as it is, and one more node type that is declared
 * external and does nothing, so that an intent and an outcome are committed for each node. Answers its parent's questions
 * over IPC.
 */
import { createLog } from '../dist/config/logger.js';
import { loadConfig } from '../dist/config/env.js';
import { startServer } from '../dist/create-app.js';
import { NodeRegistry } from '../dist/nodes/node-registry.js';
import { Database } from '../dist/repositories/database.js';

const ROWS_A_BATCH = 500;
const BASELINE_MS = 3000;

const config = loadConfig(process.env);
const server = await startServer(config, createLog(config.logLevel));
server.app.get(NodeRegistry).register({
  type: 'bench-external',
  name: 'Bench external',
  category: 'bench',
  description: 'Does nothing, but is declared external',
  version: '1.0.0',
  configSchema: { type: 'object' },
  effect: 'external',
  execute: async (context) => ({ outputs: context.inputs }),
});

process.on('message', (question) => void reply(question));
process.send({ url: server.url });

async function reply(question) {
  if (question === 'stop') {
    await server.close();
    process.exit(0);
  }
  if (question === 'cpu') return process.send(process.cpuUsage());
  process.send(question === 'baseline' ? await baseline() : { maxRssBytes: process.resourceUsage().maxRSS * 1024 });
}

/** Rows a second that plain inserts reach: unnest, 500 rows of about 150 bytes a batch, one connection, each committed. */
async function baseline() {
  const { journalPool } = server.app.get(Database);
  const client = await journalPool.connect();
  try {
    await client.query('CREATE TABLE bench_rows (id TEXT COLLATE "C", seq INTEGER, data TEXT, PRIMARY KEY (id, seq))');
    const seqs = Array.from({ length: ROWS_A_BATCH }, (_, seq) => seq);
    const begun = performance.now();
    let rows = 0;
    while (performance.now() - begun < BASELINE_MS) {
      const ids = seqs.map(() => `exec_${rows}`);
      const data = seqs.map(() =>
        JSON.stringify({ id: Math.random().toString(36).repeat(3), text: Math.random().toString(36).repeat(6) }),
      );
      await client.query({
        name: 'bench',
        text: 'INSERT INTO bench_rows SELECT * FROM unnest($1::text[], $2::int4[], $3::text[])',
        values: [ids, seqs, data],
      });
      rows += ROWS_A_BATCH;
    }
    const rowsPerSecond = rows / ((performance.now() - begun) / 1000);
    await client.query('DROP TABLE bench_rows');
    return { rowsPerSecond };
  } finally {
    client.release();
  }
}
