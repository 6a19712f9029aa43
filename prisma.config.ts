import { defineConfig } from 'prisma/config';

/**
 * These commands need no schema engine, but the CLI would download one before each of them. Any file that exists keeps it
 * from that. The others (`migrate deploy`, `migrate status`) need the real one.
 */
const WITHOUT_ENGINE = ['generate', 'validate', 'format'];

if (process.argv.some((argument) => WITHOUT_ENGINE.includes(argument))) {
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
