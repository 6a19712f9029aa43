import { ExecutionClock } from '../state/execution-clock.js';
import { ExecutionVariables } from '../state/execution-variables.js';
import type { ExecutionState, NodeState } from '../state/execution-state.js';
import type { JsonObject } from '../json.js';
import { changeStatus, type ExecutionStatus, type TransitionCause } from '../state/transitions.js';
import { foldExecutionUpdate } from './fold-updates.js';
import { foldNode, resetNodes, setNodeStatus } from './fold-nodes.js';
import { foldRollback } from './fold-rollback.js';
import { foldSettled } from './fold-settled.js';
import { isByCommand, type EndEvent, type EventOf, type JournalEvent } from './events.js';
import { closingMetrics } from './metric-sample.js';

/** The state after the first event of a journal. */
export function startFold(event: EventOf<'execution:created'>): ExecutionState {
  const written = new ExecutionVariables(event.context.variables ?? {});
  return {
    seq: 1,
    timestamp: event.timestamp,
    status: 'pending',
    activity: null,
    workflowId: event.workflowId,
    workflowName: event.workflowName,
    revision: event.revision,
    trigger: event.trigger,
    context: event.context,
    labels: event.labels,
    priority: event.priority,
    runAt: event.runAt,
    rerunOf: event.rerunOf,
    parent: event.parent,
    createdAt: event.timestamp,
    get variables() {
      return written.now;
    },
    written,
    configChanges: {},
    keptConfigs: [],
    nodes: new Map(),
    counts: { pending: 0, running: 0, completed: 0, failed: 0, skipped: 0 },
    clock: new ExecutionClock(),
    network: { bytesReceived: 0, bytesSent: 0, requestCount: 0 },
    closings: [],
    history: [],
    rollbacks: [],
    checkpoints: [],
    commandIds: new Set(),
  };
}

/**
 * Carries the state on by one event, in place. `seq` is the event's place in the journal.
 * @throws Error when the event does not follow the state (a gap in the journal)
 * @throws EngineError INVALID_TRANSITION when the event is not legal after the state
 */
export function foldEvent(state: ExecutionState, seq: number, event: JournalEvent): void {
  if (seq !== state.seq + 1) throw new Error(`Event ${seq} does not follow event ${state.seq}`);
  state.seq = seq;
  state.timestamp = event.timestamp;
  if ('commandId' in event && event.commandId !== undefined) state.commandIds.add(event.commandId);
  switch (event.type) {
    case 'execution:created':
      throw new Error('An execution is created once');
    case 'execution:started':
    case 'execution:pausing':
    case 'execution:paused':
    case 'execution:resumed':
    case 'execution:cancelling':
    case 'execution:completed':
    case 'execution:failed':
    case 'execution:cancelled':
      return foldStatus(state, event);
    case 'execution:updated':
      return foldExecutionUpdate(state, event);
    case 'execution:rolling-back':
    case 'execution:rolled-back':
    case 'execution:rollback-stopped':
    case 'node:rolling-back':
    case 'node:rolled-back':
    case 'node:rollback-failed':
      return foldRollback(state, event);
    case 'node:settled':
      return foldSettled(state, event);
    default:
      return foldNode(state, event);
  }
}

/** The state that a whole journal folds to. */
export function foldJournal(events: readonly JournalEvent[]): ExecutionState {
  const [first, ...rest] = events;
  if (first?.type !== 'execution:created') throw new Error('A journal begins with execution:created');
  const state = startFold(first);
  rest.forEach((event, index) => foldEvent(state, index + 2, event));
  return state;
}

type StatusEvent = EventOf<
  | 'execution:started'
  | 'execution:pausing'
  | 'execution:paused'
  | 'execution:resumed'
  | 'execution:cancelling'
  | 'execution:completed'
  | 'execution:failed'
  | 'execution:cancelled'
>;

