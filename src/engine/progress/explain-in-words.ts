import { errorLine, isoTime, waitReason } from '../journal/summary.js';
import type { HistoryEntry } from '../state/execution-state.js';
import type { OwnerFacts, Situation, WaitingFor } from './explanation.js';
import { failingWith, type Standing } from './situation.js';

const LONGEST_PART = 300;
const MOST_NAMES = 3;

type Words = (standing: Standing, waitingFor: readonly WaitingFor[]) => string;

/** The explanation in one or two sentences. */
export function explainInWords(standing: Standing, code: string, waitingFor: readonly WaitingFor[]): string {
  const { status, activity } = standing.state;
  // A node's own error may have any code, also one of these.
  if (status === 'failed' && activity === null) return failed(standing);
  const words = Object.hasOwn(WORDS, code) ? WORDS[code as Situation] : pausedByEngine(code);
  return words(standing, waitingFor);
}

const WORDS: Record<Situation, Words> = {
  SCHEDULED: ({ state }) => `It starts at ${isoTime(state.runAt ?? state.createdAt)}.`,
  QUEUED: ({ owner }) => `It waits for a free place in memory (MAX_ACTIVE_EXECUTIONS)${inLine(owner?.ahead)}.`,
  STARTING: ({ owner }) => `${instanceName(owner)} has it and is about to start it.`,
  EXECUTING: executing,
  RETRYING: (standing, waitingFor) => waits(standing, waitingFor),
  WAITING: (standing, waitingFor) => waits(standing, waitingFor),
  FAILING: failing,
  PAUSING: (standing, waitingFor) =>
    `A pause${byWhom(lastOf(standing, 'pause'))} waits for ${stillRunning(standing, waitingFor)}.`,
  CANCELLING: cancelling,
  ROLLING_BACK: rollingBack,
  ROLLBACK_STOPPED: rollbackStopped,
  PAUSED: paused,
  OUTCOME_UNKNOWN: outcomeUnknown,
  CRASH_LOOP: (standing) =>
    `The processes that drove it died again and again, so it was paused${at(lastOf(standing, 'pause')?.at)}. Resume it once the cause is gone.`,
  OWNER_SILENT: ({ owner, now, lease }) => {
    const { silentMs, heartbeatAt } = owner ?? {};
    const until = heartbeatAt == null ? now : heartbeatAt + lease.leaseMs;
    return `${instanceName(owner)}, which drives it, has been silent for ${lasting(silentMs ?? 0)}. Unless it is heard of again, another one takes over after ${isoTime(until)}.`;
  },
  OWNER_DEAD: ({ owner }) => {
    const heard = owner?.heartbeatAt == null ? '' : ` (last heard of at ${isoTime(owner.heartbeatAt)})`;
    return `${instanceName(owner)}, which drove it, is dead${heard}. Another one takes over.`;
  },
  COMPLETED: completed,
  CANCELLED: (standing) => `Cancelled${byWhom(lastOf(standing, 'cancel'))}${at(standing.state.endedAt)}.`,
};

function executing(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const running = waitingFor.filter(({ kind, since }) => kind === 'node' && since !== undefined);
  const starting = waitingFor.filter(({ kind, since }) => kind === 'node' && since === undefined);
  const probed = starting.filter(({ nodeId = '' }) => standing.state.nodes.get(nodeId)?.toProbe);
  const [first] = running;
  let what = 'Its next step is being decided';
  if (running.length === 1 && first) {
    const time = lasting(standing.now - (first.since ?? standing.now));
    what = `${nameOf(standing, first)} has been running for ${time}${attemptOf(first)}`;
  } else if (running.length > 1) {
    what = `${running.length} nodes run: ${names(standing, running)}`;
  } else if (probed.length > 0) {
    what = `It is being found out whether ${names(standing, probed)} happened`;
  } else if (starting.length > 0) {
    what = `${names(standing, starting)} ${starting.length === 1 ? 'runs' : 'run'} next`;
  }
  return `${what}.${besides(standing, waitingFor)}`;
}

