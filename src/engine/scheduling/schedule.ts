import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { hasEnded, type ExecutionState } from '../state/execution-state.js';
import { RankHeap } from './rank-heap.js';

/**
 * Which nodes may be decided next. Kept up as nodes end, so that a graph of 10,000 nodes costs each node its own edges;
 * made anew from any state, which is how an execution goes on after a crash.
 */
export class Schedule {
  /** By node: incoming edges whose source has not ended. */
  private readonly unsettled: Int32Array;
  private readonly decidable = new RankHeap();
  private readonly byRank: Int32Array;
  private open: number;

  constructor(
    private readonly plan: ExecutionPlan,
    state: ExecutionState,
  ) {
    const { nodes } = plan;
    this.unsettled = Int32Array.from(nodes, (node) => node.incoming.length);
    this.byRank = new Int32Array(nodes.length);
    this.open = nodes.length;
    for (const node of nodes) this.byRank[node.rank] = node.index;
    for (const node of nodes) {
      if (hasEnded(state.nodes.get(node.id))) this.settle(node, state);
      else if (node.incoming.length === 0) this.offer(node, state);
    }
  }

  /** Nodes that have not ended. */
  get remaining(): number {
    return this.open;
  }

  /** The node has ended: its edges are settled now, and what waited for them may be decided. */
  settle(node: PlanNode, state: ExecutionState): void {
    this.open -= 1;
    for (const edge of node.outgoing) {
      const left = (this.unsettled[edge.target] as number) - 1;
      this.unsettled[edge.target] = left;
      const target = this.plan.nodes[edge.target];
      if (left === 0 && target) this.offer(target, state);
    }
  }

  /** A node to be decided now, the first in topological order; undefined when there is none. */
  next(): PlanNode | undefined {
    const rank = this.decidable.pop();
    return rank === undefined ? undefined : this.plan.nodes[this.byRank[rank] as number];
  }

  /** Puts a node back that was taken but could not start. */
  putBack(node: PlanNode): void {
    this.decidable.push(node.rank);
  }

  private offer(node: PlanNode, state: ExecutionState): void {
    // What runs, waits or has ended already is not decided a second time.
    const status = state.nodes.get(node.id)?.status;
    if (status === undefined || status === 'pending') this.decidable.push(node.rank);
  }
}