function foldStatus(state: ExecutionState, event: StatusEvent): void {
  switch (event.type) {
    case 'execution:started':
      enter(state, 'running', 'drive');
      state.startedAt = event.timestamp;
      if (!isByCommand(event)) return;
      noteStart(state, event);
      return remember(state, 'start', event);
    case 'execution:pausing':
      state.activity = 'pausing';
      return remember(state, 'pause', event);
    case 'execution:paused':
      // A pause that waited is already in the history, by whoever asked for it.
      if (state.activity !== 'pausing') remember(state, 'pause', event, { code: event.code });
      enter(state, 'paused', 'drive');
      state.pauseCode = event.code;
      return;
    case 'execution:resumed':
      foldResume(state, event);
      noteStart(state, event);
      return remember(state, 'resume', event, { fromNodeId: event.fromNodeId });
    case 'execution:cancelling': {
      const { then, error, actor, reason, rollback } = event;
      state.activity = 'cancelling';
      state.ending = { then, error, actor, reason, rollback };
      return remember(state, historyType(then), event);
    }
    case 'execution:completed':
      return foldEnd(state, 'completed', event);
    case 'execution:failed':
      return foldEnd(state, 'failed', event);
    case 'execution:cancelled':
      return foldEnd(state, 'cancelled', event);
  }
}

function foldResume(state: ExecutionState, event: EventOf<'execution:resumed'>): void {
  // A resume while a pause still waits for nodes withdraws it: the status was never left. After a failure the execution
  // has its whole limit again, as its nodes have their retries: else one that ran into it could never go on.
  if (state.status === 'failed') state.clock = new ExecutionClock();
  if (state.status !== 'running') enter(state, 'running', 'command');
  state.activity = null;
  state.endedAt = undefined;
  state.error = undefined;
  resetNodes(state, event.reset);
}

/** Kept for those who come too late to set it going. */
function noteStart(state: ExecutionState, event: StatusEvent): void {
  const { commandId: command = null, actor = null, timestamp: at } = event;
  state.startedBy = { command, actor, at };
}

function foldEnd(state: ExecutionState, to: 'completed' | 'failed' | 'cancelled', event: EndEvent): void {
  if ((to === 'cancelled' || isByCommand(event)) && !state.ending) remember(state, historyType(to), event);
  const wasStopped = state.activity === 'rollback-stopped';
  // It ends so and stops half-way right after, or a person gives up a rollback under the end that it has already.
  const goesOn = state.activity === 'rolling-back';
  if (state.status === to && wasStopped) state.activity = null;
  else enter(state, to, causeOfEnd(state));
  if (goesOn) state.activity = 'rolling-back';
  if (wasStopped) giveUpRollback(state, event.timestamp);
  state.endedAt = event.timestamp;
  state.error = event.type === 'execution:failed' ? event.error : undefined;
  state.ending = undefined;
  for (const node of state.nodes.values()) {
    if (node.status === 'running') endOpenNode(state, node, event.timestamp);
  }
  if (event.sample) state.closings.push(closingMetrics(state, event.sample, event));
}

/** A rollback that ends the execution (a cancel in its middle, errorHandling) may leave an ended status. */
function causeOfEnd({ activity, rollbacks }: ExecutionState): TransitionCause {
  if (activity === 'rolling-back' || activity === 'rollback-stopped') return 'rollback';
  return activity === 'cancelling' && rollbacks.at(-1)?.status === 'cancelled' ? 'rollback' : 'command';
}

/** Whoever cancels one that stopped wants no more of it undone. */
function giveUpRollback({ rollbacks }: ExecutionState, at: number): void {
  const rollback = rollbacks.at(-1);
  if (!rollback) return;
  rollback.status = 'cancelled';
  rollback.endedAt = at;
}

/** Under every end a waiting node is pending again, and one between attempts is failed with its last error. */
function endOpenNode(state: ExecutionState, node: NodeState, at: number): void {
  if (node.retryAt !== undefined) {
    node.retryAt = undefined;
    node.endTime = at;
    setNodeStatus(state, node, 'failed');
    return;
  }
  // Its due time is kept: a resume takes the old one.
  setNodeStatus(state, node, 'pending');
}

function enter(state: ExecutionState, to: ExecutionStatus, cause: TransitionCause): void {
  state.status = changeStatus(state.status, to, cause);
  state.activity = null;
  state.pauseCode = undefined;
}

function historyType(then: 'completed' | 'failed' | 'cancelled'): string {
  return then === 'cancelled' ? 'cancel' : `${then}-by-hand`;
}

function remember(
  state: ExecutionState,
  type: string,
  { timestamp: at, actor: by, reason }: { timestamp: number; actor?: string; reason?: string },
  more: JsonObject = {},
): void {
  state.history.push({ type, at, by, reason, ...more });
}
