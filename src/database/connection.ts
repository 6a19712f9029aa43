import type { ClientConfig } from 'pg';

/** How a client of `pg` reaches the database. */
export type Connection = Pick<ClientConfig, 'connectionString' | 'host' | 'port' | 'user' | 'password' | 'database'>;
