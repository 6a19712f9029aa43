import type { EdgeDefinition } from '../definition/workflow-definition.js';

/** An edge whose id is its ends. */
export function edge(source: string, target: string, more: Partial<EdgeDefinition> = {}): EdgeDefinition {
  return { id: `${source}-${target}`, source, target, ...more };
}
