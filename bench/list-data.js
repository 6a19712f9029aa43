import { Client } from 'pg';

const DAY_MS = 86_400_000;
const BATCH = 50_000;
const WORKFLOWS = 50;

/**
 * Writes executions of the last 30 days: few workflows have most of them, 93 % completed, the newest 0.5 % have not ended.
 * @param {import('pg').Pool} pool of the server
 * @param {number} total
 * @param {number} now epoch ms
 */
export async function fill(pool, total, now) {
  const client = new Client({ ...pool.options, query_timeout: 0 });
  await client.connect();
  try {
    const begin = now - 30 * DAY_MS;
    for (let first = 1; first <= total; first += BATCH) {
      await client.query(FILL, [
        first,
        Math.min(first + BATCH - 1, total),
        begin,
        (30 * DAY_MS) / total,
        total * 0.995,
      ]);
    }
    await client.query(
      'INSERT INTO workflow_names SELECT DISTINCT workflow_id, workflow_name FROM executions ON CONFLICT DO NOTHING',
    );
    await client.query('VACUUM (ANALYZE) executions');
  } finally {
    await client.end();
  }
}

const FILL = `INSERT INTO executions (id, workflow_id, workflow_name, workflow_version, workflow_revision, status, activity,
  attention, seq, trigger_type, user_id, labels, total_nodes, completed_nodes, summary, error, created_at, updated_at,
  started_at, ended_at, run_at)
SELECT concat_ws('_', 'exec', wf, created, substr(md5(n::text), 1, 16)), wf, 'Workflow ' || wf, '1.0.0', 1, status,
  CASE WHEN status = 'running' THEN (ARRAY['executing', 'waiting', 'retrying'])[1 + n % 3] END,
  CASE WHEN status = 'failed' THEN CASE WHEN h % 100 = 0 THEN 'unknown' ELSE 'failed' END END,
  13, CASE WHEN t < 0.70 THEN 'api' WHEN t < 0.95 THEN 'schedule' WHEN t < 0.9999 THEN 'event' ELSE 'manual' END,
  CASE WHEN u < 0.4 THEN 'user' || floor(power(u / 0.4, 3) * 2000)::int END,
  CASE WHEN h % 10 < 3 THEN jsonb_build_object('team', 'team' || h % 7) ELSE '{}' END
    || CASE WHEN h % 5 = 0 THEN jsonb_build_object('order', 'o' || n) ELSE '{}' END,
  10, 10, CASE WHEN status = 'failed' THEN 'Pay: BUSY, no answer' END,
  CASE WHEN status = 'failed' THEN '{"message":"no answer","code":"BUSY","failedNodeId":"pay"}' END,
  created, created, CASE WHEN status <> 'pending' THEN created + 2 END,
  CASE WHEN status IN ('completed', 'failed', 'cancelled') THEN created + 2 + took END,
  CASE WHEN status = 'pending' THEN created + ${DAY_MS} END
FROM (SELECT n, abs(hashint4(n)::bigint) AS h, $3::bigint + (n * $4::float8)::bigint AS created, random() AS t,
    random() AS u, 'wf' || floor(${WORKFLOWS} * power(random(), 2))::int AS wf, exp(random() * 12)::bigint AS took,
    CASE WHEN n > $5::float8 THEN (ARRAY['running', 'paused', 'pending'])[1 + n % 3]
      WHEN r < 0.93 THEN 'completed' WHEN r < 0.985 THEN 'failed' ELSE 'cancelled' END AS status
  FROM (SELECT n, random() AS r FROM generate_series($1::int, $2::int) n) a) b`;
