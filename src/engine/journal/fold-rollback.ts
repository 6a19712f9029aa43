import { ExecutionClock } from '../state/execution-clock.js';
import type { ExecutionState, RollbackNode, RollbackState } from '../state/execution-state.js';
import { changeStatus } from '../state/transitions.js';
import type { EventOf } from './events.js';
import { addNetworkUse, resetNodes } from './fold-nodes.js';

type RollbackEvent = EventOf<
  | 'execution:rolling-back'
  | 'execution:rolled-back'
  | 'execution:rollback-stopped'
  | 'node:rolling-back'
  | 'node:rolled-back'
  | 'node:rollback-failed'
>;

/** Folds a rollback: its plan, each handler's outcome and its end. */
export function foldRollback(state: ExecutionState, event: RollbackEvent): void {
  if (event.type === 'execution:rolling-back') return begin(state, event);
  const rollback = state.rollbacks.at(-1);
  if (!rollback) throw new Error(`${event.type} without a rollback`);
  switch (event.type) {
    case 'execution:rolled-back':
      return complete(state, rollback, event);
    case 'execution:rollback-stopped':
      return stop(state, rollback, event);
    case 'node:rolling-back':
      return startHandler(rollback, event);
    case 'node:rolled-back': {
      const { nodeId, outcome, attempt: attempts, network } = event;
      addNetworkUse(state, network);
      return record(rollback, { nodeId, outcome, attempts });
    }
    case 'node:rollback-failed': {
      const { nodeId, attempt: attempts, error, until, network } = event;
      addNetworkUse(state, network);
      const handler = rollback.handlers.get(nodeId);
      if (handler) {
        handler.failures += 1;
        handler.retryAt = until;
      }
      return record(rollback, { nodeId, outcome: 'failed', attempts, error });
    }
  }
}

/** A person has undone by hand the node at which the rollback stopped. */
export function foldUndoneByHand(rollback: RollbackState, nodeId: string): void {
  record(rollback, { nodeId, outcome: 'undone', attempts: rollback.nodes.get(nodeId)?.attempts ?? 0 });
  rollback.failedNodeId = undefined;
}

function begin(state: ExecutionState, event: EventOf<'execution:rolling-back'>): void {
  const { rollbackId: id, plan, force, actor: by, reason, timestamp: at, then, error } = event;
  state.activity = 'rolling-back';
  state.history.push({ type: 'rollback', at, by, reason });
  const stopped = state.rollbacks.at(-1);
  if (stopped?.id === id) {
    stopped.status = 'in-progress';
    stopped.endedAt = undefined;
    stopped.endedSeq = undefined;
    stopped.failedNodeId = undefined;
    stopped.failure = undefined;
    stopped.handlers = new Map();
    return;
  }
  state.rollbacks.push({
    id,
    targetNodeId: plan.targetNodeId,
    by,
    reason,
    force,
    startedAt: at,
    status: 'in-progress',
    nodes: new Map(),
    plan,
    then,
    error,
    handlers: new Map(),
  });
}

/** Under an end that follows, the execution goes there next; one that had ended so already stays so. */
function complete(state: ExecutionState, rollback: RollbackState, event: EventOf<'execution:rolled-back'>): void {
  end(state, rollback, event, 'completed');
  const { then, error, by: actor, reason } = rollback;
  // A resume after a failure has its whole limit again.
  if (state.status === 'failed') state.clock = new ExecutionClock();
  if (!isStillAsked(state)) state.pauseCode = undefined;
  state.activity = null;
  if (then === undefined) return pause(state);
  if (state.status === then) return;
  state.activity = 'cancelling';
  state.ending = { then, error, actor, reason };
}

/** It was paused to ask what came of a node, and that one stands. */
function isStillAsked({ pauseCode, nodes }: ExecutionState): boolean {
  return pauseCode === 'OUTCOME_UNKNOWN' && [...nodes.values()].some(({ asks }) => asks);
}

function stop(state: ExecutionState, rollback: RollbackState, event: EventOf<'execution:rollback-stopped'>): void {
  if (state.activity === 'cancelling') {
    end(state, rollback, event, 'cancelled');
    if (state.status !== state.ending?.then) return;
    state.activity = null;
    state.ending = undefined;
    return;
  }
  end(state, rollback, event, 'stopped');
  rollback.failedNodeId = event.failedNodeId;
  rollback.failure = event.error;
  state.activity = 'rollback-stopped';
  if (rollback.then === undefined) pause(state);
}

function end(
  state: ExecutionState,
  rollback: RollbackState,
  event: EventOf<'execution:rolled-back' | 'execution:rollback-stopped'>,
  status: RollbackState['status'],
): void {
  rollback.status = status;
  rollback.endedAt = event.timestamp;
  rollback.endedSeq = state.seq;
  resetNodes(state, event.reset, event.timestamp);
}

function pause(state: ExecutionState): void {
  if (state.status !== 'paused') state.status = changeStatus(state.status, 'paused', 'rollback');
  state.endedAt = undefined;
  state.error = undefined;
}

function startHandler({ handlers }: RollbackState, event: EventOf<'node:rolling-back'>): void {
  const { nodeId, attempt: attempts, timestamp } = event;
  const { failures = 0, firstStartTime = timestamp } = handlers.get(nodeId) ?? {};
  handlers.set(nodeId, { attempts, failures, firstStartTime, startTime: timestamp });
}

function record(rollback: RollbackState, node: RollbackNode): void {
  rollback.nodes.set(node.nodeId, node);
}
