-- What was measured while an execution ran: a row every METRICS_INTERVAL_MS, thinned out once there are a thousand. The
-- sample at its end is in its journal. CPU is a share of all cores; what follows from other columns is not stored.
CREATE TABLE execution_metrics (
  execution_id   TEXT COLLATE "C" NOT NULL,
  timestamp      BIGINT NOT NULL,
  duration       BIGINT NOT NULL,  -- ms since the start
  memory_used    BIGINT NOT NULL,  -- bytes
  memory_total   BIGINT NOT NULL,
  bytes_received BIGINT NOT NULL,  -- by its nodes, since the start
  bytes_sent     BIGINT NOT NULL,
  request_count  INTEGER NOT NULL,
  cpu_user       REAL NOT NULL,    -- percent
  cpu_system     REAL NOT NULL,
  throughput     REAL NOT NULL,    -- nodes a second
  CONSTRAINT execution_metrics_pkey PRIMARY KEY (execution_id, timestamp)
);
