import type { LogEntry } from '../ports.js';
import type { ExecutionContextData, Trigger } from './events.js';
import type { ExecutionSummary } from './summary.js';

/** What never changes of an execution's row. */
export interface ExecutionIdentity {
  id: string;
  workflowId: string;
  workflowName: string;
  workflowVersion: string;
  workflowRevision: number;
  totalNodes: number;
  trigger: Trigger;
  context: ExecutionContextData;
  labels: { [name: string]: string };
  priority: number;
  /** Epoch ms. */
  runAt?: number;
  /** Epoch ms. */
  createdAt: number;
}

/** The changing part of an execution's row. */
export interface SummaryRow {
  summary: ExecutionSummary;
  /** The instance that holds it in memory; null when nobody does. */
  owner: string | null;
  /** Epoch ms at which it is due again while nobody holds it. */
  wakeAt: number | null;
  /** How often in a row its process has died without a node of it ending; absent: never. */
  claims?: number;
}

export interface CreationRow extends SummaryRow {
  identity: ExecutionIdentity;
  /** Present: created once for this key. */
  idempotency?: { key: string; bodyHash: string };
}

/** What one execution added to one batch: its events as one JSON array. */
export interface Chunk {
  firstSeq: number;
  lastSeq: number;
  text: string;
}

/** Everything that one execution has in one batch. */
export interface BatchEntry {
  executionId: string;
  /** Where its journal stands with this batch. */
  seq: number;
  creation?: CreationRow;
  change?: SummaryRow;
  chunks: Chunk[];
  logs: LogEntry[];
}

export interface Batch {
  /** A lane of an instance, which commits its batches in order of their numbers. */
  writer: string;
  no: number;
  instanceId: string;
  entries: BatchEntry[];
}

/** What became of a batch. */
export type BatchResult =
  /** Written, now or before; `missing`: executions whose row is gone; `existing`: whose idempotency key was taken. */
  | { kind: 'committed'; missing: string[]; existing: string[] }
  /** The instance's row is not alive: nothing was written. */
  | { kind: 'lease-lost' }
  /** The database refused the data; nothing was written. */
  | { kind: 'refused'; message: string }
  /** Another writer goes on with one of the executions; nothing was written. */
  | { kind: 'collision' }
  /** Nobody knows, or the database was not there: the same batch has to be sent again. */
  | { kind: 'unknown'; message: string };

/** Writes a batch in one statement; throws only for a batch that cannot be sent at all. */
export interface BatchWriter {
  write(batch: Batch): Promise<BatchResult>;
}
