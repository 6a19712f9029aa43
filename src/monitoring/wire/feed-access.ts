import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/env.js';
import { ServerState } from '../../config/server-state.js';
import { EngineError } from '../../engine/errors.js';
import { type AccessCheck, accessCheck } from '../../http/access.js';

/** The feed over HTTP: who may read that may connect. */
const FEED_ROUTE = '/api/v2/events';

/** Who may connect to the feed: whoever may call the HTTP API. */
@Injectable()
export class FeedAccess {
  private readonly mayCall: AccessCheck;

  constructor(
    private readonly config: Config,
    private readonly state: ServerState,
  ) {
    this.mayCall = accessCheck(config);
  }

  /**
   * Before there is a connection: foreign names and origins in local mode. A token is not there yet.
   * @throws EngineError FORBIDDEN, SERVICE_UNAVAILABLE
   */
  checkConnection({ headers }: Pick<IncomingMessage, 'headers'>): void {
    if (this.state.current === 'stopping') throw new EngineError('SERVICE_UNAVAILABLE', 'The server is stopping');
    if (this.config.apiToken === undefined) this.check(headers, undefined);
  }

  /**
   * At the handshake of the namespace.
   * @param auth what the client gave as its credentials: `{ token }`
   * @throws EngineError FORBIDDEN, UNAUTHORIZED
   */
  checkHandshake({ headers }: Pick<IncomingMessage, 'headers'>, auth: { token?: unknown }): void {
    const { token } = auth;
    this.check(headers, typeof token === 'string' ? `Bearer ${token}` : headers.authorization);
  }

  private check({ host, origin }: IncomingMessage['headers'], authorization: string | undefined): void {
    this.mayCall({ method: 'GET', url: FEED_ROUTE, route: FEED_ROUTE, host, origin, authorization });
  }
}
