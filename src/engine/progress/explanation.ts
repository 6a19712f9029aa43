import type { JsonObject } from '../json.js';
import type { Activity } from '../journal/summary.js';
import type { ExecutionStatus } from '../state/transitions.js';

/**
 * What keeps an execution where it stands, with a sentence for each. One that has failed has the code of its error in
 * place of these (EXECUTION_TIMEOUT, FAILED_BY_HAND, UNSTORABLE, or that of the node that failed), one that the engine
 * paused for a reason of its own that reason.
 */
export const SITUATIONS = {
  SCHEDULED: 'pending until its start time',
  QUEUED: 'no instance has it: it waits for a free place',
  STARTING: 'an instance has it and is about to start it',
  EXECUTING: 'nodes run, or are about to',
  RETRYING: 'nothing runs; something is between two attempts',
  WAITING: 'nothing runs; it waits for a time or a signal',
  FAILING: 'a node has failed for good: it ends as failed once what still runs has ended',
  PAUSING: 'a pause waits for running nodes',
  CANCELLING: 'running nodes are being aborted before it ends by hand',
  ROLLING_BACK: 'nodes are being undone',
  ROLLBACK_STOPPED: 'undoing a node failed for good',
  PAUSED: 'a person paused it, or a rollback has ended',
  OUTCOME_UNKNOWN: 'paused: nobody knows whether a node happened, a person has to say so',
  CRASH_LOOP: 'paused: the processes that drove it died again and again',
  OWNER_SILENT: 'the instance that drives it has missed heartbeats',
  OWNER_DEAD: 'the instance that drove it is dead, and no other one has it yet',
  COMPLETED: 'it has completed',
  CANCELLED: 'it was cancelled',
} as const;

export type Situation = keyof typeof SITUATIONS;

export const WAITING_KINDS = [
  'node',
  'timer',
  'retry',
  'approval',
  'event',
  'child',
  'place',
  'owner',
  'person',
] as const;

/** Something that an execution waits for. Times are epoch ms. */
export interface WaitingFor {
  /**
   * `node`: it runs, or is about to; `place`: in memory, or with `nodeId` in `maxConcurrency`; `owner`: the instance that
   * drives it; `person`: somebody has to decide; the others are waits of nodes.
   */
  kind: (typeof WAITING_KINDS)[number];
  nodeId?: string;
  since?: number;
  /** When it is over at the latest, if that is known. */
  until?: number;
  /** The one that runs, or for a retry the one that is to come. From 1 within the run. */
  attempt?: number;
  /** Of a retry: the last attempt that the policy allows. */
  maxAttempts?: number;
  /** Of a retry and of an unknown outcome: what the last attempt ended with. */
  error?: { code: string; message: string };
  /** Who runs the node, or the owner. */
  instance?: string;
  /** Of a place in memory: the executions that come before it, counted up to 10,000. */
  ahead?: number;
  /** Of a person: who paused it, where that is known. */
  by?: string;
  reason?: string;
}

export const ACTIONS = [
  'settle',
  'start',
  'resume',
  'rollback',
  'pause',
  'abort',
  'cancel',
  'rerun',
  'delete',
] as const;

export type Action = (typeof ACTIONS)[number];

/** Something that the caller can do now. */
export interface OfferedAction {
  action: Action;
  nodeId?: string;
  /** Of the request; absent where it needs none, or the caller has to say something in it. */
  body?: JsonObject;
}

/** Why an execution stands where it stands. */
export interface Explanation {
  status: ExecutionStatus;
  activity: Activity | null;
  /** A {@link Situation}, or the code of the error. */
  code: string;
  /** One or two sentences. */
  summary: string;
  /** What is most urgent first, at most 200. */
  waitingFor: WaitingFor[];
  actions: OfferedAction[];
}

/** Who has an execution in memory, as its row says. Times are epoch ms by the database's clock. */
export interface OwnerFacts {
  /** Of the row: it may be of another moment than the journal. */
  status: ExecutionStatus;
  /** Null: nobody has it. */
  instance: string | null;
  host: string | null;
  /** Null: nobody has it, or the instance's row is gone. */
  state: 'alive' | 'dead' | null;
  heartbeatAt: number | null;
  /** ms since the last heartbeat. */
  silentMs: number | null;
  /** When it is to be taken into memory. */
  wakeAt: number | null;
  /** Those that come before it when it is due, counted up to 10,000; null when it waits for no place. */
  ahead: number | null;
}
