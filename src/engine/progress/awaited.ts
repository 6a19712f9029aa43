import type { PlanNode } from '../definition/execution-plan.js';
import { activityNow } from '../journal/execution-record.js';
import type { NodeWait } from '../ports.js';
import { remainingOf } from '../recovery/rollback-progress.js';
import { decideNode } from '../scheduling/next-nodes.js';
import { hasEnded, hasOpenIntent, type NodeState } from '../state/execution-state.js';
import type { WaitingFor } from './explanation.js';
import { codeOf, failingWith, holdUp, type Standing } from './situation.js';

/** All that an execution waits for, what is most urgent first; empty once it has ended, but for outcomes to be settled. */
export function awaited(standing: Standing): WaitingFor[] {
  switch (holdUp(standing)) {
    case 'OWNER_DEAD':
    case 'STARTING':
      return ownerAwaited(standing);
    case 'QUEUED':
      return placeAwaited(standing);
    case 'OWNER_SILENT':
      return [...ownerAwaited(standing), ...ofJournal(standing)];
    case null:
      return ofJournal(standing);
  }
}

function ofJournal(standing: Standing): WaitingFor[] {
  const { state } = standing;
  switch (state.activity) {
    case 'pausing':
      return new AwaitedNodes(standing).running;
    case 'cancelling':
      return [...handlerAwaited(standing), ...new AwaitedNodes(standing).running];
    case 'rolling-back':
      return handlerAwaited(standing);
    case 'rollback-stopped':
      return stoppedRollback(standing);
    case null:
      break;
  }
  switch (state.status) {
    case 'pending':
      return activityNow(state, standing.now) === 'scheduled'
        ? [{ kind: 'timer', since: state.createdAt, until: state.runAt }]
        : placeAwaited(standing);
    case 'running': {
      const nodes = new AwaitedNodes(standing);
      return failingWith(standing) ? nodes.running : nodes.all();
    }
    case 'paused':
      return personsAwaited(standing);
    case 'failed':
      return outcomesToSettle(standing);
    case 'completed':
    case 'cancelled':
      return [];
  }
}

function ownerAwaited({ owner, lease }: Standing): WaitingFor[] {
  const { instance = null, state, heartbeatAt } = owner ?? {};
  if (instance === null) return [];
  const since = heartbeatAt ?? undefined;
  const until = state === 'alive' && since !== undefined ? since + lease.leaseMs : undefined;
  return [{ kind: 'owner', since, until, instance }];
}

function placeAwaited({ state, owner }: Standing): WaitingFor[] {
  const { wakeAt, ahead } = owner ?? {};
  return [{ kind: 'place', since: wakeAt ?? Math.max(state.createdAt, state.runAt ?? 0), ahead: ahead ?? undefined }];
}

function personsAwaited(standing: Standing): WaitingFor[] {
  const { history } = standing.state;
  const outcomes = outcomesToSettle(standing);
  if (codeOf(standing) === 'OUTCOME_UNKNOWN') return outcomes;
  const last = history.findLast(({ type }) => type === 'pause' || type === 'rollback');
  return [{ kind: 'person', since: last?.at, by: last?.by, reason: last?.reason }, ...outcomes];
}

function outcomesToSettle({ plan, state }: Standing): WaitingFor[] {
  return plan.nodes.flatMap(({ id }): WaitingFor[] => {
    const node = state.nodes.get(id);
    return node?.status === 'failed' && node.outcome === 'unknown' ? [settled(id, node)] : [];
  });
}

function settled(nodeId: string, { endTime, attempt, error }: NodeState): WaitingFor {
  return { kind: 'person', nodeId, since: endTime, attempt, error: inShort(error) };
}

function stoppedRollback({ state }: Standing): WaitingFor[] {
  const rollback = state.rollbacks.at(-1);
  return [
    { kind: 'person', nodeId: rollback?.failedNodeId, since: rollback?.endedAt, error: inShort(rollback?.failure) },
  ];
}

