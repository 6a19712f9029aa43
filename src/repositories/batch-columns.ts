import type { BatchEntry, CreationRow, SummaryRow } from '../engine/journal/batch.js';
import { int4Array, int8Array, textArray } from './binary-array.js';
import { labelsJson } from './storable-text.js';

/** One column of a part: its name, its array type and its values. */
export interface Column {
  name: string;
  type: 'text' | 'int4' | 'int8';
  values: Buffer;
  /** How the column takes the value, when not as it is. */
  cast?: string;
}

const text = (name: string, values: (string | null)[], cast?: string): Column => ({
  name,
  type: 'text',
  values: textArray(values),
  cast,
});
const int4 = (name: string, values: number[]): Column => ({ name, type: 'int4', values: int4Array(values) });
const int8 = (name: string, values: (number | null)[]): Column => ({ name, type: 'int8', values: int8Array(values) });

/** The columns that change, of creations and changes alike. */
function summaryColumns(rows: SummaryRow[]): Column[] {
  const of = rows.map(({ summary }) => summary);
  return [
    text(
      'status',
      of.map(({ status }) => status),
    ),
    text(
      'activity',
      of.map(({ activity }) => activity),
    ),
    text(
      'attention',
      of.map(({ attention }) => attention),
    ),
    int4(
      'seq',
      of.map(({ seq }) => seq),
    ),
    int4(
      'completed_nodes',
      of.map(({ completedNodes }) => completedNodes),
    ),
    int4(
      'failed_nodes',
      of.map(({ failedNodes }) => failedNodes),
    ),
    int4(
      'skipped_nodes',
      of.map(({ skippedNodes }) => skippedNodes),
    ),
    int4(
      'running_nodes',
      of.map(({ runningNodes }) => runningNodes),
    ),
    text(
      'summary',
      of.map(({ summary }) => summary),
    ),
    text(
      'error',
      of.map(({ error }) => (error === null ? null : JSON.stringify(error))),
    ),
    int8(
      'updated_at',
      of.map(({ updatedAt }) => updatedAt),
    ),
    int8(
      'started_at',
      of.map(({ startedAt }) => startedAt),
    ),
    int8(
      'ended_at',
      of.map(({ endedAt }) => endedAt),
    ),
    text(
      'owner',
      rows.map(({ owner }) => owner),
    ),
    int8(
      'wake_at',
      rows.map(({ wakeAt }) => wakeAt),
    ),
    int4(
      'claims',
      rows.map(({ claims = 0 }) => claims),
    ),
  ];
}

/** Rows that change. */
export function changeColumns(entries: BatchEntry[]): Column[] {
  const rows = entries.flatMap(({ change }) => (change ? [change] : []));
  return [
    text(
      'id',
      entries.map(({ executionId }) => executionId),
    ),
    ...summaryColumns(rows),
  ];
}

/** Rows that are new. */
export function creationColumns(entries: BatchEntry[]): Column[] {
  const rows = entries.flatMap(({ creation }) => (creation ? [creation] : []));
  const of = rows.map(({ identity }) => identity);
  return [
    text(
      'id',
      of.map(({ id }) => id),
    ),
    text(
      'workflow_id',
      of.map(({ workflowId }) => workflowId),
    ),
    text(
      'workflow_name',
      of.map(({ workflowName }) => workflowName),
    ),
    text(
      'workflow_version',
      of.map(({ workflowVersion }) => workflowVersion),
    ),
    int4(
      'workflow_revision',
      of.map(({ workflowRevision }) => workflowRevision),
    ),
    int4(
      'priority',
      of.map(({ priority }) => priority),
    ),
    text(
      'trigger_type',
      of.map(({ trigger }) => trigger.type),
    ),
    text(
      'user_id',
      of.map(({ trigger }) => trigger.userId ?? null),
    ),
    text(
      'user_name',
      of.map(({ trigger }) => trigger.userName ?? null),
    ),
    text(
      'labels',
      of.map(({ labels }) => labelsJson(labels)),
      '::jsonb',
    ),
    int4(
      'total_nodes',
      of.map(({ totalNodes }) => totalNodes),
    ),
    int8(
      'run_at',
      of.map(({ runAt }) => runAt ?? null),
    ),
    int8(
      'created_at',
      of.map(({ createdAt }) => createdAt),
    ),
    text(
      'idempotency_key',
      rows.map(({ idempotency }: CreationRow) => idempotency?.key ?? null),
    ),
    text(
      'body_hash',
      rows.map(({ idempotency }: CreationRow) => idempotency?.bodyHash ?? null),
    ),
    ...summaryColumns(rows),
  ];
}

/** What the executions add to their journals. */
export function journalColumns(entries: BatchEntry[]): Column[] {
  const rows = entries.flatMap(({ executionId, chunks }) => chunks.map((chunk) => ({ executionId, ...chunk })));
  return [
    text(
      'execution_id',
      rows.map(({ executionId }) => executionId),
    ),
    int4(
      'first_seq',
      rows.map(({ firstSeq }) => firstSeq),
    ),
    int4(
      'last_seq',
      rows.map(({ lastSeq }) => lastSeq),
    ),
    text(
      'events',
      rows.map((row) => row.text),
    ),
  ];
}

/** What they add to their logs. */
export function logColumns(entries: BatchEntry[]): Column[] {
  const rows = entries.flatMap(({ executionId, logs }) => logs.map((log) => ({ executionId, ...log })));
  return [
    text(
      'execution_id',
      rows.map(({ executionId }) => executionId),
    ),
    text(
      'node_id',
      rows.map(({ nodeId }) => nodeId ?? null),
    ),
    int8(
      'timestamp',
      rows.map(({ timestamp }) => timestamp),
    ),
    text(
      'level',
      rows.map(({ level }) => level),
    ),
    text(
      'message',
      rows.map(({ message }) => message),
    ),
    text(
      'data',
      rows.map(({ data }) => (data === undefined ? null : JSON.stringify(data))),
    ),
  ];
}
