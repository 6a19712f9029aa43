import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Client, type ClientBase, type ClientConfig, Pool, type QueryConfig } from 'pg';
import { atMost } from '../../config/at-most.js';
import { Config } from '../../config/env.js';
import { Log } from '../../config/logger.js';
import { NodeError } from '../../engine/errors.js';

/** Connections to one database that nodes hold at once; others wait for a free one, within their limit. */
const MAX_CONNECTIONS = 5;
const IDLE_MS = 30_000;
const CONNECT_MS = 10_000;
const TIDY_MS = 5000;
const CLOSE_MS = 5000;

/**
 * A server on Linux looks once a second whether a client whose statement runs is still there, so what a node leaves
 * behind that was cut off lets go of its locks soon. Others have no such setting, or none that works.
 * @see https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
 */
const WATCH_CLIENT = `SELECT set_config('client_connection_check_interval', '1s', false)
  WHERE current_setting('server_version_num')::int >= 140000 AND version() LIKE '%linux%'`;

/** One of the databases that nodes may use. */
export interface DatabaseConnection {
  name: string;
  pool: Pool;
  /** What is known of its types: the OID of an array's elements by that of the array, null for a type that is none. */
  elementTypes: Map<number, number | null>;
}

/** The databases that nodes may use by name; connections are made when they are first wanted. */
@Injectable()
export class DatabaseConnections implements OnApplicationShutdown {
  private readonly opened = new Map<string, DatabaseConnection>();

  constructor(
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** @throws NodeError INVALID_CONFIG for a name that the settings do not list */
  get(name: string): DatabaseConnection {
    const known = this.opened.get(name);
    if (known) return known;
    const url = this.config.databaseConnections.get(name);
    if (url === undefined) throw this.unknown(name);
    const connection = { name, pool: this.openPool(name, url), elementTypes: new Map<number, number | null>() };
    this.opened.set(name, connection);
    return connection;
  }

  /** Closes what is idle at once, and what is still in use when it is given back; waits five seconds at most. */
  async onApplicationShutdown(): Promise<void> {
    const ended = [...this.opened.values()].map(({ pool }) => pool.end());
    this.opened.clear();
    await atMost(CLOSE_MS, Promise.all(ended));
  }

  private unknown(name: string): NodeError {
    const names = [...this.config.databaseConnections.keys()];
    const known = names.length > 0 ? `known are ${names.join(', ')}` : 'it lists none';
    const message = `connection: DATABASE_CONNECTIONS has no ${JSON.stringify(name.slice(0, 200))}; ${known}`;
    return new NodeError('INVALID_CONFIG', message, { effect: 'none' });
  }

  private openPool(name: string, connectionString: string): Pool {
    const pool = new Pool({
      connectionString,
      application_name: 'retrace',
      max: MAX_CONNECTIONS,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      Client: ConnectingClient,
      // The pool waits for what this returns, also where its type does not say so.
      onConnect: (client): unknown => prepareSession(client),
    });
    // Without a listener a connection that breaks would end the process; the statement that it breaks fails on its own.
    pool.on('error', (error) => {
      if (!pool.ending)
        this.log.warn({ connection: name, reason: error.message }, "an idle connection to a node's database broke");
    });
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }
}

/** Gives up connecting after a while. The pool's own limit would also end the wait for a free connection. */
class ConnectingClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_MS });
  }
}

/** Sets a new session up. */
async function prepareSession(client: ClientBase): Promise<void> {
  await client.query(bounded(WATCH_CLIENT));
}

/** Makes a session as a new one: what one node set in it does not reach the next one. */
export async function renewSession(client: ClientBase): Promise<void> {
  await client.query(bounded('DISCARD ALL'));
  await prepareSession(client);
}

/** A statement that only keeps a connection in order, which must not take long. */
export function bounded(text: string): QueryConfig {
  const config = { text, query_timeout: TIDY_MS };
  return config;
}
