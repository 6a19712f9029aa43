import type { OutputCache } from '../caching/output-cache.js';
import type { ExecutionPlan } from '../definition/execution-plan.js';
import type { EvaluationTurns } from '../expressions/evaluation-turns.js';
import type { EndMeasurement, LogEntry, NetworkUse, NodeCatalog, NodeContext, Scheduler } from '../ports.js';
import type { ExecutionState } from '../state/execution-state.js';

/** The journal of one execution, as its driver sees it: what is appended lasts once its batch is committed. */
export interface ExecutionJournal {
  /** `text` is an event as JSON. Its seq is the next one of the execution. */
  append(text: string): void;
  log(entry: LogEntry): void;
  /** Resolves when everything appended so far is committed; never when this instance has lost the execution. */
  committed(): Promise<void>;
  /** The summary row differs: it goes out with the next batch, even if that has no event. */
  touch(): void;
  /** True while the queue is over its limit: nothing new is to be started. */
  readonly isFull: boolean;
  /** Calls back once when there is room again. */
  whenRoom(callback: () => void): void;
}

/** What a driver needs from outside. */
export interface DriverPorts {
  scheduler: Scheduler;
  catalog: NodeCatalog;
  journal: ExecutionJournal;
  /** Shared by all executions of this instance. */
  cache: OutputCache;
  /** In which the expressions of all executions of this instance are evaluated. */
  turns: EvaluationTurns;
  createFetch: (signal: AbortSignal, use: NetworkUse) => NodeContext['fetch'];
  /** Who drives; it is named in each intent. */
  instanceId(): string;
  /** Resolves once the lease surely holds for long enough to act. */
  confirmLease(): Promise<void>;
  /** Measures the execution for the event that ends it at `timestamp` (epoch ms); absent: nothing is measured. */
  measureEnd?(state: ExecutionState, timestamp: number): EndMeasurement;
  /** Told of each node that ran and has ended, for statistics; not of those whose output was cached or that were cancelled. */
  onNodeEnded?(nodeId: string, durationMs: number, hasFailed: boolean): void;
}

/** Why an execution leaves memory, and when somebody has to look at it again (epoch ms; null: at a command alone). */
export interface Leave {
  wakeAt: number | null;
}

/** What a driver drives. */
export interface DriverOptions {
  executionId: string;
  plan: ExecutionPlan;
  /** Folded from the journal; the driver carries it on. */
  state: ExecutionState;
  /** How long an aborted attempt may take to end by itself, in ms. */
  cancelGraceMs: number;
  /** Called once, when everything is handed to the journal and the execution needs no memory for now. */
  onLeave(leave: Leave): void;
  /** Called once when the engine itself failed; the driver has stopped and writes nothing more. */
  onFault(error: unknown): void;
}
