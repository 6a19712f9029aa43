import type { JsonObject, JsonValue } from './json.js';
import type { OnInterrupted, RetryPolicyDefinition } from './definition/workflow-definition.js';

/** Time and turns of the event loop, passed in so that tests decide them. */
export interface Scheduler {
  /** Epoch ms by the database's clock; never goes back. */
  now(): number;
  /** Calls back once after `ms` (at most 2^31 - 1); returns what cancels it. */
  setTimer(ms: number, callback: () => void): () => void;
  /** Calls back once in a later turn of the event loop. */
  defer(callback: () => void): void;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** What a node type does to the world: nothing, the same thing however often, or something that must be recorded first. */
export type Effect = 'pure' | 'idempotent' | 'external';

/** From the least to the most grave. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a node sees while it acts. */
export interface NodeContext {
  executionId: string;
  nodeId: string;
  run: number;
  /** From 1 within a run. */
  attempt: number;
  /** The same for every attempt of a run. */
  idempotencyKey: string;
  /** Epoch ms at which this attempt began. */
  startTime: number;
  /** With the expressions put in and checked against the type's schema. */
  config: JsonObject;
  inputs: JsonObject;
  variables: JsonObject;
  trigger: JsonObject;
  /** Aborted by cancel, timeout and shutdown. */
  signal: AbortSignal;
  /** Counts bytes and requests of this execution and obeys the signal. */
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  log: (level: LogLevel, message: string, data?: JsonValue) => void;
  /** Keeps a state for the next attempt; resolves after its commit. At most 64 KiB as JSON. */
  checkpoint: (state: JsonValue) => Promise<void>;
  lastCheckpoint?: JsonValue;
  /**
   * Calls a part of the work again, within this attempt and its limit of time, until it succeeds: by the node's policy with
   * these fields over it. `operation` gets the number of the call, from 1; its last error is thrown.
   */
  retry: <T>(operation: (call: number) => T | Promise<T>, policy?: RetryPolicyDefinition) => Promise<T>;
}

/** What a node gives back: its outputs, or that it waits for something. */
export type NodeResult = NodeOutput | { wait: NodeWait };

/** Outputs that are no object become `{ value }`. */
export interface NodeOutput {
  outputs: JsonValue;
  /** The branch that a branching node chose; absent: none of them. */
  port?: string;
  /** Set into the execution's variables. */
  variables?: JsonObject;
  /** Time or randomness went into the outputs, so a cacheable type's outputs are not kept. */
  volatile?: boolean;
}

export interface NodeWait {
  for: 'delay' | 'approval' | 'event' | 'task' | 'child';
  /** Epoch ms at which the wait is due; absent: ended by a signal alone. */
  until?: number;
}

/** A wait that has come due. Times are epoch ms. */
export interface CompletedWait {
  since: number;
  until: number;
}

/** What became of an attempt that was cut off: what it gave, that it did not happen, or that nobody can tell. */
export type ProbeResult =
  | ({ happened: true } & Pick<NodeOutput, 'outputs' | 'port' | 'variables'>)
  | { happened: false }
  | { happened: 'unknown' };

/** A part of what a node's code can see beside its config and inputs. */
export type ScopePart = 'variables' | 'trigger' | 'trigger.data';

/** One object that says everything about a type of node; it knows neither the framework nor the database. */
export interface NodeType {
  type: string;
  aliases?: readonly string[];
  name: string;
  category: string;
  description: string;
  /** Semantic version. */
  version: string;
  icon?: string;
  /**
   * JSON Schema 2020-12. A field may be marked `x-template: false` (taken as it is, braces and all), `x-no-template:
   * "use params"` (a text with `{{` in it is refused with that advice; on a list or an object: the whole of it must not
   * be an expression, what is in it may) or `format: "expression"` (a text is an expression as a whole). A statement
   * that data must never get into has both of the first two.
   */
  configSchema: JsonObject;
  /** JSON Schema of the compensation parameters, marked in the same way. */
  rollbackSchema?: JsonObject;
  /** The names of the outputs that branch: fixed, or by the config. */
  ports?: readonly string[] | ((config: JsonObject) => string[]);
  /** The names that its outputs surely have: fixed, or by the config; validation tells when two of them meet in one node. */
  outputNames?: readonly string[] | ((config: JsonObject) => string[]);
  effect: Effect;
  /** For an external type: true when a node with this config changes nothing outside (a GET), so nothing has to be undone. */
  changesNothing?(config: JsonObject): boolean;
  /** Outputs may be reused for a node of this type that sees the same, where the workflow's settings ask for it. */
  cacheable?: boolean;
  /** What the code of a cacheable type reads beside config and inputs: fixed, or by the config; absent: all of it. */
  reads?: readonly ScopePart[] | ((config: JsonObject) => readonly ScopePart[]);
  /** What becomes of an attempt that was cut off: fixed, or by the config as the document has it, expressions and all. */
  onInterrupted?: OnInterrupted | ((config: JsonObject) => OnInterrupted);
  retry?: RetryPolicyDefinition;
  /** Codes of its errors that another attempt cannot change: whatever the retry policy says, there is none. */
  finalErrors?: readonly string[];
  /** Default limit of one attempt in ms. */
  timeout?: number;
  /** It keeps its config's `timeout` itself, from when it really begins; a node's own is kept by the engine all the same. */
  keepsTimeout?: boolean;
  /**
   * Once its signal aborts, `execute` ends by itself within 3 s and says what is certain: that it has acted, that it
   * surely has not (`effect: "none"`), or neither. So a timeout waits for that.
   */
  answersAbort?: boolean;
  /** A plain result (no promise) keeps a pure chain in one turn of the event loop. */
  execute(context: NodeContext): NodeResult | Promise<NodeResult>;
  /** The result of a wait that came due; asked for types whose `execute` waits. */
  completeWait?(wait: CompletedWait): NodeOutput;
  /**
   * When a node with this config that starts at `startTime` is due, for types that wait for a time; both epoch ms. The
   * remaining time is estimated by it.
   */
  dueTime?(config: JsonObject, startTime: number): number;
  /** Undoes what `execute` did. */
  rollback?(context: NodeContext & { outputs: JsonObject | undefined; rollback: JsonObject }): Promise<void>;
  /**
   * In a few words what `rollback` does with these parameters: `DELETE https://…`. They are as the document has them (`{}` for
   * none), or with the expressions put in.
   */
  describeRollback?(rollback: JsonObject): string;
  /**
   * Looks whether an attempt that was cut off has happened; `idempotencyKey`, `run`, `attempt` and `config` are those of
   * that attempt. It has the time of an attempt; one that throws or takes longer cannot tell.
   */
  probe?(context: NodeContext): Promise<ProbeResult>;
  /** Lets go of what it kept outside the journal for executions that have been deleted. */
  forget?(executionIds: readonly string[]): Promise<void>;
}

/** A place in a config that is wrong; `path` is dotted and empty for the whole config. */
export interface ConfigProblem {
  path: string;
  message: string;
}

/** The node types that a server knows. */
export interface NodeCatalog {
  /** By type or alias. */
  get(type: string): NodeType | undefined;
  list(): readonly NodeType[];
  /** A config as a document has it: expressions are admitted for any value. */
  checkConfig(type: NodeType, config: JsonObject): ConfigProblem[];
  /** The compensation parameters as a document has them. */
  checkRollback(type: NodeType, rollback: JsonObject): ConfigProblem[];
  /** A config with the expressions put in. */
  checkResolvedConfig(type: NodeType, config: JsonObject): ConfigProblem[];
  /** The compensation parameters with the expressions put in. */
  checkResolvedRollback(type: NodeType, rollback: JsonObject): ConfigProblem[];
}

/** A line of an execution's log. */
export interface LogEntry {
  nodeId?: string;
  /** Epoch ms. */
  timestamp: number;
  level: LogLevel;
  message: string;
  data?: JsonValue;
}

/** What was measured of the server process, and of the execution since its sample before. */
export interface Measurement {
  /** Percent of what all cores could have done. */
  cpu: { user: number; system: number };
  /** Bytes. */
  memory: { used: number; total: number };
  /** Nodes that ended, a second. */
  throughput: number;
}

/** What an event that ends an execution carries of its measurements. */
export interface EndMeasurement {
  sample?: Measurement;
  /** Over all of its samples: mean percent and peak bytes; absent when this one is all there is. */
  performance?: { cpuUsage: number; memoryUsage: number };
}

/** Bytes and requests that an attempt's own `fetch` has moved. */
export interface NetworkUse {
  bytesReceived: number;
  bytesSent: number;
  requestCount: number;
}
