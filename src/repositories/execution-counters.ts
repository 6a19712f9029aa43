/** Stands for all workflows together: no workflow has this id. */
export const ALL_WORKFLOWS = '';

/** The groups of counters: by workflow, and of all workflows, which have a null for it. `more` are further columns. */
export const counterGroups = (more = ''): string =>
  `GROUP BY GROUPING SETS ((workflow_id, hour, status${more}), (hour, status${more}))`;

/** What stands in a counter's row already is added to. */
export const ADD_TO_COUNTERS = `ON CONFLICT (workflow_id, hour, status, instance_id) DO UPDATE SET
    count = c.count + excluded.count, duration_sum = c.duration_sum + excluded.duration_sum,
    histogram = add_histograms(c.histogram, excluded.histogram)`;

/**
 * The part of a statement that counts what its part `ends` gives: `workflow_id`, `status`, `ended_at` (null: not ended),
 * `duration` (ms), `times` (1 counts an end, -1 takes it back) and the `instance_id` whose row is written. Rows are written
 * in the order of their key, so that no two statements lock each other out.
 */
export const COUNT_ENDS = `counted AS (
  INSERT INTO execution_counters AS c (workflow_id, hour, status, instance_id, count, duration_sum, histogram)
  SELECT coalesce(workflow_id, '${ALL_WORKFLOWS}'), hour, status, instance_id, sum(times), sum(times * duration),
    duration_histogram(duration, times)
  FROM (SELECT *, ended_at / 3600000 AS hour FROM ends WHERE ended_at IS NOT NULL) e
  ${counterGroups(', instance_id')} ORDER BY 1, 2, 3, 4
  ${ADD_TO_COUNTERS})`;
