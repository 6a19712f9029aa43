import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Server, type ServerOptions } from 'socket.io';
import { atMost } from '../../config/at-most.js';
import { Config } from '../../config/env.js';
import { relayParser } from './encoded-packets.js';
import { FeedAccess } from './feed-access.js';
import { takeAsRequest } from './take-as-request.js';

const PATH = '/socket.io';
/** A hundred ids of executions are half of it. */
const LARGEST_MESSAGE = 128 * 1024;
/** A connection that asks for no namespace is of no use. */
const CONNECT_MS = 10_000;
/** What does not read cannot say goodbye either. */
const GOODBYE_MS = 500;

/** Socket.io on the port of the HTTP API. */
export class SocketAdapter extends IoAdapter {
  /** Connections that are no HTTP any more: nobody else closes them. */
  private readonly upgraded = new Set<Duplex>();

  constructor(private readonly app: NestFastifyApplication) {
    super(app);
  }

  override createIOServer(_port: number, options?: ServerOptions): Server {
    const http = this.app.getHttpServer() as HttpServer;
    const io = new Server(http, { ...options, ...this.settings() });
    // A handshake with any other namespace than those of gateways is refused; this one would be there by itself.
    io.of('/').use((_socket, next) => next(new Error('There is nothing here: the feed is /monitor')));
    http.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
    return io;
  }

  /**
   * Closes the connections, not the HTTP server. Clients see it as a connection that broke: they come again by themselves,
   * which they would not when told to go.
   */
  override async close(server: Server): Promise<void> {
    if (!(server instanceof Server)) return;
    const gone = Promise.all(
      [...this.upgraded].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    server.engine.close();
    await atMost(GOODBYE_MS, gone);
    for (const socket of this.upgraded) socket.destroy();
  }

  private settings(): Partial<ServerOptions> {
    const { corsOrigins } = this.app.get(Config);
    const access = this.app.get(FeedAccess);
    return {
      path: PATH,
      serveClient: false,
      parser: relayParser,
      maxHttpBufferSize: LARGEST_MESSAGE,
      connectTimeout: CONNECT_MS,
      // What else asks for another protocol is taken below.
      destroyUpgrade: false,
      ...(corsOrigins.length > 0 && { cors: { origin: [...corsOrigins] } }),
      allowRequest: (request, decide) => {
        try {
          access.checkConnection(request);
          decide(null, true);
        } catch (error) {
          decide((error as Error).message, false);
        }
      },
    };
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!request.url?.startsWith(`${PATH}/`)) {
      takeAsRequest(this.app.getHttpServer() as HttpServer, request, socket, head);
      return;
    }
    this.upgraded.add(socket);
    socket.once('close', () => this.upgraded.delete(socket));
  }
}
