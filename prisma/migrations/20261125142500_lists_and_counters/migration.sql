-- What GET /executions sorts by beside the creation: the start, or the planned one until then, and the time it took.
ALTER TABLE executions
  ADD COLUMN start_time BIGINT NOT NULL GENERATED ALWAYS AS (coalesce(started_at, greatest(run_at, created_at))) STORED,
  ADD COLUMN duration BIGINT GENERATED ALWAYS AS (ended_at - coalesce(started_at, ended_at)) STORED;

-- An index of what has ended is paid once an execution, at its end. What has not ended is a small part: all its filters
-- and sorts go through one index. Where a list cannot begin at its filter it walks its sort, so these carry the columns
-- that are filtered most, and the walk reads the index alone.
DROP INDEX executions_created_at_id_idx;
DROP INDEX executions_workflow_id_created_at_idx;

-- Whatever has not ended: every list, and what the statistics count beside the counters.
CREATE INDEX executions_open_idx ON executions (created_at, id) WHERE ended_at IS NULL;
-- GET /executions in its default order (sortBy=createdAt).
CREATE INDEX executions_ended_created_at_idx ON executions (created_at, id) INCLUDE (start_time)
  WHERE ended_at IS NOT NULL;
-- sortBy=startTime, startTimeFrom and startTimeTo.
CREATE INDEX executions_ended_start_time_idx ON executions (start_time, id) INCLUDE (created_at, workflow_id, status)
  WHERE ended_at IS NOT NULL;
-- sortBy=duration.
CREATE INDEX executions_ended_duration_idx ON executions (duration, id) INCLUDE (created_at, workflow_id, status)
  WHERE ended_at IS NOT NULL;
-- workflowId=, search= by the workflow's name, and the statuses of a workflow's last executions in GET /workflows.
CREATE INDEX executions_workflow_id_idx ON executions (workflow_id, created_at, id, status);
-- status=
CREATE INDEX executions_ended_status_idx ON executions (status, created_at, id) WHERE ended_at IS NOT NULL;
-- activity=
CREATE INDEX executions_ended_activity_idx ON executions (activity, created_at, id)
  WHERE ended_at IS NOT NULL AND activity IS NOT NULL;
-- attention=
CREATE INDEX executions_ended_attention_idx ON executions (attention, created_at, id)
  WHERE ended_at IS NOT NULL AND attention IS NOT NULL;
-- triggerType=
CREATE INDEX executions_ended_trigger_type_idx ON executions (trigger_type, created_at, id) WHERE ended_at IS NOT NULL;
-- userId=
CREATE INDEX executions_ended_user_id_idx ON executions (user_id, created_at, id)
  WHERE ended_at IS NOT NULL AND user_id IS NOT NULL;
-- label.<name>=
CREATE INDEX executions_labels_idx ON executions USING gin (labels jsonb_path_ops) WHERE labels <> '{}';
-- POST /executions/cleanup and retention, the hours that a range of the statistics cuts, and the check of the counters.
CREATE INDEX executions_ended_at_idx ON executions (ended_at) INCLUDE (workflow_id, status, duration)
  WHERE ended_at IS NOT NULL;

-- Every name that a workflow has had: search= looks for part of a name here, where the names are few.
CREATE TABLE workflow_names (
  workflow_id TEXT COLLATE "C" NOT NULL,
  name        TEXT NOT NULL,
  CONSTRAINT workflow_names_pkey PRIMARY KEY (workflow_id, name)
);

INSERT INTO workflow_names SELECT id, name FROM workflows;
INSERT INTO workflow_names SELECT DISTINCT workflow_id, workflow_name FROM executions ON CONFLICT DO NOTHING;

-- A trigger, so that whoever writes a workflow's name, it is found.
CREATE FUNCTION keep_workflow_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO workflow_names VALUES (NEW.id, NEW.name) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER workflows_keep_name AFTER INSERT OR UPDATE OF name ON workflows
  FOR EACH ROW EXECUTE FUNCTION keep_workflow_name();

-- How many executions have ended, by workflow, hour of the end and status: GET /executions/stats. Kept by the batch that
-- ends an execution, taken back by the one that goes on with it and by its deletion, each in the row of its instance, so
-- that no two instances wait for each other; a row alone may be negative, the sum over the instances is what holds. A
-- workflow_id of '' stands for all workflows together, an instance_id of '' for all instances that are gone.
CREATE TABLE execution_counters (
  workflow_id  TEXT COLLATE "C" NOT NULL,
  hour         BIGINT NOT NULL,   -- of the end: epoch ms / 3,600,000
  status       TEXT NOT NULL,
  instance_id  TEXT COLLATE "C" NOT NULL,
  count        BIGINT NOT NULL,
  duration_sum BIGINT NOT NULL,   -- ms
  histogram    INTEGER[] NOT NULL, -- of the durations, by logarithmic step
  CONSTRAINT execution_counters_pkey PRIMARY KEY (workflow_id, hour, status, instance_id),
  CONSTRAINT execution_counters_status_check CHECK (status IN ('completed', 'failed', 'cancelled'))
) WITH (fillfactor = 50);

-- GET /executions/stats?from=&to= over all workflows.
CREATE INDEX execution_counters_hour_idx ON execution_counters (hour);

-- The step of a histogram that a duration (ms) falls into: as src/engine/progress/duration-histogram.ts has it, which
-- says what the steps are; a test holds the two together. The trifle makes up for what ln() loses at powers of two.
CREATE FUNCTION duration_step(duration BIGINT) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN duration < 1 THEN 0
    ELSE 1 + floor(ln(least(duration, 17179869184)::float8) / ln(2::float8) * 6 + 1e-12)::integer END
$$;

CREATE FUNCTION count_duration(histogram INTEGER[], duration BIGINT, times INTEGER) RETURNS INTEGER[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  place INTEGER := duration_step(duration) + 1;
  missing INTEGER := place - cardinality(histogram);
BEGIN
  IF missing > 0 THEN
    histogram := histogram || array_fill(0, ARRAY[missing]);
  END IF;
  histogram[place] := histogram[place] + times;
  RETURN histogram;
END $$;

-- The histogram of durations, each counted so many times; a negative number takes it back.
CREATE AGGREGATE duration_histogram(duration BIGINT, times INTEGER) (
  SFUNC = count_duration, STYPE = INTEGER[], INITCOND = '{}', PARALLEL = SAFE
);

-- Step by step; the result is as long as the longer one.
CREATE FUNCTION add_histograms(histogram INTEGER[], more INTEGER[]) RETURNS INTEGER[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  missing INTEGER := cardinality(more) - cardinality(histogram);
BEGIN
  IF missing > 0 THEN
    histogram := histogram || array_fill(0, ARRAY[missing]);
  END IF;
  FOR place IN 1 .. cardinality(more) LOOP
    IF more[place] <> 0 THEN
      histogram[place] := histogram[place] + more[place];
    END IF;
  END LOOP;
  RETURN histogram;
END $$;

CREATE AGGREGATE sum_histograms(histogram INTEGER[]) (
  SFUNC = add_histograms, STYPE = INTEGER[], INITCOND = '{}', PARALLEL = SAFE
);

INSERT INTO execution_counters
  SELECT coalesce(workflow_id, ''), hour, status, '', count(*), sum(duration), duration_histogram(duration, 1)
  FROM (SELECT *, ended_at / 3600000 AS hour FROM executions WHERE ended_at IS NOT NULL) e
  GROUP BY GROUPING SETS ((workflow_id, hour, status), (hour, status));
