import { DataFlow } from '../data-flow.js';
import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { NodeErrorData } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { Effect } from '../ports.js';
import type { ExecutionState, NodeState, NodeStatus } from '../state/execution-state.js';

/** Stands where a value was that is too large for an answer. */
export interface Truncated {
  truncated: true;
  /** Of the value's JSON. */
  bytes: number;
}

/** A node as the execution record shows it. Times are epoch ms, durations ms. */
export interface NodeRecord {
  nodeId: string;
  nodeName: string;
  nodeType: string;
  effect: Effect;
  status: NodeStatus;
  /** Of the attempt that is shown: the last one. */
  startTime: number | null;
  endTime: number | null;
  duration: number | null;
  /** Absent in a light record; null until the node has started. */
  inputs?: JsonObject | Truncated | null;
  /** Absent in a light record; null until the node has outputs. */
  outputs?: JsonObject | Truncated | null;
  /** Of a node between attempts, too: its last one. */
  error: NodeErrorData | null;
  /** Attempts of the run beyond the first. */
  retryCount: number;
  run: number;
  /** 0 before the first. */
  attempt: number;
  outcome?: 'unknown';
  waiting?: { for: string; since: number; until?: number };
  rolledBackAt?: number;
  settledBy?: string;
}

/** An attempt that only the memory of its driver knows. */
type AttemptNow = { attempt: number; startTime: number };

const UNTOUCHED: NodeState = { status: 'pending', run: 1, attempt: 0, failures: 0 };

/** Shows nodes as the journal tells them, with the attempts that run at this moment. */
export class NodeRecords {
  private readonly flow: DataFlow;

  constructor(
    plan: ExecutionPlan,
    private readonly state: ExecutionState,
    private readonly running: ReadonlyMap<string, AttemptNow>,
  ) {
    this.flow = new DataFlow(plan, state);
  }

  /** Without inputs and outputs when `light`. */
  of(node: PlanNode, light: boolean): NodeRecord {
    const journaled = this.state.nodes.get(node.id) ?? UNTOUCHED;
    const now = this.running.get(node.id);
    const shown = now ? beginning(journaled, now) : journaled;
    const data = light ? {} : { inputs: this.inputs(node, shown), outputs: this.flow.outputs(node) ?? null };
    return { ...describe(node), status: shown.status, ...timesOf(shown), ...data, ...stateOf(shown) };
  }

  /** What the node saw: derived, for a node that has started; a disabled one lets them through. */
  private inputs(node: PlanNode, { status, startTime, skipReason }: NodeState): JsonObject | null {
    const started = status !== 'pending' && startTime !== undefined;
    return started || skipReason === 'disabled' ? this.flow.inputs(node).inputs : null;
  }
}

/** The node with an attempt that has begun since the journal was written. */
function beginning(journaled: NodeState, { attempt, startTime }: AttemptNow): NodeState {
  return { ...journaled, status: 'running', attempt, startTime, error: undefined, outcome: undefined };
}

function describe({ id, name, type, effect }: PlanNode) {
  return { nodeId: id, nodeName: name, nodeType: type.type, effect };
}

/** A pending node has none, also when an attempt of it was cut off; a running one has no end, also between attempts. */
function timesOf({ status, startTime, endTime }: NodeState) {
  if (status === 'pending') return { startTime: null, endTime: null, duration: null };
  if (status === 'running') return { startTime: startTime ?? null, endTime: null, duration: null };
  const duration = startTime === undefined || endTime === undefined ? null : endTime - startTime;
  return { startTime: startTime ?? null, endTime: endTime ?? null, duration };
}

function stateOf(node: NodeState) {
  const { error, run, attempt, outcome, waiting, rolledBackAt, settledBy } = node;
  return {
    error: error ?? null,
    retryCount: Math.max(0, attempt - 1),
    run,
    attempt,
    ...(outcome && { outcome }),
    // Under an end a node that waited is pending again and only keeps its due time.
    ...(waiting && node.status === 'running' && { waiting }),
    ...(rolledBackAt !== undefined && { rolledBackAt }),
    ...(settledBy !== undefined && { settledBy }),
  };
}
