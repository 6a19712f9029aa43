import type { Connection } from '../../src/database/connection.js';

/** A connection as a DATABASE_URL, also one by a socket's folder. */
export function connectionUrl({ host = '', port, user, password, database }: Connection): string {
  const secret = typeof password === 'string' ? `:${password}` : '';
  return `postgresql://${user}${secret}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}
