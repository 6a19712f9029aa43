import type { ExecutionPlan, PlanEdge, PlanNode } from '../definition/execution-plan.js';
import { edgeLiveness } from '../scheduling/edge-liveness.js';
import { decideByEdges } from '../scheduling/next-nodes.js';
import { hasEnded, type NodeState } from '../state/execution-state.js';
import type { NodeTimes } from './node-time.js';

/** What is expected of a node: it has ended, it will run (or does), or it will be passed over. */
export type Expectation = 'ended' | 'runs' | 'dead' | 'disabled';

/** What a node was that is passed over because it is disabled. */
const DISABLED: NodeState = { status: 'skipped', skipReason: 'disabled', run: 1, attempt: 0, failures: 0 };

/**
 * By node, what is expected of it. What is decided stands. For the rest nodes are expected to succeed, and of branches
 * that are open those are expected to be taken that were in at least half as many executions as the most frequent one
 * (a condition: in at least half of all); without a history all of them.
 * @param states by the nodes' places in the document
 */
export function expectedPath(
  plan: ExecutionPlan,
  states: readonly (NodeState | undefined)[],
  history: NodeTimes | undefined,
): Expectation[] {
  const expected = Array.from<Expectation>({ length: plan.nodes.length }).fill('dead');
  const branches = new Branches(plan, history);
  const livenessOf = (edge: PlanEdge) => {
    const source = plan.nodes[edge.source];
    const state = states[edge.source];
    if (!source) return false;
    switch (expected[edge.source]) {
      case 'ended':
        return state ? edgeLiveness(edge, source, state) : false;
      case 'runs':
        return edge.kind !== 'error' && branches.isLikely(edge, source);
      case 'disabled':
        return edgeLiveness(edge, source, DISABLED);
      default:
        return false;
    }
  };
  for (const node of inOrder(plan.nodes)) {
    const state = states[node.index];
    if (hasEnded(state)) expected[node.index] = 'ended';
    else if (state && state.status !== 'pending') expected[node.index] = 'runs';
    else {
      const decision = decideByEdges(node, livenessOf);
      // A condition before it has failed: it fails without having run.
      expected[node.index] = typeof decision === 'object' ? 'dead' : DECIDED[decision];
    }
  }
  return expected;
}

const DECIDED = { run: 'runs', dead: 'dead', disabled: 'disabled' } as const;

/** Which ways out of a node are usual. */
class Branches {
  /** By node: how often its most frequent branch was taken. */
  private readonly most = new Map<number, number>();

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly history: NodeTimes | undefined,
  ) {}

  isLikely(edge: PlanEdge, source: PlanNode): boolean {
    if (!this.history || (edge.port === undefined && edge.condition === undefined)) return true;
    const usual = edge.port === undefined ? this.timesEnded(source) : this.mostOf(source);
    return this.timesEnded(this.plan.nodes[edge.target]) * 2 >= usual;
  }

  private mostOf(source: PlanNode): number {
    const known = this.most.get(source.index);
    if (known !== undefined) return known;
    const branches = source.outgoing.filter(({ port }) => port !== undefined);
    const most = branches.reduce((top, { target }) => Math.max(top, this.timesEnded(this.plan.nodes[target])), 0);
    this.most.set(source.index, most);
    return most;
  }

  private timesEnded(node: PlanNode | undefined): number {
    return (node && this.history?.get(node.id)?.ended) ?? 0;
  }
}

function inOrder(nodes: readonly PlanNode[]): PlanNode[] {
  const ordered = [...nodes];
  for (const node of nodes) ordered[node.rank] = node;
  return ordered;
}
