import { decideRetry } from '../retry/decide-retry.js';
import { seededRandom } from '../seeded-random.js';
import type { HandlerAttempts } from '../state/execution-state.js';
import type { AttemptInput } from './attempt-context.js';
import type { UndoOutcome } from './undo-node.js';

/**
 * The pause in ms before the attempt of a handler that follows a failed one, or null when none follows: by the node's retry
 * policy, counted from where the rollback last began. `now` is epoch ms.
 */
export function undoRetryDelay(
  { executionId, node, run, attempt }: AttemptInput,
  handler: HandlerAttempts | undefined,
  { error: { code, message }, status, retryAfterMs }: Extract<UndoOutcome, { kind: 'failed' }>,
  now: number,
): number | null {
  const { failures = 0, firstStartTime = now } = handler ?? {};
  const isFinal = node.type.finalErrors?.includes(code);
  const random = seededRandom(`${executionId}\0${node.id}\0${run}\0undo\0${attempt}`);
  const failed = { code, message, isFinal, status, retryAfterMs, failures: failures + 1, firstStartTime, now };
  return decideRetry(node.retry, failed, random);
}
