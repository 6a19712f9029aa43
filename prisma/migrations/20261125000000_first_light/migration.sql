-- Ids, and whatever is sorted or searched by prefix, are COLLATE "C": a prefix search cannot use an index under another collation.
-- JSON that nothing in the database looks into is text: jsonb is slower to insert and refuses \u0000.
-- Times are epoch milliseconds, except where the database's own clock decides (instances).

CREATE TABLE workflows (
  id           TEXT COLLATE "C" NOT NULL,
  revision     INTEGER NOT NULL,
  name         TEXT NOT NULL,
  description  TEXT NOT NULL DEFAULT '',
  author       TEXT,
  category     TEXT,
  tags         TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  status       TEXT NOT NULL,
  is_published BOOLEAN NOT NULL,
  is_draft     BOOLEAN NOT NULL,
  head         TEXT NOT NULL, -- the document without nodes and edges: what lists show
  stats        TEXT NOT NULL, -- the validation's stats of the current revision
  size_bytes   INTEGER NOT NULL,
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  deleted_at   BIGINT,
  CONSTRAINT workflows_pkey PRIMARY KEY (id),
  CONSTRAINT workflows_status_check CHECK (status IN ('active', 'inactive', 'deprecated')),
  CONSTRAINT workflows_revision_check CHECK (revision >= 1)
);

-- The default list: GET /workflows, newest change first.
CREATE INDEX workflows_updated_at_id_idx ON workflows (updated_at, id);

-- Immutable; kept as long as an execution names it.
CREATE TABLE workflow_revisions (
  workflow_id TEXT COLLATE "C" NOT NULL,
  revision    INTEGER NOT NULL,
  content     TEXT NOT NULL, -- nodes, edges, settings and version of the document
  version     TEXT NOT NULL,
  changelog   TEXT,
  author      TEXT,
  total_nodes INTEGER NOT NULL,
  created_at  BIGINT NOT NULL,
  CONSTRAINT workflow_revisions_pkey PRIMARY KEY (workflow_id, revision)
);

-- Added up in memory by each instance, flushed once a second, summed when read.
CREATE TABLE workflow_usage (
  workflow_id      TEXT COLLATE "C" NOT NULL,
  instance_id      TEXT COLLATE "C" NOT NULL,
  used             BIGINT NOT NULL DEFAULT 0,
  completed        BIGINT NOT NULL DEFAULT 0,
  failed           BIGINT NOT NULL DEFAULT 0,
  duration_sum     BIGINT NOT NULL DEFAULT 0, -- ms, of the completed ones
  last_executed_at BIGINT,
  CONSTRAINT workflow_usage_pkey PRIMARY KEY (workflow_id, instance_id)
);

