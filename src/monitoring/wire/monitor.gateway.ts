import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { Log } from '../../config/logger.js';
import type { JsonObject } from '../../engine/json.js';
import { errorAnswer } from '../../http/error-answer.js';
import { codedDatabaseError } from '../../repositories/prisma-errors.js';
import { FeedSubscriptions } from '../feed-subscriptions.js';
import { PrometheusMetrics } from '../prometheus-metrics.js';
import { FeedAccess } from './feed-access.js';
import { FeedClient } from './feed-client.js';
import { MonitorBroadcaster } from './monitor-broadcaster.js';
import { readSubscribe, readUnsubscribe } from './read-message.js';
import { sourceOf } from './subscription-source.js';

/** Answers a message; absent: the client wants no answer. */
type AckFunction = ((answer: JsonObject) => void) | undefined;

/** The feed over Socket.io: who connects, and what they ask for. */
@WebSocketGateway({ namespace: '/monitor' })
export class MonitorGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
  /** Everybody who is connected. */
  @WebSocketServer()
  readonly namespace!: Namespace;
  private readonly clients = new WeakMap<Socket, FeedClient>();

  constructor(
    private readonly feeds: FeedSubscriptions,
    private readonly broadcaster: MonitorBroadcaster,
    private readonly access: FeedAccess,
    private readonly metrics: PrometheusMetrics,
    private readonly log: Log,
  ) {}

  afterInit(namespace: Namespace): void {
    namespace.use(({ handshake }, next) => {
      try {
        this.access.checkHandshake(handshake, handshake.auth);
        next();
      } catch (error) {
        const { code, message } = this.refusal(error);
        next(Object.assign(new Error(message), { data: { code, message } }));
      }
    });
  }

  handleConnection(socket: Socket): void {
    this.clients.set(socket, new FeedClient(socket, this.broadcaster));
    this.metrics.feedClients.inc();
  }

  handleDisconnect(socket: Socket): void {
    this.clients.get(socket)?.leave();
    this.metrics.feedClients.dec();
  }

  @SubscribeMessage('subscribe')
  subscribe(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
    @Ack() ack: AckFunction,
  ): Promise<void> {
    return this.answer(socket, ack, (client, tell) =>
      client.subscribe(sourceOf(this.feeds, readSubscribe(message)), tell),
    );
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
    @Ack() ack: AckFunction,
  ): Promise<void> {
    return this.answer(socket, ack, (client, tell) => client.unsubscribe(readUnsubscribe(message).executionId, tell));
  }

  private async answer(
    socket: Socket,
    ack: AckFunction,
    work: (client: FeedClient, tell: (answer: JsonObject) => void) => Promise<void>,
  ): Promise<void> {
    const client = this.clients.get(socket);
    if (!client) return;
    try {
      await work(client, (answer) => ack?.(answer));
    } catch (error) {
      ack?.({ ok: false, error: this.refusal(error) });
    }
  }

  private refusal(error: unknown): { code: string; message: string } {
    const { status, body } = errorAnswer(error, codedDatabaseError);
    if (status >= 500) this.log[status === 500 ? 'error' : 'warn']({ err: error }, body.message);
    return { code: body.error?.code ?? 'INTERNAL_ERROR', message: body.message };
  }
}
