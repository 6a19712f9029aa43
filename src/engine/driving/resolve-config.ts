import { NodeError } from '../errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { ConfigProblem, NodeCatalog } from '../ports.js';
import type { AttemptInput } from './attempt-context.js';

/**
 * The config that an attempt acts with: its expressions put in, and checked against the type's schema.
 * @throws NodeError EXPRESSION_ERROR, INVALID_CONFIG
 */
export function resolveConfig(input: AttemptInput, catalog: NodeCatalog): JsonObject | Promise<JsonObject> {
  const { node, scope, environment } = input;
  const resolved = node.config.resolve(scope, environment);
  return resolved instanceof Promise
    ? resolved.then((config) => checked(input, config, catalog))
    : checked(input, resolved, catalog);
}

function checked({ node }: AttemptInput, config: JsonValue, catalog: NodeCatalog): JsonObject {
  const resolved = isJsonObject(config) ? config : {};
  // Without expressions it is what was validated with the document.
  if (node.config.isStatic) return resolved;
  const problems = catalog.checkResolvedConfig(node.type, resolved);
  if (problems.length === 0) return resolved;
  throw invalidConfig(problems);
}

/** What does not fit its schema once the expressions are put in. */
export function invalidConfig(problems: readonly ConfigProblem[]): NodeError {
  const message = problems.map(({ path, message: text }) => (path ? `${path}: ${text}` : text)).join('; ');
  const details = { problems: problems.map(({ path, message: text }) => ({ field: path, message: text })) };
  return new NodeError('INVALID_CONFIG', message, { details });
}
