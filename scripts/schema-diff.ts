import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { ApplyMigrationsInput, ApplyMigrationsOutput, DiffParams, DiffResult } from '@prisma/schema-engine-wasm';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import { type FieldDef, Pool, type QueryResult } from 'pg';
import type { Connection } from '../src/database/connection.js';

/** What of the engine is used here. */
interface SchemaEngine {
  diff(params: DiffParams): Promise<DiffResult>;
  applyMigrations(input: ApplyMigrationsInput): Promise<ApplyMigrationsOutput>;
  free(): void;
}

interface EngineModule {
  __wbg_set_wasm(exports: object): void;
  SchemaEngine: { new: (options: object, log: () => void, adapter: object) => Promise<SchemaEngine> };
}

/** Node has it, but the types of Node 20 leave it to those of the browser. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

const NO_FILTERS = { externalTables: [], externalEnums: [] };
const CHAR = 18;
const TEXT = 25;

/**
 * Compares a live database with a Prisma schema. Prisma's own engine does it, in this process and without a shadow database;
 * it sees neither CHECK constraints nor partial, expression and INCLUDE indexes.
 * @returns exit code 0 when the two agree, else 2, and the SQL that would bring the database to the schema
 */
export async function diffSchema(
  connection: Connection,
  schemaFile: string,
): Promise<{ exitCode: number; sql: string }> {
  const content = await readFile(schemaFile, 'utf8');
  const files = [{ path: schemaFile, content }];
  return await withEngine(connection, [[schemaFile, content]], async (engine) => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: dirname(schemaFile) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
    return { exitCode, sql: stdout ?? '' };
  });
}

/**
 * Does to a live database what `prisma migrate deploy` does.
 * @returns the names of the migrations that were missing
 */
export async function deployMigrations(connection: Connection, folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name !== 'migration_lock.toml').toSorted();
  const migrationDirectories = await Promise.all(
    names.map(async (path) => {
      const value = await readFile(join(folder, path, 'migration.sql'), 'utf8');
      return { path, migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value } } };
    }),
  );
  const lockfile = {
    path: 'migration_lock.toml',
    content: await readFile(join(folder, 'migration_lock.toml'), 'utf8'),
  };
  return await withEngine(connection, undefined, async (engine) => {
    const migrationsList = { baseDir: folder, lockfile, migrationDirectories, shadowDbInitScript: '' };
    return (await engine.applyMigrations({ migrationsList, filters: NO_FILTERS })).appliedMigrationNames;
  });
}

async function withEngine<T>(
  connection: Connection,
  datamodels: [string, string][] | undefined,
  use: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const pool = new Pool({ ...connection, max: 4 });
  try {
    const factory = bindMigrationAwareSqlAdapterFactory(correctedAdapter(pool));
    const engine = await (await loaded()).SchemaEngine.new({ datamodels }, () => undefined, factory);
    const result = await use(engine);
    engine.free();
    return result;
  } finally {
    await pool.end();
  }
}

/** The module keeps its memory between calls, so it is made once. */
let engineLoaded: Promise<EngineModule> | undefined;
const loaded = () => (engineLoaded ??= loadEngine());

/** Node 20 cannot import WebAssembly, so what the package's own entry does is done by hand. */
async function loadEngine(): Promise<EngineModule> {
  const engine = engineModule as unknown as EngineModule;
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const bytes = await readFile(join(dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': withoutHoldingTimers() });
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return engine;
}

/** The engine never takes back the timer with which it limits its wait for a lock; it must not keep the process alive. */
function withoutHoldingTimers(): object {
  const timer = (callback: () => void, ms: number) => setTimeout(callback, ms).unref();
  const imports = Object.entries(engineModule).map(([name, value]): [string, unknown] => [
    name,
    name.startsWith('__wbg_setTimeout') ? timer : value,
  ]);
  return Object.fromEntries(imports);
}

/**
 * The adapter does not know the type "char" of the system's own tables: it is told another type, and its answer corrected.
 */
function correctedAdapter(pool: Pool): PrismaPg {
  const charColumns = new WeakMap<object, number[]>();
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<QueryResult>;
  const queryWithoutChar = async (...args: unknown[]) => {
    const result = await query(...args);
    const found = result.fields.flatMap(({ dataTypeID }, index) => (dataTypeID === CHAR ? [index] : []));
    for (const index of found) (result.fields[index] as FieldDef).dataTypeID = TEXT;
    charColumns.set(result.rows, found);
    return result;
  };
  const factory = new PrismaPg(Object.assign(pool, { query: queryWithoutChar }));
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (statement) => {
      const result = await queryRaw(statement);
      for (const index of charColumns.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    };
    // The adapter cuts scripts at every semicolon, also in comments; the engine of the command line does not.
    adapter.executeScript = async (script) => void (await query(script));
    return adapter;
  };
  return factory;
}
