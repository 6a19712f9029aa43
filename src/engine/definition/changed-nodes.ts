import type { JsonObject } from '../json.js';
import { changedPaths } from './compare-revisions.js';
import type { ExecutionPlan, PlanNode } from './execution-plan.js';
import type { NodeDefinition, RevisionContent } from './workflow-definition.js';

/** A revision as it is stored, and made ready to run. */
export interface PlannedRevision {
  content: RevisionContent;
  plan: ExecutionPlan;
}

/** Fields of a node that only people see. */
const FOR_DISPLAY = ['label', 'name', 'description', 'color', 'icon', 'position'] as const;

/**
 * The nodes that do or get something else under the other revision, by their ids: what of the node is not for display, or
 * its incoming edges or mappings, has changed. One that is gone is among them, one that is new is not.
 */
export function changedNodes(before: PlannedRevision, after: PlannedRevision): Set<string> {
  const changed = before.plan.nodes.filter((node) => {
    const other = after.plan.byId.get(node.id);
    if (!other) return true;
    if (changedPaths(whatItDoes(before, node), whatItDoes(after, other)).length > 0) return true;
    return incomingText(before.plan, node) !== incomingText(after.plan, other);
  });
  return new Set(changed.map(({ id }) => id));
}

function whatItDoes({ content }: PlannedRevision, { index }: PlanNode): JsonObject {
  const definition: JsonObject = { ...(content.nodes[index] as NodeDefinition) };
  for (const field of FOR_DISPLAY) delete definition[field];
  return definition;
}

/** In the order of the document, by which inputs are put together; an edge's own id says nothing. */
function incomingText(plan: ExecutionPlan, { incoming }: PlanNode): string {
  return JSON.stringify(
    incoming.map(({ source, kind, port, output, targetInput, condition }) => {
      const parts = [plan.nodes[source]?.id, kind, port, output, targetInput, condition?.source];
      return parts.map((part) => part ?? null);
    }),
  );
}
