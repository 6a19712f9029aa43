/** A process that holds an embedded PostgreSQL until its standard input ends: `node embedded-server.ts <DATA_DIR>`. */
import { createLog } from '../../src/config/logger.js';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';

try {
  const postgres = await EmbeddedPostgres.start(process.argv[2] as string, createLog('silent'));
  process.stdout.write(`${JSON.stringify(postgres.connection)}\n`);
  process.stdin.resume().once('end', () => void postgres.stop());
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
}
