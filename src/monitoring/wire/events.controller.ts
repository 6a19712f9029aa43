import { Controller, Get, Headers, Query, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ServerState } from '../../config/server-state.js';
import { RawAnswer } from '../../http/envelope.js';
import { Operation } from '../../http/openapi/operation.js';
import { FeedSubscriptions } from '../feed-subscriptions.js';
import { EventPoll, type PolledEvents } from './event-poll.js';
import { EventStreams } from './event-streams.js';
import { filterOf } from './feed.query.js';
import * as operations from './openapi/events.operations.js';
import { PollEventsQuery } from './poll-events.query.js';
import { StreamEventsQuery } from './stream-events.query.js';

/** The feed without Socket.io. */
@Controller('events')
export class EventsController {
  constructor(
    private readonly feeds: FeedSubscriptions,
    private readonly streams: EventStreams,
    private readonly state: ServerState,
  ) {}

  @Get()
  @Operation(operations.pollEvents)
  poll(@Query() query: PollEventsQuery, @Res({ passthrough: true }) reply: FastifyReply): Promise<PolledEvents> {
    const hungUp = new AbortController();
    reply.raw.once('close', () => hungUp.abort());
    const giveUp = [hungUp.signal, this.state.stopping];
    const { after, wait } = query;
    return new EventPoll().ask(this.feeds, filterOf(query), { after, waitMs: wait * 1000, giveUp });
  }

  @Get('stream')
  @Operation(operations.streamEvents)
  @RawAnswer()
  async stream(
    @Query() query: StreamEventsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const [after, field] = lastEventId ? [lastEventId, 'Last-Event-ID'] : [query.after, 'after'];
    const stream = await this.streams.open(filterOf(query), after, field);
    // Nobody reads the answer of a client that is gone, nor that of a HEAD request.
    if (reply.raw.destroyed) stream.destroy();
    if (reply.request.method === 'HEAD') stream.end();
    void reply.headers({ 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' });
    return new StreamableFile(stream, { type: 'text/event-stream; charset=utf-8' });
  }
}
