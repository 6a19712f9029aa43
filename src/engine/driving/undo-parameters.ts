import { canonicalJson } from '../canonical-json.js';
import { compileTemplate, TemplateSyntaxError } from '../expressions/compile-template.js';
import { scopeOf, type ScopeSource } from '../expressions/expression-scope.js';
import type { CompiledTemplate, ExpressionEnvironment } from '../expressions/expression.js';
import { NodeError } from '../errors.js';
import { intentConfig } from '../journal/intent-config.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { ConfigProblem, NodeCatalog } from '../ports.js';
import type { AttemptInput } from './attempt-context.js';
import { invalidConfig, resolveConfig } from './resolve-config.js';

/** One attempt of a handler, with what the node's last attempt saw. */
export interface UndoInput extends AttemptInput {
  source: ScopeSource;
  /** Time and randomness of the handler's own attempt. */
  undoing: ExpressionEnvironment;
  /** Undefined when nobody knows whether it happened. */
  outputs: JsonObject | undefined;
  /** As its intent has it, secrets masked; undefined without one. */
  recordedConfig: JsonValue | undefined;
}

/**
 * The config that the node acted with: the recorded one. What the record does not hold (secrets, what was too large, all
 * of a node without an intent) comes from the same expressions, as far as they still give the same.
 */
export async function configThen(input: UndoInput, catalog: NodeCatalog): Promise<JsonObject> {
  const { recordedConfig: recorded } = input;
  const isWhole = isJsonObject(recorded) && recorded.truncated !== true;
  try {
    const resolved = await resolveConfig(input, catalog);
    if (!isWhole || canonicalJson(intentConfig(resolved)) === canonicalJson(recorded)) return resolved;
    return recorded;
  } catch (error) {
    if (isWhole) return recorded;
    throw error;
  }
}

/**
 * The compensation parameters with their expressions put in: they see the outputs and the config beside what the node saw.
 * @throws NodeError EXPRESSION_ERROR, INVALID_CONFIG
 */
export async function rollbackParameters(
  input: UndoInput,
  config: JsonObject,
  catalog: NodeCatalog,
): Promise<JsonObject> {
  const { node, source, scope, undoing, outputs } = input;
  const template = compiled(node.rollback ?? {}, node.type.rollbackSchema);
  const { ids, computed } = template.references;
  const { nodes } = scopeOf(source, node, scope.inputs, { nodes: [], computed: computed || ids.length > 0 });
  const resolved = await template.resolve({ ...scope, nodes, outputs, config }, undoing);
  const parameters = isJsonObject(resolved) ? resolved : {};
  const problems = template.isStatic ? [] : catalog.checkResolvedRollback(node.type, parameters);
  if (problems.length > 0) throw invalidConfig(problems.map(belowRollback));
  return parameters;
}

function compiled(rollback: JsonObject, schema: JsonObject | undefined): CompiledTemplate {
  try {
    return compileTemplate(rollback, schema);
  } catch (error) {
    if (error instanceof TemplateSyntaxError) throw new NodeError('EXPRESSION_ERROR', error.message);
    throw error;
  }
}

function belowRollback({ path, message }: ConfigProblem): ConfigProblem {
  return { path: path === '' ? 'rollback' : `rollback.${path}`, message };
}
