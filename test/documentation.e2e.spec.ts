import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { startDemoService } from '../scripts/demo-service.js';
import {
  applyStage,
  documentedCommands,
  readCommand,
  type DocumentedCommand,
  type Shown,
} from './support/documented-commands.js';
import { difference, renewed } from './support/shown-answer.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';
import { startTestServer, type TestServer } from './support/test-server.js';

/** With UPDATE_DOCS=1 the pages get the real answers in place of those that they show and that differ. */
const UPDATE = process.env.UPDATE_DOCS === '1';
/** How long an answer may take to become as it is shown, in ms. */
const SETTLE_MS = UPDATE ? 300 : 5000;

let server: TestServer;
let service: Awaited<ReturnType<typeof startDemoService>>;
let ledger: TestDatabase;
let filesDir: string;
let variables: Record<string, string>;

beforeAll(async () => {
  filesDir = mkdtempSync(join(tmpdir(), 'retrace-docs-'));
  ledger = await createTestDatabase('template1');
  await createAccounts(ledger);
  server = await startTestServer({ FILES_DIR: filesDir, DATABASE_CONNECTIONS: 'LEDGER_DB', LEDGER_DB: ledger.url });
});

/** Each page begins with no workflow and with a service that has given no id yet. */
beforeEach(async () => {
  service = await startDemoService();
  variables = { api: `${server.url}/api/v2`, server: server.url, shop: service.url, agency: service.url };
  const { body } = await server.call<{ workflows: { id: string }[] }>('GET', '/workflows?pageSize=200');
  for (const { id } of body.data.workflows) await server.call('DELETE', `/workflows/${id}`);
});

afterEach(() => service.close());

afterAll(async () => {
  await server.close();
  await ledger.drop();
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
  const givesUpAt = Date.now() + (/ -d | -X /.test(command.command) ? 0 : SETTLE_MS);
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

async function check(file: string, commands: DocumentedCommand[]): Promise<void> {
  const lines = readFileSync(file, 'utf8').split('\n');
  const differences: string[] = [];
  const outdated: { shown: Shown; answer: unknown }[] = [];
  for (const command of commands) {
    const { answer, differs } = await settled(command);
    if (differs === undefined) continue;
    differences.push(`line ${command.line}: ${differs}`);
    if (command.shown) outdated.unshift({ shown: command.shown, answer });
  }
  if (UPDATE) {
    for (const { shown, answer } of outdated) {
      lines.splice(shown.from, shown.to - shown.from, asPrinted(renewed(shown.value, answer)));
    }
    writeFileSync(file, lines.join('\n'));
  } else {
    expect(differences).toEqual([]);
  }
}

test('every command in docs/api.md answers as the page shows', async () => {
  const commands = documentedCommands(readFileSync('docs/api.md', 'utf8'));
  expect(commands.length).toBeGreaterThan(20);
  await check('docs/api.md', commands);
}, 60_000);

test('every command in the README that is about recovery answers as it shows', async () => {
  const commands = documentedCommands(readFileSync('README.md', 'utf8'), '## Undo it, correct it, go on');
  expect(commands.length).toBeGreaterThan(5);
  await check('README.md', commands);
});
