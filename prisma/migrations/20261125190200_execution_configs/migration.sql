-- Configs that were corrected for single executions, whole, secrets and all: the journal has them masked.
CREATE TABLE execution_configs (
  id           TEXT NOT NULL,
  execution_id TEXT NOT NULL,
  config       TEXT NOT NULL,
  CONSTRAINT execution_configs_pkey PRIMARY KEY (id)
);

CREATE INDEX execution_configs_execution_idx ON execution_configs (execution_id);
