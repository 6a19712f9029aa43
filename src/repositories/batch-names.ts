import type { BatchEntry } from '../engine/journal/batch.js';

/**
 * What a row of `journal_batches` says of executions stands in three arrays of one length; each place of them is a name:
 *
 * | execution_ids | from_seqs | to_seqs | says |
 * | --- | --- | --- | --- |
 * | execution | first seq, from 1 | last seq | these events were added |
 * | execution | -n | seq it then stands at | n log lines were added |
 * | execution | 0 | its last seq | it was deleted; the next place says more of it: |
 * | workflow | 0 | -1 completed, -2 failed, -3 cancelled | of which workflow it was, and how it had ended |
 *
 * What is named need not be there any more, or never was: a creation whose idempotency key was taken is named all the same.
 */
export type BatchName =
  | { kind: 'events'; executionId: string; from: number; to: number }
  | { kind: 'logs'; executionId: string; count: number; seq: number }
  | { kind: 'deleted'; executionId: string; seq: number; workflowId: string; status: EndedStatus };

const ENDED = ['completed', 'failed', 'cancelled'] as const;

type EndedStatus = (typeof ENDED)[number];

/** The three arrays. */
export interface NameColumns {
  executionIds: string[];
  fromSeqs: number[];
  toSeqs: number[];
}

/** What the entries of a batch add to the journal and to the logs. */
export function nameColumns(entries: readonly BatchEntry[]): NameColumns {
  const columns: NameColumns = { executionIds: [], fromSeqs: [], toSeqs: [] };
  const name = (executionId: string, from: number, to: number) => {
    columns.executionIds.push(executionId);
    columns.fromSeqs.push(from);
    columns.toSeqs.push(to);
  };
  for (const { executionId, seq, chunks, logs } of entries) {
    const [first] = chunks;
    if (first) name(executionId, first.firstSeq, chunks.at(-1)?.lastSeq ?? first.lastSeq);
    if (logs.length > 0) name(executionId, -logs.length, seq);
  }
  return columns;
}

/** The arrays of what a deletion took, from the rows of `gone`: id, seq, workflow_id and status. One row, or none. */
export const DELETED_NAMES = `SELECT array_agg(name ORDER BY id, place) AS execution_ids,
    array_agg(0 ORDER BY id, place) AS from_seqs, array_agg(seq ORDER BY id, place) AS to_seqs
  FROM (
    SELECT id, 1 AS place, id AS name, seq FROM gone
    UNION ALL
    SELECT id, 2, workflow_id, -array_position(ARRAY['${ENDED.join("','")}'], status) FROM gone
  ) named HAVING count(*) > 0`;

/** What the arrays of a row say. */
export function readNames({ executionIds, fromSeqs, toSeqs }: NameColumns): BatchName[] {
  const names: BatchName[] = [];
  for (let place = 0; place < executionIds.length; place += 1) {
    const executionId = executionIds[place] as string;
    const from = fromSeqs[place] as number;
    const to = toSeqs[place] as number;
    if (from > 0) names.push({ kind: 'events', executionId, from, to });
    else if (from < 0) names.push({ kind: 'logs', executionId, count: -from, seq: to });
    else {
      place += 1;
      const status = ENDED[-(toSeqs[place] ?? 0) - 1] ?? 'completed';
      names.push({ kind: 'deleted', executionId, seq: to, workflowId: executionIds[place] ?? '', status });
    }
  }
  return names;
}

/** How many events of the feed a name stands for. */
export function sizeOfName(name: BatchName): number {
  if (name.kind === 'events') return name.to - name.from + 1;
  return name.kind === 'logs' ? name.count : 1;
}
