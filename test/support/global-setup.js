import '../../scripts/register-typescript.js';

/** Once for a run of Jest, in its first process. PostgreSQL itself is started when the first test asks for it. */
export default async function setUp() {
  const { TestPostgres } = await import('./test-postgres.ts');
  globalThis.testPostgres = await TestPostgres.offer();
}
