import { listSchedule } from './list-schedule.js';
import { RemainingNodes, type Outlook } from './remaining-nodes.js';

/** An answer names at most so many nodes of the critical path: those that come first. */
const MOST_NODES = 1000;

/** How long an execution will go on; whole ms. */
export interface RemainingTime {
  /** Along the remaining critical path, with what each of its nodes usually takes. */
  remaining: number;
  /** Eight executions in ten that go on from here are expected to take at least so long. */
  low: number;
  /** And at most so long. */
  high: number;
  /** `history`: what the nodes took in past executions; `elapsed`: what those of this one took on average. */
  basis: 'history' | 'elapsed';
  /** In how many past executions the best known of the nodes to come was measured; 0 without a history. */
  runs: number;
  /** The nodes that decide `remaining`: each begins when the one before it ends, or gives its place; the first 1,000. */
  criticalPath: string[];
}

/**
 * Estimates how long a running execution will go on: what is left is run in the mind as the driver would run it. Nodes are
 * taken to vary independently of one another, so deviations add up along the critical path by their squares (PERT: Malcolm
 * et al., Application of a Technique for Research and Development Program Evaluation, 1959).
 * @returns undefined while nothing is known of how long some node takes
 */
export function estimateRemaining(outlook: Outlook): RemainingTime | undefined {
  const { plan } = outlook;
  const { rests, runs, isKnown } = new RemainingNodes(outlook);
  if (!isKnown) return undefined;
  const { length, chain } = listSchedule(plan, rests);
  const critical = chain.filter((index) => rests[index]?.isSkipped === false);
  const deviation = (side: 'below' | 'above') =>
    Math.sqrt(critical.reduce((sum, index) => sum + (rests[index]?.[side] ?? 0) ** 2, 0));
  return {
    remaining: Math.round(length),
    low: Math.max(0, Math.round(length - deviation('below'))),
    high: Math.round(length + deviation('above')),
    basis: runs > 0 ? 'history' : 'elapsed',
    runs,
    criticalPath: critical.slice(0, MOST_NODES).flatMap((index) => plan.nodes[index]?.id ?? []),
  };
}
