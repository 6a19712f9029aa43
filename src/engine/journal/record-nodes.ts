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

  /** Without inputs and outputs when `light`. Records have thousands of nodes, so one plain object is made for each. */
  of(node: PlanNode, light: boolean): NodeRecord {
    const journaled = this.state.nodes.get(node.id) ?? UNTOUCHED;
    const now = this.running.get(node.id);
    const shown = now ? beginning(journaled, now) : journaled;
    const startTime = shown.status === 'pending' ? null : (shown.startTime ?? null);
    const endTime = isOpen(shown) ? null : (shown.endTime ?? null);
    const record: NodeRecord = {
      nodeId: node.id,
      nodeName: node.name,
      nodeType: node.type.type,
      effect: node.effect,
      status: shown.status,
      startTime,
      endTime,
      duration: startTime === null || endTime === null ? null : endTime - startTime,
      error: shown.error ?? null,
      retryCount: Math.max(0, shown.attempt - 1),
      run: shown.run,
      attempt: shown.attempt,
    };
    if (!light) {
      record.inputs = this.inputs(node, shown);
      record.outputs = this.flow.outputs(node) ?? null;
    }
    addOccasional(record, shown);
    return record;
  }

  /** What the node saw: derived, for a node that has started; a disabled one lets them through. */
  private inputs(node: PlanNode, { status, startTime, skipReason }: NodeState): JsonObject | null {
    const started = status !== 'pending' && startTime !== undefined;
    return started || skipReason === 'disabled' ? this.flow.inputs(node).inputs : null;
  }
}

/** The node with an attempt that has begun since the journal was written, or with a look at the one that was cut off. */
function beginning(journaled: NodeState, { attempt, startTime }: AttemptNow): NodeState {
  const outcome = journaled.toProbe ? journaled.outcome : undefined;
  return { ...journaled, status: 'running', attempt, startTime, error: undefined, outcome };
}

/** A pending node has no times, also when an attempt of it was cut off; a running one has no end, also between attempts. */
function isOpen({ status }: NodeState): boolean {
  return status === 'pending' || status === 'running';
}

function addOccasional(record: NodeRecord, { status, outcome, waiting, rolledBackAt, settledBy }: NodeState): void {
  if (outcome) record.outcome = outcome;
  // Under an end a node that waited is pending again and only keeps its due time.
  if (waiting && status === 'running') record.waiting = waiting;
  if (rolledBackAt !== undefined) record.rolledBackAt = rolledBackAt;
  if (settledBy !== undefined) record.settledBy = settledBy;
}
