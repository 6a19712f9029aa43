import type { JsonObject } from '../engine/json.js';
import type { Effect, NodeType } from '../engine/ports.js';

/** A node type as the API tells it. */
export interface NodeTypeView {
  type: string;
  aliases: readonly string[];
  name: string;
  category: string;
  description: string;
  version: string;
  effect: Effect;
  /** Names of the outputs that branch; empty for a type that does not, null when its config names them. */
  ports: readonly string[] | null;
  configSchema: JsonObject;
  /** Null for a type without parameters of a compensation. */
  rollbackSchema: JsonObject | null;
}

export interface NodeTypeList {
  nodeTypes: NodeTypeView[];
  count: number;
}

export function viewNodeType(type: NodeType): NodeTypeView {
  const { ports } = type;
  return {
    type: type.type,
    aliases: type.aliases ?? [],
    name: type.name,
    category: type.category,
    description: type.description,
    version: type.version,
    effect: type.effect,
    ports: typeof ports === 'function' ? null : (ports ?? []),
    configSchema: type.configSchema,
    rollbackSchema: type.rollbackSchema ?? null,
  };
}
