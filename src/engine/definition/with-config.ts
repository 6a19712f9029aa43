import type { JsonObject } from '../json.js';
import type { RevisionContent } from './workflow-definition.js';

/** Fields of configs that were corrected for one execution, by the node's id. */
export interface ConfigChanges {
  [nodeId: string]: JsonObject;
}

/** The changes with later ones over them, key by key; both stay as they are. */
export function mergeConfig(changes: ConfigChanges, later: ConfigChanges): ConfigChanges {
  const merged = { ...changes };
  for (const [nodeId, config] of Object.entries(later)) merged[nodeId] = { ...merged[nodeId], ...config };
  return merged;
}

/** The content with these fields of its nodes' configs in place of the document's; ids that it does not have are left out. */
export function withConfig(content: RevisionContent, changes: ConfigChanges): RevisionContent {
  const nodes = content.nodes.map((node) =>
    Object.hasOwn(changes, node.id) ? { ...node, config: { ...node.config, ...changes[node.id] } } : node,
  );
  return { ...content, nodes };
}
