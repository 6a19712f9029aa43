/**
 * For tables with one row an instance: the beginning of a statement that deletes the rows of instances that are no longer
 * alive, as `gone`, to add them to the row of '' ; every start of a server is another instance, so they would only grow.
 * Who comes while another one does it finds none. `table` is a name of our own.
 */
export function takeGone(table: string): string {
  return `WITH turn AS MATERIALIZED (
      SELECT pg_try_advisory_xact_lock(hashtext('${table}')) AS mine
    ), gone AS (
      DELETE FROM ${table} t WHERE (SELECT mine FROM turn) AND t.instance_id <> ''
        AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.id = t.instance_id AND i.state = 'alive')
      RETURNING *
    )`;
}
