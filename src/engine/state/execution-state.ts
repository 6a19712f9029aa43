import type {
  ExecutionErrorData,
  ExecutionContextData,
  EdgeDecision,
  EndStatus,
  InterruptionCause,
  RollbackEnd,
  Trigger,
} from '../journal/events.js';
import type { NodeErrorData } from '../errors.js';
import type { ClosingMetrics } from '../journal/metric-sample.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { NetworkUse, NodeWait } from '../ports.js';
import type { RollbackPlan } from '../recovery/planned-rollback.js';
import type { ExecutionClock } from './execution-clock.js';
import type { ExecutionVariables } from './execution-variables.js';
import type { ExecutionStatus, JournaledActivity } from './transitions.js';

export const NODE_STATUSES = ['pending', 'running', 'completed', 'failed', 'skipped'] as const;

export type NodeStatus = (typeof NODE_STATUSES)[number];

/** A node as the journal tells it. Times are epoch ms. */
export interface NodeState {
  status: NodeStatus;
  /** From 1; grows when the node is run again on purpose. */
  run: number;
  /** The attempts of this run that the journal knows; 0 before the first. */
  attempt: number;
  /** The attempts that failed since the node got its retry budget. */
  failures: number;
  /** Start of the first attempt that counts for `maxElapsed`. */
  firstStartTime?: number;
  startTime?: number;
  startSeq?: number;
  endTime?: number;
  endSeq?: number;
  /** Of the last event that told of it in this run. */
  lastSeq?: number;
  outputs?: JsonObject;
  port?: string;
  edges?: { [edgeId: string]: EdgeDecision };
  skipReason?: 'dead' | 'disabled' | 'settled';
  error?: NodeErrorData;
  outcome?: 'unknown';
  /** An attempt of this run has an unknown outcome, and none after it has told what came of that one. */
  isInDoubt?: true;
  /** Its last attempt was cut off, and its type is asked what came of that before another one begins. */
  toProbe?: { cause: InterruptionCause };
  /** Failed only until a person settles it: nobody knows whether it happened. */
  asks?: true;
  waiting?: { for: NodeWait['for']; since: number; until?: number };
  /** Between attempts: when the next one is due. */
  retryAt?: number;
  key?: string;
  config?: JsonValue;
  checkpoint?: JsonValue;
  cached?: true;
  /** Who said what became of it, as long as that stands. */
  settledBy?: string;
  rolledBackAt?: number;
}

/** What a person or the engine did to the execution as a whole. */
export interface HistoryEntry extends JsonObject {
  type: string;
  /** Epoch ms. */
  at: number;
  by?: string;
  reason?: string;
  /** Of a pause of the engine's own. */
  code?: string;
}

export interface RollbackNode {
  nodeId: string;
  outcome: 'undone' | 'nothing-to-do' | 'left' | 'failed';
  attempts: number;
  error?: NodeErrorData;
}

export interface RollbackState {
  id: string;
  targetNodeId: string | null;
  by?: string;
  reason?: string;
  force: boolean;
  startedAt: number;
  endedAt?: number;
  status: 'in-progress' | 'completed' | 'stopped' | 'cancelled';
  /** What became of its nodes so far, by their ids. */
  nodes: Map<string, RollbackNode>;
  plan: RollbackPlan;
  /** The end that follows, with its error; absent: the execution is paused. */
  then?: RollbackEnd;
  error?: ExecutionErrorData;
  /** Of the event that ended it last. */
  endedSeq?: number;
  /** Where it stopped, as long as nobody has settled that. */
  failedNodeId?: string;
  /** Why it stopped. */
  failure?: NodeErrorData;
  /** What became of the handlers' attempts since it last began, by node. */
  handlers: Map<string, HandlerAttempts>;
}

/** The attempts of a handler. */
export interface HandlerAttempts {
  /** Those that began, also in a process that died. */
  attempts: number;
  /** Those that failed since the rollback last began. */
  failures: number;
  /** Epoch ms of the first one since then. */
  firstStartTime: number;
  /** Epoch ms of the last one. */
  startTime: number;
  /** Between attempts: when the next one is due. */
  retryAt?: number;
}

/** The state that a journal folds to. It is changed in place by fold.ts alone. */
export interface ExecutionState {
  /** The seq of the last event. */
  seq: number;
  /** Epoch ms of the last event. */
  timestamp: number;
  status: ExecutionStatus;
  activity: JournaledActivity | null;
  workflowId: string;
  workflowName: string;
  revision: number;
  trigger: Trigger;
  context: ExecutionContextData;
  labels: { [name: string]: string };
  priority: number;
  runAt?: number;
  rerunOf?: string;
  parent?: string;
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  error?: ExecutionErrorData;
  /** The end that a cancellation in hand leads to. */
  ending?: { then: EndStatus; error?: ExecutionErrorData; actor?: string; reason?: string; rollback?: true };
  pauseCode?: string;
  /** The command that last set it going, where one did; null where it has no id, or nobody gave it. `at` is epoch ms. */
  startedBy?: { command: string | null; actor: string | null; at: number };
  /** As they stand; never changed afterwards. */
  readonly variables: JsonObject;
  written: ExecutionVariables;
  /** Configs that were corrected by hand, as the journal shows them: secrets masked. */
  configChanges: { [nodeId: string]: JsonObject };
  /** Under which ids these are kept whole, the oldest first. */
  keptConfigs: string[];
  nodes: Map<string, NodeState>;
  counts: Record<NodeStatus, number>;
  clock: ExecutionClock;
  network: NetworkUse;
  /** Of each of its ends, in order; the metrics between are in a table. */
  closings: ClosingMetrics[];
  history: HistoryEntry[];
  rollbacks: RollbackState[];
  /** Checkpoints that a person made. */
  checkpoints: { seq: number; nodeId: string; timestamp: number; label?: string; state?: JsonValue }[];
  commandIds: Set<string>;
}

/** True once the node's edges may be decided. */
export function hasEnded(node: NodeState | undefined): boolean {
  return (
    node !== undefined &&
    (node.status === 'completed' || node.status === 'skipped' || (node.status === 'failed' && !node.asks))
  );
}

/** True while an attempt may act outside by the journal: its intent is there, and neither an outcome nor a wait. */
export function hasOpenIntent({ status, waiting, retryAt }: NodeState): boolean {
  return status === 'running' && !waiting && retryAt === undefined;
}