-- One row an execution: what lists and filters read, who drives it and when it is due. The truth is its journal.
CREATE TABLE executions (
  id                TEXT COLLATE "C" NOT NULL,
  workflow_id       TEXT COLLATE "C" NOT NULL,
  workflow_name     TEXT NOT NULL,
  workflow_version  TEXT NOT NULL,
  workflow_revision INTEGER NOT NULL,
  status            TEXT NOT NULL,
  activity          TEXT,
  attention         TEXT,
  seq               INTEGER NOT NULL,
  priority          INTEGER NOT NULL DEFAULT 0,
  trigger_type      TEXT NOT NULL,
  user_id           TEXT,
  user_name         TEXT,
  labels            JSONB NOT NULL DEFAULT '{}',
  total_nodes       INTEGER NOT NULL,
  completed_nodes   INTEGER NOT NULL DEFAULT 0,
  failed_nodes      INTEGER NOT NULL DEFAULT 0,
  skipped_nodes     INTEGER NOT NULL DEFAULT 0,
  running_nodes     INTEGER NOT NULL DEFAULT 0,
  summary           TEXT,          -- one line: the error, or what it waits for
  error             TEXT,
  run_at            BIGINT,
  created_at        BIGINT NOT NULL,
  updated_at        BIGINT NOT NULL,
  started_at        BIGINT,
  ended_at          BIGINT,
  owner             TEXT COLLATE "C", -- the instance that holds it in memory
  wake_at           BIGINT,        -- the earliest due time while nobody holds it; null while paused or ended
  idempotency_key   TEXT COLLATE "C",
  body_hash         TEXT,          -- of the canonical body that came with the key
  CONSTRAINT executions_pkey PRIMARY KEY (id),
  CONSTRAINT executions_status_check CHECK (status IN ('pending', 'running', 'paused', 'completed', 'failed', 'cancelled')),
  CONSTRAINT executions_ended_check CHECK ((ended_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled'))),
  CONSTRAINT executions_wake_check CHECK (wake_at IS NULL OR status IN ('pending', 'running'))
) WITH (fillfactor = 85);

-- GET /executions in its default order, and by time of creation.
CREATE INDEX executions_created_at_id_idx ON executions (created_at, id);
-- GET /executions?workflowId=, and the last executions of a workflow.
CREATE INDEX executions_workflow_id_created_at_idx ON executions (workflow_id, created_at);
-- Claiming what belonged to an instance that died, and the count of what each drives.
CREATE INDEX executions_owner_idx ON executions (owner) WHERE owner IS NOT NULL;
-- Claiming what is due: queued, scheduled, waiting far away.
CREATE INDEX executions_wake_at_idx ON executions (wake_at) WHERE wake_at IS NOT NULL;
-- POST /executions with an Idempotency-Key.
CREATE UNIQUE INDEX executions_idempotency_key_key ON executions (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- The journal. A row is a chunk: what one execution added to one batch, its events as one JSON array.
-- The key is a guard too: two writers that go on from the same seq collide.
CREATE TABLE execution_events (
  execution_id TEXT COLLATE "C" NOT NULL,
  first_seq    INTEGER NOT NULL,
  last_seq     INTEGER NOT NULL,
  events       TEXT NOT NULL,
  CONSTRAINT execution_events_pkey PRIMARY KEY (execution_id, first_seq),
  CONSTRAINT execution_events_seq_check CHECK (first_seq >= 1 AND last_seq >= first_seq)
);

-- One row a batch, written first in its own statement: the guard of a batch that is sent again, and what followers read.
CREATE TABLE journal_batches (
  writer        TEXT COLLATE "C" NOT NULL,
  no            BIGINT NOT NULL,
  execution_ids TEXT[] NOT NULL,
  from_seqs     INTEGER[] NOT NULL,
  to_seqs       INTEGER[] NOT NULL,
  created_at    TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT journal_batches_pkey PRIMARY KEY (writer, no)
);

CREATE TABLE execution_logs (
  execution_id TEXT COLLATE "C" NOT NULL,
  id           BIGINT GENERATED BY DEFAULT AS IDENTITY,
  node_id      TEXT,
  timestamp    BIGINT NOT NULL,
  level        TEXT NOT NULL,
  message      TEXT NOT NULL,
  data         TEXT,
  CONSTRAINT execution_logs_pkey PRIMARY KEY (execution_id, id),
  CONSTRAINT execution_logs_level_check CHECK (level IN ('debug', 'info', 'warn', 'error'))
);

-- Who writes. A batch takes its row FOR KEY SHARE; a row that is not alive fences its instance off.
CREATE TABLE instances (
  id           TEXT COLLATE "C" NOT NULL,
  host         TEXT NOT NULL,
  boot_id      TEXT NOT NULL,
  pid          INTEGER NOT NULL,
  pid_start    TEXT NOT NULL, -- the process's start time, so that a pid used again is told apart
  state        TEXT NOT NULL DEFAULT 'alive',
  started_at   TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  heartbeat_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT instances_pkey PRIMARY KEY (id),
  CONSTRAINT instances_state_check CHECK (state IN ('alive', 'dead'))
);
