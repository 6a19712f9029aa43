import type { EventRepository } from '../repositories/event.repository.js';
import type { FeedPosition } from './feed-cursor.js';
import type { FeedItem } from './feed-event.js';
import { journaledItem } from './feed-item.js';
import type { FollowedExecutions } from './followed-executions.js';

const PORTION_EVENTS = 500;

/** The events of one execution from `after` up to `upTo`, in portions; it ends early where they are gone. */
export async function* replay(
  executionId: string,
  { after, upTo }: { after: number; upTo: number },
  position: FeedPosition,
  { journal, executions }: { journal: EventRepository; executions: FollowedExecutions },
): AsyncGenerator<FeedItem[]> {
  for (let last = after; last < upTo; ) {
    const window = { after: last, before: upTo + 1, descending: false, limit: PORTION_EVENTS };
    const { events } = await journal.list(executionId, window);
    if (events.length === 0) return;
    await executions.prepare([{ executionId, events, chars: 0 }]);
    yield events.flatMap((numbered) => {
      const applied = executions.apply(executionId, numbered);
      return applied ? [journaledItem(executionId, applied.plan, numbered, applied.state, position)] : [];
    });
    last = events.at(-1)?.seq ?? upTo;
  }
}
