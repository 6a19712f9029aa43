import type { NodeErrorData } from '../errors.js';
import type { NetworkUse } from '../ports.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import type { EventOf, NodeReset } from './events.js';

/** The node's state; a node that the journal has not named yet is pending in its first run. */
export function nodeOf(state: ExecutionState, nodeId: string): NodeState {
  let node = state.nodes.get(nodeId);
  if (!node) {
    node = { status: 'pending', run: 1, attempt: 0, failures: 0 };
    state.nodes.set(nodeId, node);
    state.counts.pending += 1;
  }
  return node;
}

/** Gives the node a status and keeps the counts. */
export function setNodeStatus(state: ExecutionState, node: NodeState, status: NodeState['status']): void {
  state.counts[node.status] -= 1;
  state.counts[status] += 1;
  node.status = status;
}

/** Makes the nodes pending again; what an older run wrote into the variables no longer stands. */
export function resetNodes(state: ExecutionState, reset: readonly NodeReset[], rolledBackAt?: number): void {
  for (const { nodeId, run } of reset) {
    const before = nodeOf(state, nodeId);
    setNodeStatus(state, before, 'pending');
    state.nodes.set(nodeId, {
      status: 'pending',
      run,
      attempt: run === before.run ? before.attempt : 0,
      failures: 0,
      checkpoint: run === before.run ? before.checkpoint : undefined,
      isInDoubt: run === before.run ? before.isInDoubt : undefined,
      lastSeq: run === before.run ? before.lastSeq : undefined,
      rolledBackAt: rolledBackAt ?? before.rolledBackAt,
    });
  }
  state.written.drop(new Set(reset.map(({ nodeId }) => nodeId)));
}

type NodeEvent = EventOf<
  | 'node:started'
  | 'node:waiting'
  | 'node:checkpoint'
  | 'node:retrying'
  | 'node:interrupted'
  | 'node:completed'
  | 'node:failed'
  | 'node:skipped'
>;

/** Folds what happened to one node. */
export function foldNode(state: ExecutionState, event: NodeEvent): void {
  const node = nodeOf(state, event.nodeId);
  node.lastSeq = state.seq;
  if (event.type === 'node:skipped') return foldSkipped(state, node, event.reason, event.timestamp);
  node.run = event.run;
  switch (event.type) {
    case 'node:started':
      setNodeStatus(state, node, 'running');
      beginAttempt(node, event.attempt, event.timestamp, state.seq - 1);
      node.key = event.key;
      node.config = event.config;
      return;
    case 'node:waiting':
      setNodeStatus(state, node, 'running');
      beginAttempt(node, event.attempt, event.startTime, event.startSeq);
      // A wait that goes on after an end ran only before it first began.
      if (!node.waiting) state.clock.add(event.startTime, event.timestamp);
      node.waiting = { for: event.for, since: event.startTime, until: event.until };
      return;
    case 'node:checkpoint':
      node.checkpoint = event.state;
      return;
    case 'node:retrying':
      closeAttempt(state, node, event);
      setNodeStatus(state, node, 'running');
      node.error = event.error;
      node.failures += 1;
      node.retryAt = event.until;
      node.firstStartTime ??= event.startTime;
      return;
    case 'node:interrupted':
      return foldInterrupted(state, node, event);
    case 'node:completed':
      closeAttempt(state, node, event);
      return foldCompletion(state, node, event);
    case 'node:failed':
      return foldFailure(state, node, event);
  }
}

function beginAttempt(node: NodeState, attempt: number, startTime: number, startSeq: number): void {
  node.attempt = attempt;
  node.startTime = startTime;
  node.startSeq = startSeq;
  node.firstStartTime ??= startTime;
  node.endTime = undefined;
  node.error = undefined;
  node.outcome = undefined;
  node.toProbe = undefined;
  node.retryAt = undefined;
  node.settledBy = undefined;
}

type AttemptEnd = EventOf<'node:retrying' | 'node:completed' | 'node:failed'>;

function closeAttempt(state: ExecutionState, node: NodeState, event: AttemptEnd): void {
  // What was waited does not count as running, nor what a probe took or the time before it: what ran was added when the
  // wait began, or when the attempt was cut off.
  if (!node.waiting && !node.toProbe) state.clock.add(event.startTime, event.timestamp);
  beginAttempt(node, event.attempt, event.startTime, event.startSeq);
  node.waiting = undefined;
  node.endTime = event.timestamp;
  node.endSeq = state.seq;
  node.outcome = event.type === 'node:completed' ? undefined : event.outcome;
  node.isInDoubt = node.outcome && true;
  addNetworkUse(state, event.network);
}

/** What an attempt of a node, or of a handler that undoes it, has moved. */
export function addNetworkUse({ network }: ExecutionState, use: NetworkUse | undefined): void {
  if (!use) return;
  network.bytesReceived += use.bytesReceived;
  network.bytesSent += use.bytesSent;
  network.requestCount += use.requestCount;
}

function foldFailure(state: ExecutionState, node: NodeState, event: EventOf<'node:failed'>): void {
  if (node.retryAt !== undefined && node.attempt === event.attempt) {
    // No further attempt follows one whose end has been told already.
    node.retryAt = undefined;
    node.endSeq = state.seq;
  } else {
    closeAttempt(state, node, event);
    node.failures += 1;
  }
  setNodeStatus(state, node, 'failed');
  node.error = event.error;
  node.edges = event.edges;
}

function foldInterrupted(state: ExecutionState, node: NodeState, event: EventOf<'node:interrupted'>): void {
  // A probe that could not tell ends the same attempt once more.
  if (!node.toProbe) state.clock.add(event.startTime, event.endTime);
  node.attempt = event.attempt;
  node.endTime = event.endTime;
  node.outcome = 'unknown';
  node.isInDoubt = true;
  node.toProbe = event.then === 'probe' ? { cause: event.cause } : undefined;
  if (event.then !== 'ask') return setNodeStatus(state, node, 'pending');
  node.asks = true;
  node.error = OUTCOME_UNKNOWN;
  setNodeStatus(state, node, 'failed');
}

/** The error of a node whose outcome a person has to say. */
const OUTCOME_UNKNOWN: NodeErrorData = {
  code: 'OUTCOME_UNKNOWN',
  message: 'The attempt was cut off and nobody knows whether it happened',
};

function foldCompletion(state: ExecutionState, node: NodeState, event: EventOf<'node:completed'>): void {
  setNodeStatus(state, node, 'completed');
  node.outputs = event.outputs;
  node.port = event.port;
  node.edges = event.edges;
  node.cached = event.cached;
  const { nodeId, variables: values } = event;
  if (values) state.written.write({ seq: state.seq, nodeId, values });
}

function foldSkipped(state: ExecutionState, node: NodeState, reason: 'dead' | 'disabled', at: number): void {
  setNodeStatus(state, node, 'skipped');
  node.skipReason = reason;
  node.endTime = at;
  node.endSeq = state.seq;
}
