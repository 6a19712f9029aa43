import type { Batch } from '../engine/journal/batch.js';
import { changeColumns, creationColumns, journalColumns, logColumns, type Column } from './batch-columns.js';
import { int4Array, textArray } from './binary-array.js';

/** A batch as one prepared statement. */
export interface BatchStatement {
  name: string;
  text: string;
  values: (string | number | Buffer)[];
  /** Ids whose rows are changed; fewer changed rows than these mean that some are gone. */
  changed: string[];
  /** Ids of creations with an idempotency key; one that is not returned existed before. */
  keyed: string[];
}

/**
 * Writes a batch in one autocommit statement: the lease is taken, then the batch's own row, and every other part reads
 * from that row. Parts without rows are left out. Rows go in the order of their key, so that no two batches lock each
 * other out.
 */
export function batchStatement(batch: Batch): BatchStatement {
  const entries = [...batch.entries].sort((a, b) => (a.executionId < b.executionId ? -1 : 1));
  const created = entries.filter((entry) => entry.creation);
  const changed = entries.filter((entry) => entry.change && !entry.creation);
  const keyed = created.filter((entry) => entry.creation?.idempotency).map((entry) => entry.executionId);
  const values: (string | number | Buffer)[] = [batch.instanceId, batch.writer, batch.no];
  const written = entries.filter((entry) => entry.chunks.length > 0);
  const batchRow = [
    textArray(written.map((entry) => entry.executionId)),
    int4Array(written.map((entry) => entry.chunks[0]?.firstSeq ?? 0)),
    int4Array(written.map((entry) => entry.chunks.at(-1)?.lastSeq ?? 0)),
  ];
  values.push(...batchRow);
  const parts: string[] = [];
  const part = (columns: Column[], write: (unnest: string) => string) => {
    const first = values.length + 1;
    values.push(...columns.map((column) => column.values));
    const arrays = columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ');
    parts.push(write(`unnest(${arrays}) AS u(${columns.map(({ name }) => name).join(', ')})`));
  };
  if (created.length > 0)
    part(creationColumns(created), (unnest) => insertCreated(creationColumns([]), unnest, keyed.length > 0));
  if (changed.length > 0) part(changeColumns(changed), updateChanged);
  if (written.length > 0) part(journalColumns(written), (unnest) => insertJournal(unnest, keyed.length > 0));
  const logged = entries.filter((entry) => entry.logs.length > 0);
  if (logged.length > 0) part(logColumns(logged), (unnest) => insertLogs(unnest, keyed.length > 0));
  const flags = [created, keyed, changed, written, logged].map((list) => (list.length > 0 ? 1 : 0)).join('');
  const text = `${HEAD}${parts.map((sql) => `,\n${sql}`).join('')}\nSELECT ${[
    '(SELECT count(*) FROM lease) AS lease',
    '(SELECT count(*) FROM batch) AS batch',
    ...(changed.length > 0 ? ['(SELECT count(*) FROM changed) AS changed'] : []),
    ...(keyed.length > 0 ? ['(SELECT coalesce(array_agg(id), ARRAY[]::text[]) FROM created) AS created'] : []),
  ].join(', ')}`;
  return { name: `batch_${flags}`, text, values, changed: changed.map((entry) => entry.executionId), keyed };
}

const HEAD = `WITH lease AS MATERIALIZED (
  SELECT 1 FROM instances WHERE id = $1 AND state = 'alive' FOR KEY SHARE
), batch AS (
  INSERT INTO journal_batches (writer, no, execution_ids, from_seqs, to_seqs)
  SELECT $2, $3::int8, $4::text[], $5::int4[], $6::int4[] FROM lease
  ON CONFLICT DO NOTHING RETURNING 1
)`;

function insertCreated(columns: Column[], unnest: string, keyed: boolean): string {
  const names = columns.map(({ name }) => name).join(', ');
  const picked = columns.map(({ name, cast }) => `u.${name}${cast ?? ''}`).join(', ');
  const once = keyed ? ' ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING' : '';
  return `created AS (INSERT INTO executions (${names}) SELECT ${picked} FROM batch, ${unnest}${once} RETURNING id)`;
}

function updateChanged(unnest: string): string {
  const sets = changeColumns([])
    .map(({ name }) => `${name} = u.${name}`)
    .filter((set) => !set.startsWith('id '));
  return `changed AS (UPDATE executions e SET ${sets.join(', ')} FROM batch, ${unnest}
  WHERE e.id = u.id AND e.owner = $1 RETURNING 1)`;
}

function insertJournal(unnest: string, keyed: boolean): string {
  return `journal AS (INSERT INTO execution_events (execution_id, first_seq, last_seq, events)
  SELECT u.execution_id, u.first_seq, u.last_seq, u.events FROM batch, ${unnest}${whereCreated(keyed)})`;
}

function insertLogs(unnest: string, keyed: boolean): string {
  return `logs AS (INSERT INTO execution_logs (execution_id, node_id, timestamp, level, message, data)
  SELECT u.execution_id, u.node_id, u.timestamp, u.level, u.message, u.data FROM batch, ${unnest}${whereCreated(keyed)})`;
}

/** What belongs to a creation whose key was taken is not written either. */
function whereCreated(keyed: boolean): string {
  return keyed ? ' WHERE u.execution_id IN (SELECT id FROM created)' : '';
}
