import type { WorkflowGraph } from './workflow-graph.js';

/**
 * One cycle for each group of nodes that reach one another, by the places of its nodes; the last one leads back to the
 * first. It is a shortest one through the group's first node in the document. Arcs from a node to itself are left out.
 */
export function findCycles(graph: WorkflowGraph): number[][] {
  const components = stronglyConnectedComponents(graph);
  const sizes = new Map<number, number>();
  for (const component of components) sizes.set(component, (sizes.get(component) ?? 0) + 1);
  const cycles: number[][] = [];
  const seen = new Set<number>();
  for (const [node, component] of components.entries()) {
    if (seen.has(component) || (sizes.get(component) ?? 0) < 2) continue;
    seen.add(component);
    cycles.push(shortestCycle(graph, node, components));
  }
  return cycles;
}

/** Breadth first inside the node's component, until an arc leads back. */
function shortestCycle(graph: WorkflowGraph, start: number, components: Int32Array): number[] {
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (const node of queue) {
    for (const { target } of graph.outgoing(node)) {
      if (target === start && node !== start) return pathTo(node, start, cameFrom);
      if (target === start || cameFrom.has(target) || components[target] !== components[start]) continue;
      cameFrom.set(target, node);
      queue.push(target);
    }
  }
  return [start];
}

function pathTo(end: number, start: number, cameFrom: ReadonlyMap<number, number>): number[] {
  const path: number[] = [];
  for (let node: number | undefined = end; node !== undefined && node !== start; node = cameFrom.get(node))
    path.push(node);
  return [start, ...path.reverse()];
}

/**
 * Tarjan, "Depth-first search and linear graph algorithms" (1972), with a stack of its own in place of recursion.
 * The number of its component for each node.
 */
function stronglyConnectedComponents(graph: WorkflowGraph): Int32Array {
  const visitedAt = new Int32Array(graph.size).fill(-1);
  const lowest = new Int32Array(graph.size);
  const component = new Int32Array(graph.size).fill(-1);
  const nextArc = new Int32Array(graph.size);
  const unassigned: number[] = [];
  let visits = 0;
  let components = 0;

  const enter = (node: number, path: number[]): void => {
    visitedAt[node] = lowest[node] = visits++;
    unassigned.push(node);
    path.push(node);
  };
  const leave = (node: number, parent: number | undefined): void => {
    if (lowest[node] === visitedAt[node]) {
      for (let member = unassigned.pop(); member !== undefined; member = unassigned.pop()) {
        component[member] = components;
        if (member === node) break;
      }
      components += 1;
    }
    if (parent !== undefined) lowest[parent] = Math.min(lowest[parent] as number, lowest[node] as number);
  };

  for (let root = 0; root < graph.size; root++) {
    if (visitedAt[root] !== -1) continue;
    const path: number[] = [];
    enter(root, path);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const arc = graph.outgoing(node)[nextArc[node] as number];
      if (arc === undefined) {
        path.pop();
        leave(node, path.at(-1));
        continue;
      }
      nextArc[node] = (nextArc[node] as number) + 1;
      if (visitedAt[arc.target] === -1) enter(arc.target, path);
      else if (component[arc.target] === -1) {
        lowest[node] = Math.min(lowest[node] as number, visitedAt[arc.target] as number);
      }
    }
  }
  return component;
}
