-- Commands that were sent to another instance than the one that drives their execution, and those that came with an
-- Idempotency-Key, each with its answer. Its id stands in the event that it caused. Those with a key go with their
-- execution, the others after an hour.
CREATE TABLE execution_commands (
  id           TEXT COLLATE "C" NOT NULL,
  execution_id TEXT COLLATE "C" NOT NULL,
  kind         TEXT NOT NULL,
  body         TEXT NOT NULL,         -- JSON: the command without its kind and its actor
  expected_seq INTEGER,               -- If-Match
  actor        TEXT,
  key          TEXT COLLATE "C",      -- Idempotency-Key
  created_at   TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  wanted_until TIMESTAMPTZ(3) NOT NULL, -- nobody waits for it any longer: it must not be carried out after that
  taken_by     TEXT COLLATE "C",      -- the instance that is carrying it out
  answer       TEXT,                  -- JSON: the seq that it led to, or why it was refused
  answered_at  TIMESTAMPTZ(3),
  CONSTRAINT execution_commands_pkey PRIMARY KEY (id),
  CONSTRAINT execution_commands_answer_check CHECK ((answer IS NULL) = (answered_at IS NULL))
);

-- The same key again; and deletion.
CREATE UNIQUE INDEX execution_commands_key_idx ON execution_commands (execution_id, key) WHERE key IS NOT NULL;
-- What an instance has to carry out: it looks five times a second.
CREATE INDEX execution_commands_wanted_idx ON execution_commands (wanted_until) WHERE answered_at IS NULL;
-- The deletion of those without a key.
CREATE INDEX execution_commands_unkeyed_idx ON execution_commands (created_at) WHERE key IS NULL;
