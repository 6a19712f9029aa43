import type { EdgeDefinition, NodeDefinition } from '../definition/workflow-definition.js';

/** An edge whose id is its ends. */
export function edge(source: string, target: string, more: Partial<EdgeDefinition> = {}): EdgeDefinition {
  return { id: `${source}-${target}`, source, target, ...more };
}

/** A pure node of driven-execution's type `work`, which takes `ms`. */
export function work(id: string, ms: number, config: NodeDefinition['config'] = {}): NodeDefinition {
  return { id, type: 'work', config: { ms, ...config } };
}

/** An external node of driven-execution's type `effect`, which takes `ms`. */
export function effect(id: string, ms: number, more: Partial<NodeDefinition> = {}): NodeDefinition {
  return { id, type: 'effect', config: { ms }, ...more };
}