/** The handler that is at work, or whose next attempt is to come; none between two steps. */
function handlerAwaited({ plan, state, now, owner }: Standing): WaitingFor[] {
  const rollback = state.rollbacks.at(-1);
  if (rollback?.status !== 'in-progress') return [];
  const [nodeId = ''] = remainingOf(rollback);
  const handler = rollback.handlers.get(nodeId);
  if (!handler) return [];
  const { attempts: attempt, failures, startTime, retryAt: until } = handler;
  const told = rollback.nodes.get(nodeId);
  if (attempt > (told?.attempts ?? 0)) {
    return [{ kind: 'node', nodeId, since: startTime, attempt, instance: owner?.instance ?? undefined }];
  }
  if (until === undefined || until <= now) return [];
  const maxAttempts = attempt - failures + (plan.byId.get(nodeId)?.retry.maxRetries ?? 0) + 1;
  return [
    { kind: 'retry', nodeId, since: startTime, until, attempt: attempt + 1, maxAttempts, error: inShort(told?.error) },
  ];
}

const KIND_OF_WAIT: Record<NodeWait['for'], WaitingFor['kind']> = {
  delay: 'timer',
  approval: 'approval',
  event: 'event',
  // Whoever does the task sends what ends the wait.
  task: 'event',
  child: 'child',
};

/** What the nodes of a running execution wait for. */
class AwaitedNodes {
  readonly running: WaitingFor[] = [];
  private readonly persons: WaitingFor[] = [];
  private readonly waits: WaitingFor[] = [];
  /** Nothing but a place keeps them from running. */
  private readonly ready: PlanNode[] = [];

  constructor(private readonly standing: Standing) {
    for (const node of standing.plan.nodes) this.look(node);
  }

  /** With those that start next: `maxConcurrency` says how many. */
  all(): WaitingFor[] {
    const free = Math.max(0, this.standing.plan.settings.maxConcurrency - this.running.length);
    const ready = this.ready.sort((one, other) => one.rank - other.rank).map(({ id }) => id);
    const starting = ready.slice(0, free).map((nodeId): WaitingFor => ({ kind: 'node', nodeId }));
    const without = ready.slice(free).map((nodeId): WaitingFor => ({ kind: 'place', nodeId }));
    const byTime = this.waits.sort((one, other) => (one.until ?? Infinity) - (other.until ?? Infinity));
    const retries = byTime.filter(({ kind }) => kind === 'retry');
    const waits = byTime.filter(({ kind }) => kind !== 'retry');
    return [...this.persons, ...this.running, ...starting, ...retries, ...waits, ...without];
  }

  private look(node: PlanNode): void {
    const { state, attempts, owner } = this.standing;
    const instance = owner?.instance ?? undefined;
    const nodeState = state.nodes.get(node.id);
    const attempt = attempts.get(node.id);
    if (attempt) {
      const { startTime: since, attempt: number } = attempt;
      this.running.push({ kind: 'node', nodeId: node.id, since, attempt: number, instance });
    } else if (nodeState && hasOpenIntent(nodeState)) {
      const { startTime: since, attempt: number } = nodeState;
      this.running.push({ kind: 'node', nodeId: node.id, since, attempt: number, instance });
    } else if (nodeState?.status === 'running') {
      this.lookAtWait(node, nodeState);
    } else if (nodeState?.asks) {
      this.persons.push(settled(node.id, nodeState));
    } else if (this.mayRun(node, nodeState)) {
      this.ready.push(node);
    }
  }

  private lookAtWait(node: PlanNode, nodeState: NodeState): void {
    const { retryAt, waiting, attempt, failures, error, endTime: since } = nodeState;
    if (retryAt === undefined) {
      if (waiting) this.waits.push({ ...waitOf(waiting), nodeId: node.id });
      return;
    }
    if (retryAt <= this.standing.now) {
      this.ready.push(node);
      return;
    }
    const maxAttempts = attempt - failures + node.retry.maxRetries + 1;
    const next = { attempt: attempt + 1, maxAttempts, error: inShort(error) };
    this.waits.push({ kind: 'retry', nodeId: node.id, since, until: retryAt, ...next });
  }

  private mayRun(node: PlanNode, nodeState: NodeState | undefined): boolean {
    if (nodeState && nodeState.status !== 'pending') return false;
    const { plan, state } = this.standing;
    const settledBefore = node.incoming.every(({ source }) => hasEnded(state.nodes.get(plan.nodes[source]?.id ?? '')));
    return settledBefore && decideNode(plan, state, node) === 'run';
  }
}

function waitOf({ for: what, since, until }: NonNullable<NodeState['waiting']>): WaitingFor {
  return { kind: KIND_OF_WAIT[what], since, until };
}

function inShort(error: NodeState['error']): WaitingFor['error'] {
  return error && { code: error.code, message: error.message };
}
