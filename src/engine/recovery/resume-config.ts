import { type ConfigChanges, mergeConfig, withConfig } from '../definition/with-config.js';
import type { PlannedRevision } from '../definition/changed-nodes.js';
import { countSchemaParts, MAX_SCHEMA_PARTS } from '../definition/schema-budget.js';
import type { FieldProblem } from '../errors.js';
import { compileTemplate, TemplateSyntaxError } from '../expressions/compile-template.js';
import type { JsonObject } from '../json.js';
import type { ConfigProblem, NodeCatalog, NodeType } from '../ports.js';

/**
 * What is wrong with configs that were corrected for an execution: each as a whole, with the fields of the document.
 * `given` are those of this resume, `before` those of earlier ones.
 */
export function configProblems(
  { content, plan }: PlannedRevision,
  { given, before }: { given: ConfigChanges; before: ConfigChanges },
  willRun: ReadonlySet<string>,
  catalog: NodeCatalog,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const refuse = (field: string, message: string) =>
    problems.push({ field, message: `${field}${/^[A-Z]/.test(message) ? ':' : ''} ${message}` });
  for (const nodeId of Object.keys(given)) {
    if (!plan.byId.has(nodeId)) refuse(`config.${nodeId}`, 'names a node that the execution does not have');
    else if (!willRun.has(nodeId)) refuse(`config.${nodeId}`, 'is of a node that will not run');
  }
  const corrected = withConfig(content, mergeConfig(before, given));
  for (const nodeId of new Set([...Object.keys(before), ...Object.keys(given)])) {
    const node = plan.byId.get(nodeId);
    if (!node || !willRun.has(nodeId)) continue;
    for (const { path, message } of problemsOf(node.type, corrected.nodes[node.index]?.config ?? {}, catalog)) {
      refuse(path === '' ? `config.${nodeId}` : `config.${nodeId}.${path}`, message);
    }
  }
  return problems;
}

/** As validation has them for a config in a document. */
function problemsOf(type: NodeType, config: JsonObject, catalog: NodeCatalog): ConfigProblem[] {
  if (countSchemaParts(type, config) > MAX_SCHEMA_PARTS) {
    return [{ path: '', message: `has a JSON Schema of more than ${MAX_SCHEMA_PARTS} parts` }];
  }
  const found = catalog.checkConfig(type, config);
  if (found.length > 0) return found;
  try {
    compileTemplate(config, type.configSchema);
    return [];
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return error.problems;
    throw error;
  }
}
