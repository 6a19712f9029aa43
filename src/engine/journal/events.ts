import type { NodeErrorData } from '../errors.js';
import type { JsonObject, JsonValue } from '../json.js';
import type { EndMeasurement, NetworkUse, NodeWait } from '../ports.js';
import type { OnInterrupted } from '../definition/workflow-definition.js';
import type { RollbackPlan } from '../recovery/planned-rollback.js';

export const TRIGGER_TYPES = ['manual', 'schedule', 'event', 'api'] as const;

/** What started an execution. */
export interface Trigger extends JsonObject {
  type: (typeof TRIGGER_TYPES)[number];
  userId?: string;
  userName?: string;
  data?: JsonValue;
}

/** What an execution starts with beside its trigger. */
export interface ExecutionContextData extends JsonObject {
  environment?: string;
  variables?: JsonObject;
  metadata?: JsonObject;
}

/** Why an execution failed. */
export interface ExecutionErrorData {
  message: string;
  code: string;
  failedNodeId?: string;
  failedNodeName?: string;
}

/** Whether an edge with a condition is live; an object: its condition failed, and so fails its target. */
export type EdgeDecision = boolean | FailedCondition;

/** Why the condition of an edge failed: the message, and the expression with the position in it. */
export interface FailedCondition {
  error: string;
  details?: JsonObject;
}

/** A node that is pending again, with the run that it will have. */
export interface NodeReset {
  nodeId: string;
  run: number;
}

interface Stamp {
  /** Epoch ms; never older than the event before it of the same execution. */
  timestamp: number;
}

/** Who asked for what a command caused. */
interface Caused {
  actor?: string;
  reason?: string;
  commandId?: string;
}

/** When a command is decided, and who asked for it. */
export type CausedNow = Stamp & Caused;

/** True when a command caused the event, whoever sent it. */
export function isByCommand({ actor, reason, commandId }: Caused): boolean {
  return actor !== undefined || reason !== undefined || commandId !== undefined;
}

interface OfNode {
  nodeId: string;
  run: number;
}

/** One attempt of a node. `startSeq` is the seq of the last event that it saw; `timestamp` is its end. */
interface Attempted extends OfNode {
  attempt: number;
  startTime: number;
  startSeq: number;
}

export type EndStatus = 'completed' | 'failed' | 'cancelled';

/** The end that a rollback nobody asked for leads to. */
export type RollbackEnd = Exclude<EndStatus, 'completed'>;

/** What cuts an attempt off. */
export type InterruptionCause = 'crash' | 'shutdown' | 'abort';

/** What a person may say that became of a node. */
export const SETTLED_STATUSES = ['completed', 'skipped', 'pending'] as const;

export type SettledStatus = (typeof SETTLED_STATUSES)[number];

/**
 * What is written, once and for all. An event's seq is its place in the journal (from 1), so it is not stored in it;
 * neither is what the plan or another field says (names, types, durations): events.ts of the feed puts that in.
 */
