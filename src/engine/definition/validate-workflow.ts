import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import type { NodeCatalog } from '../ports.js';
import { findCycles } from './graph-cycles.js';
import { isDeeperThan, MAX_DOCUMENT_DEPTH } from './json-depth.js';
import { ProblemLog } from './problem-log.js';
import { validateEdges } from './validate-edges.js';
import { validateExpressions } from './validate-expressions.js';
import { validateGraph } from './validate-graph.js';
import { validateMappings } from './validate-mappings.js';
import { validateNodes } from './validate-nodes.js';
import { warnOfMissingCompensation } from './validate-rollback.js';
import { validateSettings } from './validate-settings.js';
import { validateShape } from './validate-shape.js';
import type { ValidationInput } from './validation-input.js';
import type { ValidationResult, WorkflowStats } from './workflow-definition.js';
import { buildWorkflowGraph } from './workflow-graph.js';
import { MAX_EDGES, MAX_NODES } from './workflow-schema.js';

const NO_STATS: WorkflowStats = { totalNodes: 0, totalEdges: 0, startNodes: 0, endNodes: 0, maxDepth: 0 };

/**
 * Says everything that is wrong with a document, and what looks like a mistake. Takes any JSON, never throws, and
 * recurses nowhere by the document's size. A problem's `field` counts from the node or edge that it names, else from
 * the document's root.
 */
export function validateWorkflow(document: JsonValue, catalog: NodeCatalog): ValidationResult {
  const problems = new ProblemLog();
  const stats = check(document, catalog, problems);
  const errors = problems.errors();
  return { valid: errors.length === 0, errors, warnings: problems.warnings(), stats };
}

function check(document: JsonValue, catalog: NodeCatalog, problems: ProblemLog): WorkflowStats {
  if (!isJsonObject(document)) {
    problems.error('INVALID_SCHEMA', 'The workflow must be a JSON object');
    return NO_STATS;
  }
  if (reportDepth(document, problems)) return NO_STATS;
  validateShape('document', document, {}, problems);
  validateSettings(document.settings, problems);
  const nodes = listOf(document.nodes, MAX_NODES);
  const edges = listOf(document.edges, MAX_EDGES);
  const graph = buildWorkflowGraph(nodes, edges);
  const checkedNodes = validateNodes(nodes, catalog, problems);
  const input: ValidationInput = { document, nodes, edges, checkedNodes, graph, catalog, problems };
  validateMappings(input);
  const checkedEdges = validateEdges(input);
  const order = graph.topologicalOrder();
  const stats = validateGraph(input, order, order.length < graph.size ? findCycles(graph) : []);
  validateExpressions(input, checkedEdges, order);
  warnOfMissingCompensation(input);
  return stats;
}

/** A list that is too long is refused as a whole, and not looked into. */
function listOf(value: JsonValue | undefined, max: number): JsonValue[] {
  return Array.isArray(value) && value.length <= max ? value : [];
}

function reportDepth(document: JsonObject, problems: ProblemLog): boolean {
  let isTooDeep = false;
  for (const [field, value] of Object.entries(document)) {
    if (!isDeeperThan(value, MAX_DOCUMENT_DEPTH - 1)) continue;
    isTooDeep = true;
    problems.error('INVALID_SCHEMA', `${field} is more than ${MAX_DOCUMENT_DEPTH} levels deep`, {}, field);
  }
  return isTooDeep;
}
