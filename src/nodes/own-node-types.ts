import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../config/env.js';
import { toPlainJson } from '../engine/plain-json.js';
import type { NodeType } from '../engine/ports.js';
import { nodeTypeProblems } from './node-type-shape.js';
import type { NodeRegistry } from './node-registry.js';

const ENDINGS = ['.js', '.mjs', '.cjs'];

/** A module that waits at its top for something that never comes must not hold the start up for ever. */
const LOAD_MS = 10_000;

/**
 * Adds the node types of the modules in a folder, in the order of their names. Each has one type or a list of them as its
 * default export (`module.exports` of CommonJS). Folders in it are for what the modules share; names with a dot in front
 * are left alone.
 * @throws ConfigError with the name of every file that cannot be used, and why
 */
export async function registerOwnNodeTypes(registry: NodeRegistry, folder: string, limitMs = LOAD_MS): Promise<void> {
  const problems: string[] = [];
  for (const file of await modulesIn(folder)) {
    try {
      for (const type of await typesOf(join(folder, file), limitMs)) registry.register(type);
    } catch (error) {
      problems.push(`NODE_TYPES_DIR: ${file}: ${reasonOf(file, error)}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

async function modulesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(({ code }: NodeJS.ErrnoException) => {
    const why = code === 'ENOENT' ? 'there is no such folder' : `it cannot be read (${code})`;
    throw new ConfigError([`NODE_TYPES_DIR: ${folder}: ${why}`]);
  });
  const modules = entries.filter((entry) => !entry.isDirectory() && ENDINGS.includes(extname(entry.name)));
  return modules.flatMap(({ name }) => (name.startsWith('.') ? [] : [name])).sort();
}

async function typesOf(file: string, limitMs: number): Promise<NodeType[]> {
  const exported = defaultExport(await loaded(file, limitMs));
  if (exported === undefined) throw new Error('it has no default export');
  const types: unknown[] = Array.isArray(exported) ? exported : [exported];
  return types.map((type, index) => checked(type, types.length > 1 ? `${index}` : ''));
}

async function loaded(file: string, limitMs: number): Promise<unknown> {
  const inTime = new AbortController();
  const late = delay(limitMs, undefined, { signal: inTime.signal }).then(() => {
    throw new Error(`it is still loading after ${limitMs / 1000} s: does it await something that never comes?`);
  });
  try {
    return await Promise.race([import(pathToFileURL(file).href), late]);
  } finally {
    inTime.abort();
    late.catch(() => undefined);
  }
}

/** What compilers make of `export default` in CommonJS stands one level deeper. */
function defaultExport(module: unknown): unknown {
  const { default: exported } = module as { default?: unknown };
  const isCompiled = typeof exported === 'object' && exported !== null && '__esModule' in exported;
  return isCompiled ? (exported as { default?: unknown }).default : exported;
}

function checked(value: unknown, place: string): NodeType {
  const problems = nodeTypeProblems(value).map(({ path, message }) => {
    const where = [place, path].filter((part) => part !== '').join('.');
    return where === '' ? message : `${where} ${message}`;
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
  const type = value as NodeType;
  // What the API shows and what is compiled is data; a cycle in it would end neither.
  toPlainJson(type.configSchema);
  toPlainJson(type.rollbackSchema);
  return type;
}

/** In one line. */
function reasonOf(file: string, error: unknown): string {
  const { name, message = String(error) } = error as Partial<Error>;
  const [line] = message.split('\n');
  return name === 'SyntaxError' ? `${name}: ${line} (\`node --check ${file}\` shows where)` : `${line}`;
}
