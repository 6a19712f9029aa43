-- An execution that is paused or has ended is taken up again too while it is being rolled back: an instance that stops
-- leaves the rest to another one.
ALTER TABLE executions DROP CONSTRAINT executions_wake_check;
ALTER TABLE executions ADD CONSTRAINT executions_wake_check
  CHECK (wake_at IS NULL OR status IN ('pending', 'running') OR activity IN ('rolling-back', 'cancelling'));
