import type { JsonObject, JsonValue } from '../json.js';
import type { NodeCatalog, NodeType } from '../ports.js';
import type { Place, ProblemLog } from './problem-log.js';
import type { WorkflowGraph } from './workflow-graph.js';

/** A document's node that is an object at least, with what is known of it. */
export interface CheckedNode {
  /** Place in the document. */
  index: number;
  place: Place;
  definition: JsonObject;
  type?: NodeType;
  /** Present where it satisfies the type; one that the document leaves out counts as empty. */
  config?: JsonObject;
}

/** An enabled edge that is an object at least. */
export interface CheckedEdge {
  place: Place;
  definition: JsonObject;
  kind: JsonValue;
  sourceOutput?: string;
  targetInput?: string;
  source?: CheckedNode;
  target?: CheckedNode;
}

/** What the checks of one document share. */
export interface ValidationInput {
  document: JsonObject;
  nodes: readonly JsonValue[];
  edges: readonly JsonValue[];
  /** By place in the document; absent for what is no object. */
  checkedNodes: readonly (CheckedNode | undefined)[];
  graph: WorkflowGraph;
  catalog: NodeCatalog;
  problems: ProblemLog;
}
