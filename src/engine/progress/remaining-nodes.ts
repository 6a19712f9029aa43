import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { standingFailure } from '../driving/interrupted-work.js';
import { SHORT_WAIT_MS } from '../driving/run-node.js';
import type { RunningAttempt } from '../journal/execution-record.js';
import { hasOpenIntent, type ExecutionState, type NodeState } from '../state/execution-state.js';
import { elapsedMean, isWait } from './elapsed-mean.js';
import { expectedPath, type Expectation } from './expected-path.js';
import type { NodeRest } from './list-schedule.js';
import type { ExpectedTime, NodeTime, NodeTimes } from './node-time.js';

/** What an estimate follows from. */
export interface Outlook {
  plan: ExecutionPlan;
  state: ExecutionState;
  /** Epoch ms. */
  now: number;
  /** Attempts that run and that the journal does not show, by node. */
  attempts: ReadonlyMap<string, Pick<RunningAttempt, 'startTime'>>;
  /** Absent: the workflow has none. */
  history?: NodeTimes;
}

/** What is left of a node, and how far that may be off; ms. */
export interface RemainingNode extends NodeRest {
  /** It will not run. */
  isSkipped: boolean;
  /** How much shorter eight in ten are at most. */
  below: number;
  /** How much longer. */
  above: number;
}

/** A wait that is over comes to its end a little later: at most a tenth of it is taken for that. */
const MOST_LATE = 1.1;

/** Nodes are passed over in their turn, too. */
const SKIPPED: RemainingNode = { place: 'enters', from: 0, takes: 0, isSkipped: true, below: 0, above: 0 };

/** What is left of every node. */
export class RemainingNodes {
  /** By the nodes' places in the document; undefined for those that have ended. */
  readonly rests: (RemainingNode | undefined)[];
  /** In how many past executions the best known of the nodes that are to run was measured; at the end, of all nodes. */
  runs = 0;
  /** False when something of it is not known: neither is there a history, nor has a node ended. */
  isKnown = true;
  private readonly states: (NodeState | undefined)[];
  private readonly mean: ExpectedTime | undefined;
  /** What runs comes to its end, and nothing more starts. */
  private readonly isFailing: boolean;

  constructor(private readonly outlook: Outlook) {
    const { plan, state, history } = outlook;
    this.states = plan.nodes.map(({ id }) => state.nodes.get(id));
    this.isFailing = standingFailure(plan, state) !== undefined;
    this.mean = elapsedMean(plan, this.states);
    const expected = expectedPath(plan, this.states, history);
    this.rests = plan.nodes.map((node) => this.restOf(node, expected[node.index]));
    const isOver = this.rests.every((rest) => rest === undefined || rest.isSkipped);
    if (isOver) for (const node of plan.nodes) this.measured(node);
  }

  private restOf(node: PlanNode, expectation: Expectation | undefined): RemainingNode | undefined {
    if (expectation === 'ended') return undefined;
    const state = this.states[node.index];
    const attempt = this.outlook.attempts.get(node.id);
    if (attempt) return this.running(node, attempt.startTime);
    if (state && hasOpenIntent(state)) return this.running(node, state.startTime);
    if (this.isFailing || expectation !== 'runs' || state?.asks) return SKIPPED;
    if (state?.waiting) return this.waiting(node, state.waiting);
    return this.toRun(node, Math.max(0, (state?.retryAt ?? 0) - this.outlook.now));
  }

  private running(node: PlanNode, startTime = this.outlook.now): RemainingNode {
    return remaining('holds', this.left(node, startTime));
  }

  private waiting(node: PlanNode, { for: what, since, until }: NonNullable<NodeState['waiting']>): RemainingNode {
    const { now } = this.outlook;
    const most = until === undefined ? Infinity : Math.max(0, until - now);
    const isMeasured = this.measured(node) !== undefined;
    // What others send may come long before its last moment.
    if (most < Infinity && (what === 'delay' || !isMeasured)) return remaining('none', exactly(most));
    const { low, typical, high } = this.left(node, since);
    return remaining('none', {
      low: Math.min(low, most),
      typical: Math.min(typical, most),
      high: Math.min(high, most),
    });
  }

  private toRun(node: PlanNode, from: number): RemainingNode {
    const { state } = this.outlook;
    if (node.dueAt && !Object.hasOwn(state.configChanges, node.id)) return { ...this.toWait(node, node.dueAt), from };
    const time = this.timeOf(node);
    const waits = isWait(node.type) && time.typical >= SHORT_WAIT_MS;
    return remaining(waits ? 'enters' : 'needs', time, from);
  }

  private toWait(node: PlanNode, dueAt: (startTime: number) => number): RemainingNode {
    const { now } = this.outlook;
    const usual = this.measured(node)?.typical ?? 0;
    const takes = (at: number) => {
      const wait = dueAt(now + at) - (now + at);
      return Math.min(wait * MOST_LATE, Math.max(wait, usual));
    };
    return { ...remaining(takes(0) >= SHORT_WAIT_MS ? 'enters' : 'needs', exactly(0)), takes };
  }

  private left(node: PlanNode, startTime: number): ExpectedTime {
    const elapsed = Math.max(0, this.outlook.now - startTime);
    const measured = this.measured(node);
    if (measured) return measured.restAfter(elapsed);
    const { low, typical, high } = this.timeOf(node);
    const after = (time: number) => Math.max(0, time - elapsed);
    return { low: after(low), typical: after(typical), high: after(high) };
  }

  private timeOf(node: PlanNode): ExpectedTime {
    const time = this.measured(node) ?? this.mean;
    if (!time) this.isKnown = false;
    return time ?? exactly(0);
  }

  private measured({ id }: PlanNode): NodeTime | undefined {
    const time = this.outlook.history?.get(id);
    if (!time || time.measured === 0) return undefined;
    this.runs = Math.max(this.runs, time.measured);
    return time;
  }
}

function remaining(place: NodeRest['place'], { low, typical, high }: ExpectedTime, from = 0): RemainingNode {
  return { place, from, takes: typical, isSkipped: false, below: typical - low, above: high - typical };
}

function exactly(ms: number): ExpectedTime {
  return { low: ms, typical: ms, high: ms };
}