/** What else there is to say of what runs: who waits for a place, or the first other wait. */
function besides(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const places = waitingFor.filter(({ kind }) => kind === 'place');
  if (places.length > 0) {
    const { maxConcurrency } = standing.plan.settings;
    return ` ${names(standing, places)} ${places.length === 1 ? 'waits' : 'wait'} for a free place (maxConcurrency ${maxConcurrency}).`;
  }
  const others = waitingFor.filter(({ kind }) => kind !== 'node');
  return others.length === 0 ? '' : ` ${waits(standing, others)}`;
}

/** The first wait as the list says it, and how many more there are. */
function waits(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const [first, ...others] = waitingFor.filter(({ kind, nodeId }) => kind !== 'node' && nodeId !== undefined);
  const node = first?.nodeId === undefined ? undefined : standing.state.nodes.get(first.nodeId);
  const reason = node && waitReason(node);
  if (!first || !reason) return 'Its next step is being decided.';
  const more =
    others.length === 0 ? '' : ` ${others.length} more ${others.length === 1 ? 'node waits' : 'nodes wait'}.`;
  return `${nameOf(standing, first)}: ${reason}.${more}`;
}

function failing(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const error = failingWith(standing);
  const why = error ? cut(errorLine(error)) : 'A node failed';
  const end = waitingFor.length === 0 ? 'now' : `once what still runs has ended: ${names(standing, waitingFor)}`;
  return `${why}. It ends as failed ${end}.`;
}

function cancelling(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const { then = 'cancelled', actor, reason } = standing.state.ending ?? {};
  const what = then === 'cancelled' ? 'It is being cancelled' : `It is being ended as ${then}`;
  return `${what}${byWhom({ by: actor, reason })}; ${stillRunning(standing, waitingFor)} may take a moment to end.`;
}

function rollbackStopped(standing: Standing): string {
  const rollback = standing.state.rollbacks.at(-1);
  const { failedNodeId: nodeId, failure: error } = rollback ?? {};
  const where = nodeId === undefined ? '' : ` at ${nameOf(standing, { nodeId })}`;
  const why = error ? `: ${cut(`${error.code}, ${error.message}`)}` : '';
  return `The rollback to ${rollbackTarget(standing)} stopped${where}${why}; ${undoneSoFar(standing)}.`;
}

function paused(standing: Standing): string {
  const last = lastOf(standing, 'pause', 'rollback');
  if (last?.type !== 'rollback') return `Paused${byWhom(last)}${at(last?.at)}. It goes on when it is resumed.`;
  return `Paused after a rollback to ${rollbackTarget(standing)}${byWhom(last)}. It goes on when it is resumed.`;
}

function outcomeUnknown(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const asking = waitingFor.filter(({ kind, nodeId }) => kind === 'person' && nodeId !== undefined);
  return `Nobody knows whether ${names(standing, asking)} happened. A person who has looked settles it; a resume runs it again.`;
}

function pausedByEngine(code: string): Words {
  return (standing) => `Paused with ${code}${at(lastOf(standing, 'pause')?.at)}.`;
}

function failed(standing: Standing): string {
  const { plan, state } = standing;
  const { error, counts } = state;
  const byHand = lastOf(standing, ...TURNS)?.type === 'failed-by-hand' ? lastOf(standing, 'failed-by-hand') : undefined;
  const { attempt = 0 } = state.nodes.get(error?.failedNodeId ?? '') ?? {};
  const attempts = attempt > 1 ? ` (after ${attempt} attempts)` : '';
  const why = error ? `${cut(errorLine(error))}${attempts}` : 'It failed';
  const open = plan.nodes.length - counts.completed - counts.failed - counts.skipped;
  const reached = open > 0 ? ` ${open} ${open === 1 ? 'node was' : 'nodes were'} not reached.` : '';
  return `${why}.${byHand ? ` Ended as failed${byWhom(byHand)}${at(byHand.at)}.` : reached}`;
}

/** What changes the course of an execution, as the history names it. */
const TURNS = ['start', 'resume', 'pause', 'rollback', 'cancel', 'completed-by-hand', 'failed-by-hand'];

