import { loadConfig } from '../src/config/env.js';
import { createLog } from '../src/config/logger.js';
import { workflowSchema } from '../src/engine/definition/workflow-schema.js';
import { isJsonObject, type JsonObject } from '../src/engine/json.js';
import type { NodeType } from '../src/engine/ports.js';
import { DatabaseConnections } from '../src/nodes/database/database-connections.js';
import { FilesFolder } from '../src/nodes/files/files-folder.js';
import { ScriptPool } from '../src/nodes/script/script-pool.js';
import { serverNodeTypes } from '../src/nodes/server-node-types.js';
import { codesIn } from './support/error-codes.js';
import { sourcesIn } from './support/sources.js';
import { testNamesIn, type TestName } from './support/test-names.js';

const specs = ['src', 'test'].flatMap((folder) => sourcesIn(folder, (path) => path.endsWith('.spec.ts')));
const names = specs.flatMap(testNamesIn);
/** Without the tests that bad values are refused: those do not show what a field is for. */
const namesOfUse = specs.filter(({ fileName }) => !fileName.includes('validate-workflow')).flatMap(testNamesIn);

/** Those that no test names. A name is a word of its own: `path` does not stand in `file-path`. */
function unnamed(wanted: Iterable<string>, tests: readonly TestName[]): string[] {
  const titles = tests.map((name) => name.join(' '));
  const isNamed = (word: string) => {
    const end = word.endsWith('_') ? '' : '(?![\\w-])';
    const pattern = new RegExp(`(?<![\\w.-])${word.replaceAll('.', '\\.')}${end}`);
    return titles.some((title) => pattern.test(title));
  };
  return [...new Set(wanted)].filter((word) => !isNamed(word));
}

/** The paths to the fields of a schema, through lists and objects with names of any kind too. */
function fieldsOf(schema: JsonObject, around: readonly string[] = []): string[][] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    ...Object.entries(properties as JsonObject).flatMap(([name, field]) => {
      const path = [...around, name];
      return [path, ...(isJsonObject(field) ? fieldsOf(field, path) : [])];
    }),
    ...[items, additionalProperties].filter(isJsonObject).flatMap((inner) => fieldsOf(inner, around)),
  ];
}

/** A field of a document with the part that it belongs to: `workflow.name`, `node.timeout`, `retryPolicy.jitter`. */
function fieldOfPart(path: readonly string[]): string {
  const [part = 'workflow', name = part] = path.length === 1 ? ['workflow', path[0]] : path.slice(-2);
  const parts: Record<string, string> = { nodes: 'node', edges: 'edge' };
  return `${parts[part] ?? part}.${name}`;
}

/** What a node type has that a workflow may name. */
function namesOf({ aliases = [], configSchema, rollbackSchema = {}, ports, outputNames }: NodeType): string[] {
  return [
    ...aliases,
    ...fieldsOf(configSchema).map((path) => path.join('.')),
    ...fieldsOf(rollbackSchema).map((path) => ['rollback', ...path].join('.')),
    ...[ports, outputNames].flatMap((fixed) => (typeof fixed === 'object' ? fixed : [])),
  ];
}

describe('there is a test by name', () => {
  const config = loadConfig({ LOG_LEVEL: 'silent' });
  const databases = new DatabaseConnections(config, createLog(config.logLevel));
  const types = serverNodeTypes(new ScriptPool(), databases, new FilesFolder(config.filesDir));

  it.each(types.map((type): [string, NodeType] => [type.type, type]))('of all of the node type %s', (name, type) => {
    const group = new RegExp(`^${name}$|(?<![\\w-])${name} nodes?\\b`);
    const ofType = names.filter(([outermost = '']) => group.test(outermost));
    expect(ofType).not.toEqual([]);
    expect(unnamed(namesOf(type), ofType)).toEqual([]);
  });

  it('of every field of the workflow format', () => {
    const fields = fieldsOf(workflowSchema).map(fieldOfPart);
    expect(fields).toContain('inputs.required');
    expect(unnamed(fields, namesOfUse)).toEqual([]);
  });

  it('of every code of errors and warnings', () => {
    const isOfServer = (path: string) => !/\.spec\.ts$|\/(generated|openapi|testing)\//.test(path);
    const codes = sourcesIn('src', isOfServer).flatMap(codesIn);
    expect(codes).toEqual(expect.arrayContaining(['SELF_LOOP', 'NODE_ERROR', 'HTTP_', 'DEADLOCK', 'FAILED']));
    expect(unnamed(codes, names)).toEqual([]);
  });
});
