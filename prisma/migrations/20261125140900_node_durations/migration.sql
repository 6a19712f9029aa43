-- How long each node of a workflow has taken and how often it failed. Added up in memory by each instance, flushed once a
-- second, summed when read. An instance_id of '' stands for all instances that are gone, here and in workflow_usage.
CREATE TABLE node_durations (
  workflow_id TEXT COLLATE "C" NOT NULL,
  node_id     TEXT COLLATE "C" NOT NULL,
  instance_id TEXT COLLATE "C" NOT NULL,
  count       BIGINT NOT NULL DEFAULT 0, -- how often it has ended
  failures    BIGINT NOT NULL DEFAULT 0,
  histogram   BIGINT[] NOT NULL DEFAULT ARRAY[]::BIGINT[], -- of the durations of what did not fail, by logarithmic step
  CONSTRAINT node_durations_pkey PRIMARY KEY (workflow_id, node_id, instance_id)
);
