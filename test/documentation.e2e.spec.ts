import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { startDemoService } from '../scripts/demo-service.js';
import { applyStage, documentedCommands, readCommand, type DocumentedCommand } from './support/documented-commands.js';
import { difference, renewed } from './support/shown-answer.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** With UPDATE_DOCS=1 the page gets the real answers in place of those that it shows. */
const UPDATE = process.env.UPDATE_DOCS === '1';
const PAGE = 'docs/api.md';

let server: TestServer;
let shop: Awaited<ReturnType<typeof startDemoService>>;
let ledger: TestDatabase;
let filesDir: string;
const variables: Record<string, string> = {};

beforeAll(async () => {
  filesDir = mkdtempSync(join(tmpdir(), 'retrace-docs-'));
  shop = await startDemoService();
  ledger = await createTestDatabase('template1');
  await createAccounts(ledger);
  server = await startTestServer({ FILES_DIR: filesDir, DATABASE_CONNECTIONS: 'LEDGER_DB', LEDGER_DB: ledger.url });
  Object.assign(variables, { api: `${server.url}/api/v2`, server: server.url, shop: shop.url });
});

afterAll(async () => {
  await server.close();
  await ledger.drop();
  shop.close();
  rmSync(filesDir, { recursive: true });
});

async function createAccounts({ connection }: TestDatabase): Promise<void> {
  const client = new Client(connection);
  await client.connect();
  await client.query(`CREATE TABLE accounts (owner text PRIMARY KEY, balance integer NOT NULL CHECK (balance >= 0));
    INSERT INTO accounts VALUES ('ada', 100), ('grace', 20)`);
  await client.end();
}

async function run({ command }: DocumentedCommand): Promise<unknown> {
  const { method, url, headers, body, filter, variable } = readCommand(command, variables, '.');
  const response = await fetch(url, { method, headers, body });
  const result = filter.reduce<unknown>(applyStage, await response.json());
  if (variable !== undefined) variables[variable] = String(result);
  return result;
}

/** Lists, counters and statistics may lag a second: what only reads is asked again for a while until it is as shown. */
async function settled(command: DocumentedCommand): Promise<{ answer: unknown; differs: string | undefined }> {
  const givesUpAt = Date.now() + (UPDATE || / -d | -X /.test(command.command) ? 0 : 5000);
  for (;;) {
    const answer = await run(command);
    const differs = command.shown && difference(command.shown.value, answer);
    if (differs === undefined || Date.now() > givesUpAt) return { answer, differs };
    await setTimeout(100);
  }
}

function asPrinted(value: unknown): string {
  const options = { input: JSON.stringify(value), encoding: 'utf8' } as const;
  return execFileSync('npx', ['biome', 'format', '--stdin-file-path=answer.json'], options).trimEnd();
}

test(`every command in ${PAGE} answers as the page shows`, async () => {
  const page = readFileSync(PAGE, 'utf8');
  const lines = page.split('\n');
  const differences: string[] = [];
  const commands = documentedCommands(page);
  expect(commands.length).toBeGreaterThan(20);
  const real: unknown[] = [];
  for (const command of commands) {
    const { answer, differs } = await settled(command);
    real.push(answer);
    if (differs !== undefined) differences.push(`line ${command.line}: ${differs}`);
  }
  if (UPDATE) {
    for (const [index, { shown }] of [...commands.entries()].reverse()) {
      if (shown) lines.splice(shown.from, shown.to - shown.from, asPrinted(renewed(shown.value, real[index])));
    }
    writeFileSync(PAGE, lines.join('\n'));
  } else {
    expect(differences).toEqual([]);
  }
});
