import { isJsonObject, type JsonValue } from '../json.js';
import { RankHeap } from '../scheduling/rank-heap.js';

/** One dependency between two nodes, which are named by their places in the document. */
export interface GraphArc {
  readonly source: number;
  readonly target: number;
  /** The edge's place in the document; -1 for an input mapping between nodes that no enabled edge joins. */
  readonly edge: number;
}

const NO_ARCS: readonly GraphArc[] = [];

/**
 * The graph of a document: its nodes by their places, its enabled edges and the input mappings that stand in for one.
 * Takes whatever a partly invalid document holds: what names no known node is left out; of several nodes with one id
 * the first counts. An arc from a node to itself is kept. Nothing in here recurses.
 */
export class WorkflowGraph {
  private readonly outgoingArcs: ReadonlyMap<number, readonly GraphArc[]>;
  private readonly incomingArcs: ReadonlyMap<number, readonly GraphArc[]>;

  constructor(
    /** Number of nodes. */
    readonly size: number,
    readonly indexById: ReadonlyMap<string, number>,
    /** Edges by the document's order, then mappings by their nodes'. */
    readonly arcs: readonly GraphArc[],
  ) {
    this.outgoingArcs = groupArcs(arcs, (arc) => arc.source);
    this.incomingArcs = groupArcs(arcs, (arc) => arc.target);
  }

  outgoing(node: number): readonly GraphArc[] {
    return this.outgoingArcs.get(node) ?? NO_ARCS;
  }

  incoming(node: number): readonly GraphArc[] {
    return this.incomingArcs.get(node) ?? NO_ARCS;
  }

  /** Nodes that nothing comes before. */
  startNodes(): number[] {
    return this.places().filter((node) => this.incoming(node).length === 0);
  }

  /** Nodes that nothing follows. */
  endNodes(): number[] {
    return this.places().filter((node) => this.outgoing(node).length === 0);
  }

  /** Kahn's algorithm; of the nodes that may come next, the first of the document. Nodes on or behind a cycle are missing. */
  topologicalOrder(): number[] {
    const waitsFor = Int32Array.from({ length: this.size }, (_, node) => this.incoming(node).length);
    const ready = new RankHeap();
    for (const node of this.startNodes()) ready.push(node);
    const order: number[] = [];
    for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
      order.push(node);
      for (const { target } of this.outgoing(node)) {
        const left = (waitsFor[target] as number) - 1;
        waitsFor[target] = left;
        if (left === 0) ready.push(target);
      }
    }
    return order;
  }

  /** Nodes on the longest path through a topological order. */
  depth(order: readonly number[]): number {
    const depths = new Int32Array(this.size);
    let deepest = 0;
    for (const node of order) {
      const depth = (depths[node] as number) + 1;
      deepest = Math.max(deepest, depth);
      for (const { target } of this.outgoing(node)) depths[target] = Math.max(depths[target] as number, depth);
    }
    return deepest;
  }

  /** By node: whether it is one of these or can be reached from one of them. */
  reachableFrom(starts: readonly number[]): boolean[] {
    const reached = Array.from({ length: this.size }, () => false);
    const open = [...starts];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (reached[node]) continue;
      reached[node] = true;
      for (const { target } of this.outgoing(node)) if (!reached[target]) open.push(target);
    }
    return reached;
  }

  private places(): number[] {
    return Array.from({ length: this.size }, (_, node) => node);
  }
}

/** Reads a document's nodes and edges, whatever they are. */
export function buildWorkflowGraph(nodes: readonly JsonValue[], edges: readonly JsonValue[]): WorkflowGraph {
  const indexById = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    if (isJsonObject(node) && typeof node.id === 'string' && !indexById.has(node.id)) indexById.set(node.id, index);
  }
  const arcs: GraphArc[] = [];
  for (const [edge, definition] of edges.entries()) {
    if (!isJsonObject(definition) || definition.enabled === false) continue;
    const source = placeOf(indexById, definition.source);
    const target = placeOf(indexById, definition.target);
    if (source !== undefined && target !== undefined) arcs.push({ source, target, edge });
  }
  return new WorkflowGraph(nodes.length, indexById, [...arcs, ...mappingArcs(nodes, indexById, arcs)]);
}

/** One arc from each node that is mapped from and that no edge joins already. */
function mappingArcs(
  nodes: readonly JsonValue[],
  indexById: ReadonlyMap<string, number>,
  edgeArcs: readonly GraphArc[],
): GraphArc[] {
  const arcs: GraphArc[] = [];
  const incoming = groupArcs(edgeArcs, (arc) => arc.target);
  for (const [target, node] of nodes.entries()) {
    if (!isJsonObject(node) || !isJsonObject(node.inputs)) continue;
    const joined = new Set((incoming.get(target) ?? NO_ARCS).map((arc) => arc.source));
    for (const mapping of Object.values(node.inputs)) {
      const source = isJsonObject(mapping) ? placeOf(indexById, mapping.from) : undefined;
      if (source === undefined || joined.has(source)) continue;
      joined.add(source);
      arcs.push({ source, target, edge: -1 });
    }
  }
  return arcs;
}

function placeOf(indexById: ReadonlyMap<string, number>, id: JsonValue | undefined): number | undefined {
  return typeof id === 'string' ? indexById.get(id) : undefined;
}

function groupArcs(
  arcs: readonly GraphArc[],
  key: (arc: GraphArc) => number,
): ReadonlyMap<number, readonly GraphArc[]> {
  const groups = new Map<number, GraphArc[]>();
  for (const arc of arcs) {
    const group = groups.get(key(arc));
    if (group) group.push(arc);
    else groups.set(key(arc), [arc]);
  }
  return groups;
}
