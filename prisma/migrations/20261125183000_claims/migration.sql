-- How often in a row an instance died while it drove the execution, without one of its nodes ending: what kills its
-- process is paused after ten times.
ALTER TABLE executions ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;

-- Claiming what is due, by priority, then due time: whoever has a place takes the first, however many wait.
CREATE INDEX executions_due_idx ON executions (priority DESC, wake_at) WHERE wake_at IS NOT NULL;
DROP INDEX executions_wake_at_idx;
