import { criticalPathMs } from '../definition/critical-path.js';
import { buildWorkflowGraph } from '../definition/workflow-graph.js';
import { isJsonObject, type JsonValue } from '../json.js';

/**
 * How long an execution takes, in ms: along the critical path, with each node's median. What has never run counts as 0;
 * undefined when none of the nodes has, or when they depend on one another in a circle.
 * @param medianOf the median of a node by its id, in ms; null where nothing is known
 */
export function estimateExecutionMs(
  nodes: readonly JsonValue[],
  edges: readonly JsonValue[],
  medianOf: (nodeId: string) => number | null,
): number | undefined {
  const medians = nodes.map((node) =>
    isJsonObject(node) && typeof node.id === 'string' && node.enabled !== false ? medianOf(node.id) : null,
  );
  if (medians.every((median) => median === null)) return undefined;
  const graph = buildWorkflowGraph(nodes, edges);
  const order = graph.topologicalOrder();
  return order.length < graph.size ? undefined : criticalPathMs(graph, order, (node) => medians[node] ?? 0);
}
