import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../src/database/connection.js';

/** Stands between a client and PostgreSQL, and breaks off when it is told to. */
export interface DatabaseProxy {
  /** Of the same database, through the proxy. */
  url: string;
  /** The next time that a client sends this, it reaches the server, whose answer is cut off. Resolves when it was sent. */
  cutAnswerTo(text: string): Promise<void>;
  /** The next time that a client sends this, the answer is held back until the client goes. Resolves when it was sent. */
  holdAnswerTo(text: string): Promise<void>;
  /** The next time that a client sends this, it does not reach the server, nor does what follows. Resolves when it was sent. */
  withhold(text: string): Promise<void>;
  /** Cuts one connection, the first for 0 and the last for almost 1, or all that there are. */
  cut(which: number | 'all'): void;
  /** Passes nothing on for so long, in ms, in either direction and on new connections too. */
  stall(ms: number): Promise<void>;
  /** Takes no new connection for so long, in ms. */
  refuse(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What becomes of a connection that has sent the text of a trap. */
type Trapped = 'cut' | 'hold' | 'withhold';

/** Starts a proxy on loopback for a database behind a socket or a port. */
export async function startDatabaseProxy(connection: Connection): Promise<DatabaseProxy> {
  const { host = '127.0.0.1', port = 5432, user, password, database } = connection;
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let stalledUntil = 0;
  let refusedUntil = 0;
  let trap: { text: string; then: Trapped; sprung: () => void } | undefined;
  const proxy = createServer((client) => {
    if (performance.now() < refusedUntil) return void client.on('error', () => undefined).destroy();
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const server = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    let trapped: Trapped | undefined;
    client.on('data', (data) => {
      if (trap && data.includes(trap.text)) {
        trapped = trap.then;
        trap.sprung();
        trap = undefined;
      }
      if (trapped !== 'withhold') server.write(data);
    });
    server.on('data', (data) => {
      if (trapped === 'cut') client.destroy();
      else if (trapped !== 'hold') client.write(data);
    });
    for (const [socket, peer] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      if (performance.now() < stalledUntil) socket.pause();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        peer.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port: ownPort } = proxy.address() as AddressInfo;
  const secret = typeof password === 'string' ? `:${password}` : '';
  const close = () =>
    new Promise<void>((resolve) => {
      proxy.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    url: `postgresql://${user}${secret}@127.0.0.1:${ownPort}/${database}`,
    cutAnswerTo: (text) => new Promise((sprung) => (trap = { text, then: 'cut', sprung })),
    holdAnswerTo: (text) => new Promise((sprung) => (trap = { text, then: 'hold', sprung })),
    withhold: (text) => new Promise((sprung) => (trap = { text, then: 'withhold', sprung })),
    cut: (which) => {
      const all = [...clients];
      for (const client of which === 'all' ? all : all.slice(Math.floor(which * all.length)).slice(0, 1))
        client.destroy();
    },
    stall: async (ms) => {
      stalledUntil = performance.now() + ms;
      for (const socket of sockets) socket.pause();
      await delay(ms);
      for (const socket of sockets) socket.resume();
    },
    refuse: async (ms) => {
      refusedUntil = performance.now() + ms;
      await delay(ms);
    },
    close,
  };
}
