/**
 * `npm run migration:new -- add_labels`: writes the SQL that brings a database with all migrations to prisma/schema.prisma
 * into a new migration. Read it before you commit it: CHECK constraints, collations and partial indexes are yours to add.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../src/config/logger.js';
import { EmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { diffSchema } from './schema-diff.js';

const MIGRATIONS = 'prisma/migrations';

const name = process.argv[2];
if (name === undefined || !/^[a-z0-9_]+$/.test(name)) {
  console.error('Name the migration in small letters: npm run migration:new -- add_labels');
  process.exit(1);
}

const log = createLog('warn');
const folder = await mkdtemp(join(tmpdir(), 'retrace-migration-'));
const postgres = await EmbeddedPostgres.start(folder, log);
try {
  await migrate(postgres.connection, MIGRATIONS, log);
  const { exitCode, sql } = await diffSchema(postgres.connection, 'prisma/schema.prisma');
  if (exitCode === 0) {
    console.log('The schema and the migrations agree: there is nothing to write.');
  } else {
    const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const target = join(MIGRATIONS, `${time}_${name}`);
    await mkdir(target);
    await writeFile(join(target, 'migration.sql'), sql);
    console.log(`Written: ${target}/migration.sql`);
  }
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
