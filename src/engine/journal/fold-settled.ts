import type { ExecutionState } from '../state/execution-state.js';
import type { EventOf } from './events.js';
import { nodeOf, resetNodes, setNodeStatus } from './fold-nodes.js';
import { foldUndoneByHand } from './fold-rollback.js';

/** Folds what a person said became of a node: an older end of it no longer stands. */
export function foldSettled(state: ExecutionState, event: EventOf<'node:settled'>): void {
  const { nodeId, status, timestamp, actor, reason } = event;
  state.history.push({ type: 'settle', at: timestamp, by: actor, reason, nodeId, status });
  const rollback = state.activity === 'rollback-stopped' ? state.rollbacks.at(-1) : undefined;
  if (rollback) foldUndoneByHand(rollback, nodeId);
  else if (status === 'pending') resetNodes(state, [event]);
  else end(state, event);
  nodeOf(state, nodeId).settledBy = actor;
}

function end(state: ExecutionState, event: EventOf<'node:settled'>): void {
  const node = nodeOf(state, event.nodeId);
  state.written.drop(new Set([event.nodeId]));
  setNodeStatus(state, node, event.status);
  node.run = event.run;
  node.lastSeq = state.seq;
  node.asks = undefined;
  node.toProbe = undefined;
  node.outcome = undefined;
  node.isInDoubt = undefined;
  node.error = undefined;
  node.waiting = undefined;
  node.retryAt = undefined;
  node.cached = undefined;
  node.endTime = event.timestamp;
  node.endSeq = state.seq;
  node.edges = event.edges;
  const isCompleted = event.status === 'completed';
  node.outputs = isCompleted ? (event.outputs ?? {}) : undefined;
  node.port = isCompleted ? event.port : undefined;
  node.skipReason = isCompleted ? undefined : 'settled';
}
