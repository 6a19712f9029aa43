import type { FeedEvent } from '../../src/monitoring/feed-event.js';
import { FeedTestClient, journaledOf } from './feed-client.js';
import { SseTestClient } from './sse-client.js';

/** A client that goes on where it was whenever its connection breaks, on whichever server there is then. */
export interface ResumingFeed {
  readonly events: readonly FeedEvent[];
  /** It knows where it begins. */
  readonly isReady: boolean;
  /** Breaks the connection. */
  cut(): void;
  close(): void;
}

/** @param serverUrl of a server that lives, asked at each connection */
export function resumingSocket(serverUrl: () => string, executionId: string, batch: boolean): ResumingFeed {
  const events: FeedEvent[] = [];
  let cursor: string | undefined;
  let isOver = false;
  let client: FeedTestClient | undefined;

  const connect = () => {
    if (isOver) return;
    const mine = FeedTestClient.of(serverUrl(), { reconnection: false });
    client = mine;
    const take = (list: readonly FeedEvent[]) => {
      if (client === mine) events.push(...list);
    };
    mine.socket.on('event', (event: FeedEvent) => take([event]));
    mine.socket.on('events', take);
    mine.socket.once('disconnect', connect);
    mine.socket.once('connect_error', () => void setTimeout(connect, 50));
    const last = events.at(-1);
    const after =
      executionId === '*'
        ? { afterCursor: last?.cursor ?? cursor }
        : { afterSeq: journaledOf(events, executionId).at(-1)?.seq ?? 0 };
    mine.ask('subscribe', { executionId, batch, ...after }).then(
      (ack) => {
        if (!ack.ok || ack.gap || ack.reset) throw new Error(`The feed does not go on: ${JSON.stringify(ack)}`);
        cursor ??= ack.cursor;
      },
      () => undefined,
    );
  };
  connect();
  return {
    events,
    get isReady() {
      return cursor !== undefined || executionId !== '*';
    },
    cut: () => client?.socket.io.engine.close(),
    close: () => {
      isOver = true;
      client?.close();
    },
  };
}

/** The same over server-sent events. */
export function resumingStream(serverUrl: () => string): ResumingFeed {
  const events: FeedEvent[] = [];
  let lastEventId = '';
  let isOver = false;
  let stream: SseTestClient | undefined;

  const follow = async () => {
    while (!isOver) {
      const headers: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
      try {
        stream = await SseTestClient.open(`${serverUrl()}/api/v2/events/stream`, headers);
        await stream.ended;
        events.push(...stream.events);
        lastEventId = stream.lastEventId || lastEventId;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  void follow();
  return {
    get events() {
      return [...events, ...(isOver ? [] : (stream?.events ?? []))];
    },
    get isReady() {
      return (stream?.lastEventId ?? '') !== '';
    },
    cut: () => stream?.close(),
    close: () => {
      isOver = true;
      stream?.close();
    },
  };
}
