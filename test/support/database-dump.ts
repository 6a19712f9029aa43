import type { Pool } from 'pg';

/** What instances renew by themselves, and the numbers of batches. */
const LEFT_OUT = new Set(['instances', 'journal_batches', '_prisma_migrations']);

/** Every row of every table, by table, in the order of their text. */
export async function dumpDatabase(pool: Pool): Promise<Record<string, string[]>> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  const tables = rows.map(({ name }) => name).filter((name) => !LEFT_OUT.has(name));
  const dump: Record<string, string[]> = {};
  for (const table of tables) {
    const result = await pool.query<{ row: string }>(`SELECT t::text AS row FROM "${table}" t ORDER BY 1`);
    dump[table] = result.rows.map(({ row }) => row);
  }
  return dump;
}
