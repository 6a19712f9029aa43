import type { ExecutionState, RollbackState } from '../state/execution-state.js';
import { changeStatus } from '../state/transitions.js';
import type { JournalEvent } from './events.js';
import { resetNodes } from './fold-nodes.js';

type RollbackEvent = Extract<
  JournalEvent,
  {
    type:
      | 'execution:rolling-back'
      | 'execution:rolled-back'
      | 'execution:rollback-stopped'
      | 'node:rolling-back'
      | 'node:rolled-back'
      | 'node:rollback-failed';
  }
>;

/** Folds a rollback: its plan, each handler's outcome and its end. */
export function foldRollback(state: ExecutionState, event: RollbackEvent): void {
  if (event.type === 'execution:rolling-back') return begin(state, event);
  const rollback = state.rollbacks.at(-1);
  if (!rollback) throw new Error(`${event.type} without a rollback`);
  switch (event.type) {
    case 'execution:rolled-back':
    case 'execution:rollback-stopped':
      return end(state, rollback, event);
    case 'node:rolling-back':
      return;
    case 'node:rolled-back':
      return record(rollback, { nodeId: event.nodeId, outcome: event.outcome, attempts: event.attempt });
    case 'node:rollback-failed':
      return record(rollback, { nodeId: event.nodeId, outcome: 'failed', attempts: event.attempt, error: event.error });
  }
}

function begin(state: ExecutionState, event: Extract<RollbackEvent, { type: 'execution:rolling-back' }>): void {
  const { plan } = event;
  state.activity = 'rolling-back';
  state.rollbacks.push({
    id: event.rollbackId,
    targetNodeId: typeof plan.targetNodeId === 'string' ? plan.targetNodeId : null,
    by: event.actor,
    reason: event.reason,
    force: event.force,
    startedAt: event.timestamp,
    status: 'in-progress',
    nodes: [],
    warnings: Array.isArray(plan.warnings) ? plan.warnings : [],
  });
  state.history.push({ type: 'rollback', at: event.timestamp, by: event.actor, reason: event.reason });
}

type RollbackEnd = Extract<RollbackEvent, { type: 'execution:rolled-back' | 'execution:rollback-stopped' }>;

function end(state: ExecutionState, rollback: RollbackState, event: RollbackEnd): void {
  rollback.status = event.type === 'execution:rolled-back' ? 'completed' : 'stopped';
  rollback.endedAt = event.timestamp;
  resetNodes(state, event.reset, event.timestamp);
  if (event.type === 'execution:rollback-stopped') {
    state.activity = 'rollback-stopped';
    return;
  }
  state.activity = null;
  if (state.status !== 'paused') state.status = changeStatus(state.status, 'paused', 'rollback');
  state.endedAt = undefined;
  state.error = undefined;
}

function record(rollback: RollbackState, node: RollbackState['nodes'][number]): void {
  rollback.nodes = [...rollback.nodes.filter(({ nodeId }) => nodeId !== node.nodeId), node];
}
