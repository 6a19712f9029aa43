import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../config/logger.js';
import type { ClientFeed } from './client-feed.js';
import type { FeedPosition } from './feed-cursor.js';
import type { JournalFollower } from './journal-follower.js';
import { TooFarBehind } from './journal-reader.js';

const RETRY_MS = 500;
/** Of one who catches up; there may be many of them. */
const FOLDS_BYTES = 16 * 1024 * 1024;

/**
 * Sends what a client has missed, at its own pace, and then joins exactly where the others are. Its events are kept from the
 * moment of joining on; when catching up takes so long that they become too many, it goes on to where the others are then.
 * @param isGone true once what follows a position may have been deleted
 */
export async function catchUp(
  feed: ClientFeed,
  from: FeedPosition,
  follower: JournalFollower,
  isGone: () => boolean,
  log: Log,
): Promise<void> {
  const reader = follower.readerAt(from, { wants: () => true }, FOLDS_BYTES);
  const between = async () => {
    await feed.drained();
    if (feed.closed) throw new Closed();
    if (isGone()) throw new TooFarBehind('What follows is gone');
  };
  while (!feed.closed) {
    try {
      feed.hold();
      const { vector } = await follower.join(feed, true);
      // The time stays: what is read now is as old as the position says, and may go as soon.
      await reader.readTo(vector, from.time, (items) => feed.send(items), between);
      if (feed.closed || feed.release()) return;
      follower.leave(feed);
    } catch (error) {
      follower.leave(feed);
      if (error instanceof Closed) return;
      if (error instanceof TooFarBehind || isGone()) return feed.overflow();
      log.debug({ err: error }, 'a client of the feed could not catch up; trying again');
      await delay(RETRY_MS, undefined, { ref: false });
    }
  }
}

class Closed extends Error {}
