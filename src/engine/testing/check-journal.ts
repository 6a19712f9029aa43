import type { JournalEvent } from '../journal/events.js';
import { foldEvent, startFold } from '../journal/fold.js';
import { type ExecutionState, hasEnded, type NodeState, type NodeStatus } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import type { ExecutionPlan } from '../definition/execution-plan.js';

/** A journal, and the plan that it is of. */
interface Journaled {
  events: readonly JournalEvent[];
  plan: ExecutionPlan;
}

/**
 * Sees that the journal tells of a lawful execution: each prefix folds to a legal state, time never goes back, a node
 * that completed does not run again, nodes keep the order of their edges, a run is undone at most once and after all that
 * depends on it, and limits hold.
 * @throws Error naming the first event that does not fit
 */
export function checkJournal(execution: Journaled): void {
  const { events } = execution;
  const [first, ...rest] = events;
  if (first?.type !== 'execution:created') throw new Error('A journal begins with its creation');
  const state = startFold(first);
  const undone = new Set<string>();
  for (const [index, event] of rest.entries()) {
    const complain = (what: string) =>
      new Error(`Event ${index + 2} (${event.type}): ${what}\n${JSON.stringify(events)}`);
    if (event.timestamp < state.timestamp) throw complain('is older than the one before it');
    const isByHand = event.type === 'node:settled' || event.type === 'execution:updated';
    const isOver = isEnded(state.status) && !isRollingBack(state);
    if (isOver && !LEAVES_AN_END.has(event.type) && !isByHand) throw complain('comes after the end');
    if (event.type === 'node:rolled-back') {
      const name = `${event.nodeId} ${event.run}`;
      if (undone.has(name)) throw complain('is the second one of its run');
      undone.add(name);
    }
    if (UNDOES.has(event.type) && 'nodeId' in event) {
      const early = standingDependant(execution, state, event.nodeId ?? '');
      if (early !== undefined) throw complain(`comes before ${early} is undone`);
    }
    const before = 'nodeId' in event && event.nodeId !== undefined ? state.nodes.get(event.nodeId)?.status : undefined;
    if (!isByHand && !UNDOES.has(event.type) && (before === 'completed' || before === 'skipped'))
      throw complain('tells of a node that has ended');
    const early = sourceThatHasNotEnded(execution, state, event);
    if (early !== undefined) throw complain(`does not wait for ${early}`);
    foldEvent(state, index + 2, event);
    const wrong = illegal(state, execution);
    if (wrong !== undefined) throw complain(wrong);
  }
}

const LEAVES_AN_END = new Set(['execution:resumed', 'execution:rolling-back']);

const UNDOES = new Set(['node:rolling-back', 'node:rolled-back', 'node:rollback-failed']);

function isRollingBack({ activity }: ExecutionState): boolean {
  return activity === 'rolling-back' || activity === 'rollback-stopped' || activity === 'cancelling';
}

/** The id of a node that depends on this one, acted and is not undone. */
function standingDependant({ plan }: Journaled, state: ExecutionState, nodeId: string): string | undefined {
  const outcomes = state.rollbacks.at(-1)?.nodes;
  return plan.byId
    .get(nodeId)
    ?.outgoing.map(({ target }) => plan.nodes[target]?.id ?? '')
    .find((id) => {
      const outcome = outcomes?.get(id)?.outcome;
      return state.nodes.get(id)?.status === 'completed' && (outcome === undefined || outcome === 'failed');
    });
}

/** The id of a node before this one that has not ended when it begins. */
function sourceThatHasNotEnded(execution: Journaled, state: ExecutionState, event: JournalEvent) {
  if (!event.type.startsWith('node:') || !('nodeId' in event)) return undefined;
  const { nodeId } = event;
  if (nodeId === undefined || event.type === 'node:interrupted' || event.type === 'node:settled') return undefined;
  if (UNDOES.has(event.type)) return undefined;
  const { plan } = execution;
  const seen = 'startSeq' in event ? event.startSeq : state.seq;
  for (const { source } of plan.byId.get(nodeId)?.incoming ?? []) {
    const id = plan.nodes[source]?.id as string;
    const node = state.nodes.get(id);
    if (!hasEnded(node) || (node?.endSeq ?? Infinity) > seen) return id;
  }
  return undefined;
}

/** What is wrong with the state; undefined when it is legal. */
function illegal(state: ExecutionState, { plan }: Journaled): string | undefined {
  const nodes = [...state.nodes.values()];
  const counts: Record<NodeStatus, number> = { pending: 0, running: 0, completed: 0, failed: 0, skipped: 0 };
  for (const { status } of nodes) counts[status] += 1;
  if (JSON.stringify(counts) !== JSON.stringify(state.counts)) return `counts ${JSON.stringify(state.counts)}`;
  const acting = nodes.filter((node) => isActing(node)).length;
  if (acting > plan.settings.maxConcurrency) return `${acting} nodes run at once`;
  if (isEnded(state.status)) {
    if (counts.running > 0) return 'a node runs after the end';
    if ((state.activity !== null && !isRollingBack(state)) || state.endedAt === undefined)
      return 'it has ended, yet something goes on';
  }
  if (state.status === 'paused' && (acting > 0 || (state.activity !== null && !isRollingBack(state))))
    return 'it is paused, yet something runs';
  if ((state.status === 'failed') !== (state.error !== undefined))
    return 'an error without a failure, or the other way';
  if (state.status === 'pending' && nodes.length > 0) return 'a node was touched before the start';
  if (state.status === 'completed' && state.history.length === 0) {
    const open = plan.nodes.find(({ id }) => !hasEnded(state.nodes.get(id)));
    if (open) return `it completed before ${open.id}`;
  }
  for (const [id, node] of state.nodes) {
    if (node.status === 'completed' && node.outputs === undefined) return `${id} completed without outputs`;
    if (node.status === 'failed' && node.error === undefined) return `${id} failed without an error`;
    if (node.status !== 'running' && node.retryAt !== undefined) return `${id} is between attempts and ${node.status}`;
  }
  return undefined;
}

function isActing({ status, waiting, retryAt }: NodeState): boolean {
  return status === 'running' && !waiting && retryAt === undefined;
}
