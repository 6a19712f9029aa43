import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { type Config, loadConfig } from '../../src/config/env.js';
import { createLog, type Log } from '../../src/config/logger.js';
import type { Connection } from '../../src/database/connection.js';
import { Database } from '../../src/repositories/database.js';
import { InstanceIdentity } from '../../src/repositories/instance-identity.js';
import { PrismaService } from '../../src/repositories/prisma.service.js';
import { connectionUrl } from './connection-url.js';
import { OFFER_VARIABLE, TEMPLATE } from './test-postgres.js';

/** A database of a test's own. */
export interface TestDatabase {
  connection: Connection;
  /** The same as a DATABASE_URL. */
  url: string;
  drop(): Promise<void>;
}

/** {@link TestDatabase} opened as the server opens it. */
export interface OpenTestDatabase {
  config: Config;
  log: Log;
  identity: InstanceIdentity;
  database: Database;
  prisma: PrismaService;
  /** Closes and drops it. */
  close(): Promise<void>;
}

/** The server that all tests of this run share, with a connection to a database that holds nothing. */
async function testServerConnection(): Promise<Connection> {
  const offer = process.env[OFFER_VARIABLE];
  if (offer === undefined) throw new Error('No test PostgreSQL: run the tests by `npm run test:run`');
  const response = await fetch(offer);
  if (!response.ok) throw new Error(`The test PostgreSQL did not start: ${await response.text()}`);
  return (await response.json()) as Connection;
}

/**
 * Makes a database for one test file: a copy of the migrated template.
 * @param template `template1` for one without our tables
 */
export async function createTestDatabase(template: string = TEMPLATE): Promise<TestDatabase> {
  const server = await testServerConnection();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const connection = { ...server, database: name };
  return {
    connection,
    url: connectionUrl(connection),
    drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Opens a database of the test's own with the server's pools and Prisma. */
export async function openTestDatabase(settings: Record<string, string> = {}): Promise<OpenTestDatabase> {
  const own = await createTestDatabase();
  const config = loadConfig({ LOG_LEVEL: 'silent', ...settings, DATABASE_URL: own.url });
  const log = createLog(config.logLevel);
  const identity = new InstanceIdentity();
  const database = await Database.open(config, identity, log);
  const prisma = new PrismaService(database);
  const close = async () => {
    await prisma.$disconnect();
    await database.close();
    await own.drop();
  };
  return { config, log, identity, database, prisma, close };
}

async function onServer(server: Connection, sql: string): Promise<void> {
  const client = new Client(server);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
