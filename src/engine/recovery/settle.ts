import type { DataFlow } from '../data-flow.js';
import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { plainOutput } from '../driving/plain-output.js';
import { scopeAfter } from '../driving/scope-after.js';
import { EngineError, type FieldProblem, NodeError } from '../errors.js';
import type { ExpressionEnvironment } from '../expressions/expression.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import type { CausedNow, EventOf, SettledStatus } from '../journal/events.js';
import type { JsonObject } from '../json.js';
import { decideEdges, type EdgeDecisions } from '../scheduling/decide-edges.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import { movedOn, refuseActivity } from '../state/refusals.js';

/** What a person says became of a node. */
export interface Settlement {
  nodeId: string;
  /** pending: it did not happen, and runs again under a new key. */
  status: SettledStatus;
  /** What it gave, for `completed`. */
  outputs?: JsonObject;
  /** The branch that a branching node chose, for `completed`. */
  port?: string;
  /** How the conditions behind it were decided, and by the state after which event. */
  decided?: { seq: number; edges: EdgeDecisions };
}

/** What of a settlement does not fit the node, whatever the execution's state. */
export function settlementProblems({ ports }: PlanNode, { status, outputs, port }: Settlement): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const refuse = (field: string, message: string) => problems.push({ field, message: `${field} ${message}` });
  if (status !== 'completed') {
    if (outputs !== undefined) refuse('outputs', 'belongs to the status "completed"');
    if (port !== undefined) refuse('port', 'belongs to the status "completed"');
    return problems;
  }
  if (ports === null && port !== undefined) refuse('port', 'is for a node that branches, and this one does not');
  if (ports !== null && port === undefined) refuse('port', `must be the branch that the node chose${oneOf(ports)}`);
  // By an own type's config with expressions nobody knows yet which there are.
  if (ports?.length && port !== undefined && !ports.includes(port))
    refuse('port', `must be a port of the node${oneOf(ports)}`);
  const reason = outputs && whyNotStorable(outputs);
  if (reason !== undefined) refuse('outputs', `cannot be stored: ${reason}`);
  return problems;
}

/**
 * Decides a settlement against the state, without changing anything.
 * @throws EngineError INVALID_TRANSITION unless the execution is paused or failed; CONFLICT when its activity does not
 * allow it, when something that depends on the node has begun or ended, or when the conditions were decided by another state
 */
export function decideSettle(
  plan: ExecutionPlan,
  state: ExecutionState,
  { nodeId, status, outputs, port, decided }: Settlement,
  caused: CausedNow,
): EventOf<'node:settled'> {
  const node = plan.byId.get(nodeId);
  if (!node) throw new EngineError('NOT_FOUND', 'The execution has no such node', { nodeId });
  if (isStoppedAt(state, nodeId)) return settleAsUndone(state, { nodeId, status }, caused);
  refuseActivity(state);
  if (state.status !== 'paused' && state.status !== 'failed') throw notNow(state);
  const begun = begunAfter(plan, state, node);
  if (begun.length > 0) {
    const message = 'What depends on the node has begun or ended: it cannot be settled any more';
    throw new EngineError('CONFLICT', message, { nodes: begun });
  }
  if (decided && decided.seq !== state.seq) throw movedOn(state.seq);
  const { run = 1 } = state.nodes.get(nodeId) ?? {};
  const settled = { type: 'node:settled', nodeId, status, ...caused } as const;
  if (status === 'pending') return { ...settled, run: run + 1 };
  if (status === 'skipped') return { ...settled, run };
  return { ...settled, run, outputs: outputs ?? {}, port, edges: decided?.edges };
}

/** A handler has failed for good there, and the rollback waits for a person. */
function isStoppedAt({ activity, rollbacks }: ExecutionState, nodeId: string): boolean {
  return activity === 'rollback-stopped' && rollbacks.at(-1)?.failedNodeId === nodeId;
}

/** A person has undone the node by hand: the rollback goes on behind it when it is asked for again. */
function settleAsUndone(
  state: ExecutionState,
  { nodeId, status }: Settlement,
  caused: CausedNow,
): EventOf<'node:settled'> {
  if (status === 'completed') {
    return { type: 'node:settled', nodeId, status, run: state.nodes.get(nodeId)?.run ?? 1, ...caused };
  }
  const message = 'Where a rollback stopped, a node is settled as completed: it is undone by hand';
  throw new EngineError('CONFLICT', message, { status: state.status, activity: state.activity });
}

/** Decides the conditions behind a node that is said to have completed; undefined: there is none to decide. */
export function settledEdges(
  source: ScopeSource & { flow: DataFlow },
  node: PlanNode,
  { outputs = {}, port }: Settlement,
  environment: ExpressionEnvironment,
): EdgeDecisions | undefined | Promise<EdgeDecisions | undefined> {
  const { inputs } = source.flow.inputs(node);
  const outcome = { kind: 'completed', outputs, port } as const;
  return decideEdges(node, outcome, () => scopeAfter(source, node, inputs, { outputs }), environment);
}

/** The nodes after this one, by edges and mappings, that are no longer untouched. */
function begunAfter(plan: ExecutionPlan, state: ExecutionState, node: PlanNode): string[] {
  const seen = new Set([node.index]);
  const begun: string[] = [];
  const open = [node];
  for (let current = open.pop(); current; current = open.pop()) {
    for (const { target } of current.outgoing) {
      const after = plan.nodes[target];
      if (!after || seen.has(target)) continue;
      seen.add(target);
      open.push(after);
      if (hasBegun(state.nodes.get(after.id))) begun.push(after.id);
    }
  }
  return begun;
}

function hasBegun(node: NodeState | undefined): boolean {
  return node !== undefined && (node.status !== 'pending' || node.attempt > 0);
}

function notNow({ status }: ExecutionState): EngineError {
  const message = `A node is settled while its execution is paused or failed, and this one is ${status}`;
  return new EngineError('INVALID_TRANSITION', message, { from: status, to: 'paused' });
}

function oneOf(ports: readonly string[]): string {
  return ports.length === 0 ? '' : `, one of ${ports.map((port) => `"${port}"`).join(', ')}`;
}

function whyNotStorable(outputs: JsonObject): string | undefined {
  try {
    plainOutput({ outputs });
    return undefined;
  } catch (error) {
    if (error instanceof NodeError) return error.message;
    throw error;
  }
}
