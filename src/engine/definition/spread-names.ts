import { quote, type ProblemLog } from './problem-log.js';
import type { CheckedEdge, CheckedNode } from './validation-input.js';

/**
 * Two edges that spread into one node can overwrite one another. Told is what is known beforehand: the names that a
 * node's type says its whole output has, and the last name of what an edge picks (which stands for a plain value).
 */
export function warnOfSharedNames(edges: readonly CheckedEdge[], problems: ProblemLog): void {
  const spreads = new Map<CheckedNode, Map<string, CheckedNode>>();
  for (const { source, target, kind, place, sourceOutput, targetInput } of edges) {
    if (!source || !target || kind !== 'data' || targetInput !== undefined) continue;
    const givers = spreads.get(target) ?? new Map<string, CheckedNode>();
    spreads.set(target, givers);
    const shared: string[] = [];
    for (const name of spreadNames(source, sourceOutput)) {
      const giver = givers.get(name);
      if (giver === undefined) givers.set(name, source);
      else if (giver !== source) shared.push(name);
    }
    if (shared.length === 0) continue;
    const names = shared.slice(0, 10).map(quote).join(', ');
    const message = `Another edge gives ${names} to the same node too, and the later one wins; name a targetInput`;
    problems.warning('MISSING_TARGET_INPUT', message, place, 'targetInput');
  }
}

function spreadNames(source: CheckedNode, sourceOutput: string | undefined): readonly string[] {
  if (sourceOutput !== undefined && !source.type?.ports) return [sourceOutput.slice(sourceOutput.lastIndexOf('.') + 1)];
  return declaredNames(source, 'outputNames') ?? [];
}

/** What the node's type says of a node with this config; null when it says nothing, or the config is too wrong to tell. */
export function declaredNames(node: CheckedNode, names: 'ports' | 'outputNames'): readonly string[] | null {
  const declared = node.type?.[names];
  if (declared === undefined || !node.config) return null;
  if (typeof declared !== 'function') return declared;
  try {
    return declared(node.config);
  } catch {
    // A whole list may be an expression in place of the list.
    return null;
  }
}
