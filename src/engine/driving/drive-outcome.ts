import type { AttemptInput } from './attempt-context.js';
import type { EdgeDecision, EventOf, JournalEvent } from '../journal/events.js';
import { decideRetry } from '../retry/decide-retry.js';
import { seededRandom } from '../seeded-random.js';
import type { AttemptOutcome } from './run-node.js';
import type { NodeState } from '../state/execution-state.js';

export type FailedOutcome = Extract<AttemptOutcome, { kind: 'failed' }>;

/** What an event of an attempt says about the attempt itself. */
function attempted(input: AttemptInput, timestamp: number) {
  const { node, run, attempt, startTime, startSeq } = input;
  return { timestamp, nodeId: node.id, run, attempt, startTime, startSeq };
}

/** The event of an attempt after which no other follows, or of a wait that begins. Times are epoch ms. */
export function outcomeEvent(
  input: AttemptInput,
  outcome: AttemptOutcome,
  timestamp: number,
  edges?: { [edgeId: string]: EdgeDecision },
): JournalEvent {
  const base = attempted(input, timestamp);
  switch (outcome.kind) {
    case 'waiting':
      return { type: 'node:waiting', ...base, for: outcome.wait.for, until: outcome.wait.until };
    case 'completed': {
      const { outputs, port, variables, cached, network } = outcome;
      return { type: 'node:completed', ...base, outputs, port, variables, edges, cached, network };
    }
    case 'failed':
      return { type: 'node:failed', ...base, ...failure(outcome), edges };
  }
}

/** The event of a failed attempt that another one follows after `delay` ms. */
export function retryingEvent(
  input: AttemptInput,
  outcome: FailedOutcome,
  timestamp: number,
  delay: number,
): JournalEvent {
  return {
    type: 'node:retrying',
    ...attempted(input, timestamp),
    ...failure(outcome),
    delay,
    until: timestamp + delay,
  };
}

function failure({ error, known, network }: FailedOutcome) {
  return { error, outcome: known ? undefined : ('unknown' as const), network };
}

/** The pause in ms before the attempt that follows a failed one, or null when none follows. */
export function retryDelay(input: AttemptInput, state: NodeState, outcome: FailedOutcome, now: number): number | null {
  const attempt = {
    code: outcome.error.code,
    message: outcome.error.message,
    isFinal: input.node.type.finalErrors?.includes(outcome.error.code),
    status: outcome.status,
    retryAfterMs: outcome.retryAfterMs,
    failures: state.failures + 1,
    firstStartTime: state.firstStartTime ?? input.startTime,
    now,
  };
  // An attempt's own generator: the one that expressions see begins anew with each attempt.
  const random = seededRandom(`${input.executionId}\0${input.node.id}\0${input.run}\0${input.attempt}`);
  return decideRetry(input.node.retry, attempt, random);
}

/** A wait that an end cut short goes on with its old due time; undefined when the node did not wait. */
export function waitingAgainEvent(
  nodeId: string,
  state: NodeState,
  timestamp: number,
): EventOf<'node:waiting'> | undefined {
  const { run, attempt, waiting, startSeq = 0 } = state;
  if (!waiting || state.status !== 'pending') return undefined;
  const { for: what, since: startTime, until } = waiting;
  return { type: 'node:waiting', timestamp, nodeId, run, attempt, for: what, startTime, startSeq, until };
}