function completed(standing: Standing): string {
  const { state } = standing;
  const last = lastOf(standing, ...TURNS);
  if (last?.type === 'completed-by-hand') return `Ended as completed${byWhom(last)}${at(last.at)}.`;
  const { startedAt, endedAt = state.timestamp, counts } = state;
  const without = counts.failed === 0 ? '' : `, with ${counts.failed} failed ${counts.failed === 1 ? 'node' : 'nodes'}`;
  return `Completed in ${lasting(endedAt - (startedAt ?? endedAt))}${without}.`;
}

function lastOf({ state }: Standing, ...types: string[]): HistoryEntry | undefined {
  return state.history.findLast(({ type }) => types.includes(type));
}

function stillRunning(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const nodes = waitingFor.filter(({ kind }) => kind === 'node');
  return nodes.length === 0 ? 'what still runs' : names(standing, nodes);
}

function rollingBack(standing: Standing, waitingFor: readonly WaitingFor[]): string {
  const begin = `Rolling back to ${rollbackTarget(standing)}${byWhom(standing.state.rollbacks.at(-1))}`;
  const handler = waitingFor.find(({ kind }) => kind === 'node' || kind === 'retry');
  return `${begin}; ${undoneSoFar(standing)}.${handler ? ` ${undoing(standing, handler)}.` : ''}`;
}

function undoing(standing: Standing, handler: WaitingFor): string {
  const name = nameOf(standing, handler);
  const { kind, since = standing.now, until = standing.now, attempt = 1, error } = handler;
  if (kind === 'node') return `${name} has been undoing for ${lasting(standing.now - since)}${attemptOf(handler)}`;
  return `Undoing ${name}: attempt ${attempt - 1} failed with ${error?.code ?? 'an error'}, next at ${isoTime(until)}`;
}

function rollbackTarget(standing: Standing): string {
  const target = standing.state.rollbacks.at(-1)?.targetNodeId;
  return target == null ? 'the start' : nameOf(standing, { nodeId: target });
}

function undoneSoFar({ state }: Standing): string {
  const nodes = [...(state.rollbacks.at(-1)?.nodes.values() ?? [])];
  const undone = nodes.filter(({ outcome }) => outcome === 'undone').length;
  return `${undone} ${undone === 1 ? 'node is' : 'nodes are'} undone so far`;
}

function inLine(ahead: number | null | undefined): string {
  if (ahead == null) return '';
  return ahead === 0 ? '; it is the next one' : `; ${ahead} ${ahead === 1 ? 'comes' : 'come'} before it`;
}

function instanceName(owner: OwnerFacts | undefined): string {
  const { instance, host } = owner ?? {};
  return `Instance ${instance ?? 'unknown'}${host == null ? '' : ` on ${host}`}`;
}

function attemptOf({ attempt = 1 }: WaitingFor): string {
  return attempt > 1 ? `, in attempt ${attempt}` : '';
}

function names(standing: Standing, entries: readonly { nodeId?: string }[]): string {
  const shown = entries.slice(0, MOST_NAMES).map((entry) => nameOf(standing, entry));
  const more = entries.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

function nameOf({ plan }: Standing, { nodeId = '' }: { nodeId?: string }): string {
  return cut(plan.byId.get(nodeId)?.name ?? nodeId);
}

function byWhom(event: { by?: string; reason?: string } | undefined): string {
  const by = event?.by === undefined ? '' : ` by ${event.by}`;
  return event?.reason === undefined ? by : `${by} ("${cut(event.reason)}")`;
}

function at(time: number | undefined): string {
  return time === undefined ? '' : ` at ${isoTime(time)}`;
}

function cut(text: string): string {
  return text.length > LONGEST_PART ? `${text.slice(0, LONGEST_PART - 1)}…` : text;
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1000, name: 's' },
] as const;

/** A duration by its two largest units: 850 ms, 41 s, 2 h 5 min. */
function lasting(ms: number): string {
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  if (first < 0) return `${Math.max(0, Math.round(ms))} ms`;
  let left = ms;
  const parts = UNITS.slice(first, first + 2).map((unit) => {
    const count = Math.floor(left / unit.ms);
    left -= count * unit.ms;
    return count === 0 ? '' : `${count} ${unit.name}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
