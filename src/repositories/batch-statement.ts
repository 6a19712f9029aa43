import type { Batch } from '../engine/journal/batch.js';
import { changeColumns, creationColumns, journalColumns, logColumns, type Column } from './batch-columns.js';
import { nameColumns } from './batch-names.js';
import { int4Array, textArray } from './binary-array.js';
import { COUNT_ENDS } from './execution-counters.js';

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
  const { executionIds, fromSeqs, toSeqs } = nameColumns(entries);
  values.push(textArray(executionIds), int4Array(fromSeqs), int4Array(toSeqs));
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
  const born = created.filter((entry) => entry.creation?.summary.endedAt != null);
  if (changed.length + born.length > 0) parts.push(ends(changed.length > 0, born.length > 0), COUNT_ENDS);
  if (written.length > 0) part(journalColumns(written), (unnest) => insertJournal(unnest, keyed.length > 0));
  const logged = entries.filter((entry) => entry.logs.length > 0);
  if (logged.length > 0) part(logColumns(logged), (unnest) => insertLogs(unnest, keyed.length > 0));
  const flags = [created, keyed, changed, born, written, logged].map((list) => (list.length > 0 ? 1 : 0)).join('');
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
  return `created AS (INSERT INTO executions (${names}) SELECT ${picked} FROM batch, ${unnest}${once}
  RETURNING id, workflow_id, status, ended_at, duration)`;
}

/** `before` is the row as it was: nobody but its owner, which sends this, changes whether and how it has ended. */
function updateChanged(unnest: string): string {
  const sets = changeColumns([])
    .map(({ name }) => `${name} = u.${name}`)
    .filter((set) => !set.startsWith('id '));
  return `changed AS (UPDATE executions e SET ${sets.join(', ')} FROM batch, ${unnest}
  JOIN executions before ON before.id = u.id
  WHERE e.id = u.id AND e.owner = $1
  RETURNING e.workflow_id, e.status, e.ended_at, e.duration, before.status AS status_before,
    before.ended_at AS ended_before, before.duration AS duration_before)`;
}

/** What to count ({@link COUNT_ENDS}): how each row ends now, less how it had ended before. */
function ends(anyChanged: boolean, anyBorn: boolean): string {
  const differs = '(status, ended_at, duration) IS DISTINCT FROM (status_before, ended_before, duration_before)';
  const selects = [];
  if (anyChanged) {
    selects.push(
      `SELECT workflow_id, status, ended_at, duration, 1 AS times, $1::text AS instance_id FROM changed WHERE ${differs}`,
      `SELECT workflow_id, status_before, ended_before, duration_before, -1, $1::text FROM changed WHERE ${differs}`,
    );
  }
  if (anyBorn) {
    selects.push('SELECT workflow_id, status, ended_at, duration, 1 AS times, $1::text AS instance_id FROM created');
  }
  return `ends AS (${selects.join('\n  UNION ALL ')})`;
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
