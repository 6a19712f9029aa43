import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { ConfigProblem, NodeCatalog, NodeType } from '../ports.js';
import { MAX_SCHEMA_PARTS, countSchemaParts } from './schema-budget.js';
import { NODE_ID_PATTERN, RESERVED_NAMES } from './identifiers.js';
import { quote, type Place, type ProblemLog } from './problem-log.js';
import { warnOfManyRetries } from './validate-settings.js';
import { validateShape } from './validate-shape.js';
import type { CheckedNode } from './validation-input.js';

const usableId = new RegExp(NODE_ID_PATTERN, 'u');

/** Checks each node by itself: shape, id, type, config and compensation parameters. */
export function validateNodes(
  nodes: readonly JsonValue[],
  catalog: NodeCatalog,
  problems: ProblemLog,
): (CheckedNode | undefined)[] {
  const firstPlaces = new Map<string, number>();
  const schemas = new SchemaBudget(problems);
  return nodes.map((definition, index) => {
    const place = placeOf(definition, index);
    validateShape('node', definition, place, problems);
    if (!isJsonObject(definition)) return undefined;
    checkDuplicate(definition.id, index, firstPlaces, problems);
    const node: CheckedNode = { index, place, definition, type: typeOf(definition, place, catalog, problems) };
    if (definition.position === undefined) {
      problems.warning('INVALID_POSITION', 'position is missing', place, 'position');
    }
    if (definition.config === undefined) problems.warning('MISSING_CONFIG', 'The node has no config', place, 'config');
    warnOfManyRetries(definition.retryPolicy, 'retryPolicy', problems, place);
    if (schemas.covers(node)) checkAgainstType(node, catalog, problems);
    return node;
  });
}

function placeOf(definition: JsonValue, index: number): Place {
  const id = isJsonObject(definition) ? definition.id : undefined;
  const usable = typeof id === 'string' && usableId.test(id) && !(RESERVED_NAMES as readonly string[]).includes(id);
  return usable ? { nodeId: id } : { path: `nodes.${index}` };
}

function checkDuplicate(
  id: JsonValue | undefined,
  index: number,
  firstPlaces: Map<string, number>,
  problems: ProblemLog,
): void {
  if (typeof id !== 'string') return;
  const first = firstPlaces.get(id);
  if (first === undefined) firstPlaces.set(id, index);
  else {
    const message = `nodes.${index} has the id ${quote(id)}, which nodes.${first} has already`;
    problems.error('DUPLICATE_NODE_ID', message, { nodeId: id }, 'id');
  }
}

function typeOf(
  definition: JsonObject,
  place: Place,
  catalog: NodeCatalog,
  problems: ProblemLog,
): NodeType | undefined {
  if (typeof definition.type !== 'string' || definition.type.trim() === '') return undefined;
  const type = catalog.get(definition.type);
  if (!type) {
    const known = catalog.list().map((other) => other.type);
    problems.error(
      'UNKNOWN_NODE_TYPE',
      `There is no node type ${quote(definition.type)}; known are ${known.join(', ')}`,
      place,
      'type',
    );
  }
  return type;
}

/** Says once when the schemas in the configs are too much together; those that go beyond are not compiled. */
class SchemaBudget {
  private parts = 0;
  private isTold = false;

  constructor(private readonly problems: ProblemLog) {}

  covers({ type, place, definition: { config } }: CheckedNode): boolean {
    const parts = type && isJsonObject(config) ? countSchemaParts(type, config) : 0;
    if (parts === 0) return true;
    this.parts += parts;
    if (this.parts <= MAX_SCHEMA_PARTS) return true;
    const message = `The JSON Schemas in the configs of the nodes have more than ${MAX_SCHEMA_PARTS} parts together`;
    if (!this.isTold) this.problems.error('INVALID_CONFIG', message, place, 'config');
    this.isTold = true;
    return false;
  }
}

/** A config that is absent is checked as an empty one, so that required parameters are told. */
function checkAgainstType(node: CheckedNode, catalog: NodeCatalog, problems: ProblemLog): void {
  const { type, definition, place } = node;
  if (!type) return;
  const config = definition.config === undefined ? {} : definition.config;
  if (isJsonObject(config)) {
    const found = catalog.checkConfig(type, config);
    if (found.length === 0) node.config = config;
    reportConfig('config', found, place, problems);
  }
  if (isJsonObject(definition.rollback)) {
    reportConfig('rollback', catalog.checkRollback(type, definition.rollback), place, problems);
  }
}

function reportConfig(root: string, found: readonly ConfigProblem[], place: Place, problems: ProblemLog): void {
  for (const { path, message } of found) {
    const field = path === '' ? root : `${root}.${path}`;
    problems.error('INVALID_CONFIG', `${field}: ${message}`, place, field);
  }
}