export type JournalEvent =
  /** Seq 1: everything that the fold starts from. */
  | (Stamp &
      Caused & {
        type: 'execution:created';
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
      })
  /** The first node may run. */
  | (Stamp & Caused & { type: 'execution:started' })
  /** A pause waits for running nodes. */
  | (Stamp & Caused & { type: 'execution:pausing'; mode: 'wait' | 'abort' })
  /** Nothing runs; `code` when no person asked for it. */
  | (Stamp & Caused & { type: 'execution:paused'; code?: string; nodeId?: string })
  /**
   * It goes on; `reset` names every node that is pending again: older completions of it no longer stand. What was corrected
   * comes right before it.
   */
  | (Stamp & Caused & { type: 'execution:resumed'; fromNodeId?: string; reset: NodeReset[]; warnings?: string[] })
  /** Running nodes are being aborted before the end `then`; `rollback`: before that everything is undone. */
  | (Stamp & Caused & { type: 'execution:cancelling'; then: EndStatus; error?: ExecutionErrorData; rollback?: true })
  /** Every node has ended, or a person ended it by hand. The result is the output nodes' and is put in when read. */
  | (Stamp & Caused & EndMeasurement & { type: 'execution:completed' })
  /** It failed; `error` is the first failure. */
  | (Stamp & Caused & EndMeasurement & { type: 'execution:failed'; error: ExecutionErrorData })
  /** A person cancelled it. */
  | (Stamp & Caused & EndMeasurement & { type: 'execution:cancelled' })
  /** Something about the execution was changed by hand; `change` names it. */
  | (Stamp & Caused & { type: 'execution:updated'; change: 'variables'; variables: JsonObject })
  /** Secrets are masked; whole it is kept beside the journal, as documents are, under the id `keptAs`. */
  | (Stamp &
      Caused & {
        type: 'execution:updated';
        change: 'config';
        config: { [nodeId: string]: JsonObject };
        keptAs?: string;
      })
  /** `edges`: the decisions behind nodes that have ended, by node, where the new revision has conditional edges there. */
  | (Stamp &
      Caused & {
        type: 'execution:updated';
        change: 'revision';
        revision: number;
        edges?: { [nodeId: string]: { [edgeId: string]: EdgeDecision } };
      })
  | (Stamp & Caused & { type: 'execution:updated'; change: 'settings'; settings: JsonObject })
  | (Stamp & Caused & { type: 'execution:updated'; change: 'owner'; owner: string | null })
  | (Stamp &
      Caused & { type: 'execution:updated'; change: 'checkpoint'; nodeId: string; label?: string; state?: JsonValue })
  /**
   * Handlers are about to run; the plan is what was shown. One with the id of a rollback that stopped goes on with that.
   * `then` is the end that follows, with the error of a failed one; absent: the execution is paused.
   */
  | (Stamp &
      Caused & {
        type: 'execution:rolling-back';
        rollbackId: string;
        plan: RollbackPlan;
        force: boolean;
        then?: RollbackEnd;
        error?: ExecutionErrorData;
      })
  /** Every step of the rollback is done. */
  | (Stamp & Caused & { type: 'execution:rolled-back'; rollbackId: string; rolledBack: string[]; reset: NodeReset[] })
  /** A handler failed for good, or without a `failedNodeId` it was cancelled; `remaining` begins with the node that failed. */
  | (Stamp &
      Caused & {
        type: 'execution:rollback-stopped';
        rollbackId: string;
        rolledBack: string[];
        remaining: string[];
        failedNodeId?: string;
        error?: NodeErrorData;
        reset: NodeReset[];
      })
  /** The intent of an external node, committed before it acts. */
  | (Stamp &
      OfNode & {
        type: 'node:started';
        attempt: number;
        key: string;
        instance: string;
        /** Resolved, secrets masked, at most 64 KiB. */
        config: JsonValue;
      })
  /** It waits and holds no place. */
  | (Stamp &
      OfNode & {
        type: 'node:waiting';
        attempt: number;
        for: NodeWait['for'];
        startTime: number;
        startSeq: number;
        until?: number;
      })
  /** A state that the node wants back in its next attempt. */
  | (Stamp & OfNode & { type: 'node:checkpoint'; state: JsonValue })
  /** An attempt failed and another one follows at `until`. */
  | (Stamp &
      Attempted & {
        type: 'node:retrying';
        error: NodeErrorData;
        outcome?: 'unknown';
        delay: number;
        until: number;
        network?: NetworkUse;
      })
  /**
   * An attempt was cut off and nobody knows its outcome. One that a probe could not tell of either has a second such event
   * for the same attempt, with `then: ask`.
   */
  | (Stamp &
      OfNode & {
        type: 'node:interrupted';
        attempt: number;
        startTime: number;
        endTime: number;
        cause: InterruptionCause;
        then: OnInterrupted;
      })
  /** The node is done. */
  | (Stamp &
      Attempted & {
        type: 'node:completed';
        outputs: JsonObject;
        port?: string;
        variables?: JsonObject;
        edges?: { [edgeId: string]: EdgeDecision };
        cached?: true;
        network?: NetworkUse;
      })
  /** It failed for good. */
  | (Stamp &
      Attempted & {
        type: 'node:failed';
        error: NodeErrorData;
        outcome?: 'unknown';
        edges?: { [edgeId: string]: EdgeDecision };
        network?: NetworkUse;
      })
  /** It does not run: no live edge, or it is disabled and lets its input through. */
  | (Stamp & { type: 'node:skipped'; nodeId: string; reason: 'dead' | 'disabled' })
  /** A person said what became of it; pending: it did not happen, and `run` is the one that it will have. */
  | (Stamp &
      Caused &
      OfNode & {
        type: 'node:settled';
        status: SettledStatus;
        outputs?: JsonObject;
        port?: string;
        edges?: { [edgeId: string]: EdgeDecision };
      })
  /** A handler's intent. */
  | (Stamp & OfNode & { type: 'node:rolling-back'; attempt: number; key: string })
  /** A handler's success, or that there was nothing to do or nothing that could be done. */
  | (Stamp &
      OfNode & {
        type: 'node:rolled-back';
        attempt: number;
        outcome: 'undone' | 'nothing-to-do' | 'left';
        network?: NetworkUse;
      })
  /** A handler's attempt failed; `until`: when the next one is due, absent when none follows. */
  | (Stamp &
      OfNode & {
        type: 'node:rollback-failed';
        attempt: number;
        error: NodeErrorData;
        until?: number;
        network?: NetworkUse;
      });

export type JournalEventType = JournalEvent['type'];

export type EventOf<T extends JournalEventType> = Extract<JournalEvent, { type: T }>;

/** One after which the execution has ended. */
export type EndEvent = EventOf<`execution:${EndStatus}`>;

export function isEndEvent(event: JournalEvent): event is EndEvent {
  const { type } = event;
  return type === 'execution:completed' || type === 'execution:failed' || type === 'execution:cancelled';
}

/** An event with its place in its execution's journal. */
export interface NumberedEvent {
  seq: number;
  event: JournalEvent;
}
