import type { DataFlow } from '../data-flow.js';
import { NodeError, type NodeErrorData } from '../errors.js';
import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import { undoKey } from '../idempotency-key.js';
import type { JournalEvent } from '../journal/events.js';
import { hasCompensation } from '../recovery/undo-of-node.js';
import type { RollbackStep } from '../recovery/planned-rollback.js';
import { isDone, remainingOf, rolledBackOf } from '../recovery/rollback-progress.js';
import { resetSoFar } from '../recovery/rollback-plan.js';
import { mayBegin } from '../retry/decide-retry.js';
import { callAt, LONGEST_TIMER_MS } from '../scheduling/call-at.js';
import { endEvent } from '../state/decide-end.js';
import type { HandlerAttempts, RollbackState } from '../state/execution-state.js';
import type { DriverPorts } from './driver-ports.js';
import { UndoInputs } from './undo-input.js';
import { Undo, type UndoOutcome, type UndoPorts } from './undo-node.js';
import { undoRetryDelay } from './undo-retry.js';

/** What it asks of the driver. */
export interface RollbackHost {
  /** Folds and journals an event. */
  append(event: JournalEvent): void;
  /** Does the work unless the driver has stopped; an error in it is the driver's to handle. */
  guard(work: () => void): void;
  /** Epoch ms for the next event. */
  timestamp(): number;
  /** A handler has ended, or its next attempt is due. */
  changed(): void;
}

/**
 * Carries the rollback out that the journal tells of: one step after the other, each handler's intent and outcome journaled
 * at once. Everything it knows follows from the journal, so a crash in its middle goes on by itself.
 */
export class RollbackRun {
  private inHand: Undo | undefined;
  private stopPause: (() => void) | undefined;
  /** How many steps at the beginning of the plan are done, as far as it has been looked. */
  private done = { rollbackId: '', steps: 0 };
  /** Made when the first handler runs: most executions are never rolled back. */
  private reading: { evaluations: ExecutionEvaluations; inputs: UndoInputs } | undefined;

  constructor(
    private readonly source: ScopeSource & { flow: DataFlow },
    private readonly ports: DriverPorts,
    private readonly host: RollbackHost,
  ) {}

  /** Whether a rollback is in progress. */
  get isOpen(): boolean {
    return this.open !== undefined;
  }

  /** When the next attempt of a handler is due, in epoch ms; undefined when none is between attempts. */
  get dueAt(): number | undefined {
    return this.nextHandler()?.retryAt;
  }

  /** Whether the next step may be done now. */
  mayStart(): boolean {
    if (this.inHand) return false;
    if (this.source.state.activity === 'cancelling') return this.isInFlight();
    return this.nextStep() !== undefined && (this.dueAt ?? 0) <= this.ports.scheduler.now();
  }

  /** Does the next step, or begins to when it has a handler. */
  startNext(): boolean {
    const step = this.nextStep();
    if (!step) return false;
    const node = this.source.plan.byId.get(step.nodeId);
    const { nodeId, run, action } = step;
    const hasHandler = node && hasCompensation(node.type, node.rollback);
    if (action === 'compensate' || (action === 'unknown' && hasHandler)) {
      if (!this.giveUpLate(step)) this.begin(step);
      return true;
    }
    const outcome = action === 'nothing-to-do' ? 'nothing-to-do' : 'left';
    this.host.append({ type: 'node:rolled-back', timestamp: this.host.timestamp(), nodeId, run, attempt: 0, outcome });
    return true;
  }

  /**
   * Ends the rollback when every step is done, or it is cancelled and no handler acts; true while something is in hand or
   * due soon. A long pause between two attempts needs no memory, and none keeps an instance from leaving that stops.
   */
  conclude(isDraining: boolean): boolean {
    const { open } = this;
    if (!open) return false;
    if (this.inHand) return true;
    const isCancelled = this.source.state.activity === 'cancelling';
    this.endPause();
    const { dueAt } = this;
    if (dueAt !== undefined && !isCancelled) {
      const isSoon = !isDraining && dueAt <= this.host.timestamp() + LONGEST_TIMER_MS;
      if (isSoon) this.pause(dueAt);
      return isSoon;
    }
    if (isCancelled && this.isInFlight()) return false;
    if (isCancelled) this.stop(open);
    else if (!this.nextStep()) this.complete(open);
    return false;
  }

  /** Stops half-way for a reason of the engine's own, at the step that comes next. */
  stopWith(error: NodeErrorData): void {
    const { open } = this;
    if (!open) return;
    this.drop();
    this.stop(open, this.source.state.activity === 'cancelling' ? undefined : error);
  }

  /** Forgets what is in hand. */
  drop(): void {
    this.endPause();
    this.inHand?.drop(new NodeError('CANCELLED', 'The handler was cut off'));
    this.inHand = undefined;
  }

  /** Nothing follows. */
  close(): void {
    this.endPause();
    this.reading?.evaluations.close();
  }

  private get open(): RollbackState | undefined {
    const last = this.source.state.rollbacks.at(-1);
    return last?.status === 'in-progress' ? last : undefined;
  }

  private nextStep(): RollbackStep | undefined {
    const { open } = this;
    if (!open) return undefined;
    if (this.done.rollbackId !== open.id) this.done = { rollbackId: open.id, steps: 0 };
    const { steps } = open.plan;
    for (let step = steps[this.done.steps]; step; step = steps[this.done.steps]) {
      if (!isDone(open, step.nodeId)) return step;
      this.done.steps += 1;
    }
    return undefined;
  }

  /** The attempts so far of the handler that comes next. */
  private nextHandler(): HandlerAttempts | undefined {
    const step = this.nextStep();
    return step && this.open?.handlers.get(step.nodeId);
  }

  /** A handler was cut off with its process: it is called once more, also when the rollback is cancelled. */
  private isInFlight(): boolean {
    const step = this.nextStep();
    return step !== undefined && (this.nextHandler()?.attempts ?? 0) > this.attemptsTold(step);
  }

  /** The attempts of its handler whose outcome is known. */
  private attemptsTold({ nodeId }: RollbackStep): number {
    return this.open?.nodes.get(nodeId)?.attempts ?? 0;
  }

  /** The next attempt was due in time, but nobody was there: the handler's last one was the last. */
  private giveUpLate({ nodeId }: RollbackStep): boolean {
    const { open } = this;
    const { retryAt, firstStartTime = 0 } = open?.handlers.get(nodeId) ?? {};
    const node = this.source.plan.byId.get(nodeId);
    if (!open || !node || retryAt === undefined) return false;
    if (mayBegin(node.retry, firstStartTime, this.host.timestamp())) return false;
    this.stop(open, open.nodes.get(nodeId)?.error);
    return true;
  }

  private begin(step: RollbackStep): void {
    const { nodeId, run } = step;
    // One that was cut off by a crash has no outcome.
    const attempt = Math.max(this.attemptsTold(step), this.nextHandler()?.attempts ?? 0) + 1;
    const timestamp = this.host.timestamp();
    const key = undoKey(this.source.executionId, nodeId, run);
    this.host.append({ type: 'node:rolling-back', timestamp, nodeId, run, attempt, key });
    const undo: Undo = new Undo(this.read().inputs.of(step, attempt, timestamp), this.undoPorts(), (outcome) =>
      this.host.guard(() => this.take(undo, step, outcome)),
    );
    this.inHand = undo;
    undo.start();
  }

  private read(): { evaluations: ExecutionEvaluations; inputs: UndoInputs } {
    if (!this.reading) {
      const evaluations = new ExecutionEvaluations(this.ports.turns);
      this.reading = { evaluations, inputs: new UndoInputs(this.source, evaluations, () => this.host.timestamp()) };
    }
    return this.reading;
  }

  private undoPorts(): UndoPorts {
    const { ports, host } = this;
    const { scheduler, catalog, createFetch, journal } = ports;
    return {
      scheduler,
      catalog,
      createFetch,
      log: (nodeId, level, message, data) =>
        host.guard(() => journal.log({ nodeId, timestamp: host.timestamp(), level, message, data })),
      beforeEffect: async () => {
        await journal.committed();
        await ports.confirmLease();
      },
    };
  }

  private take(undo: Undo, step: RollbackStep, outcome: UndoOutcome): void {
    const { open } = this;
    // Whoever dropped it in the meantime does not want its outcome any more.
    if (this.inHand !== undo || !open) return;
    this.inHand = undefined;
    const { nodeId, run } = step;
    const { attempt } = undo.input;
    const told = { timestamp: this.host.timestamp(), nodeId, run, attempt, network: outcome.network };
    if (outcome.kind === 'undone') {
      this.host.append({ type: 'node:rolled-back', ...told, outcome: 'undone' });
      return this.host.changed();
    }
    const { error } = outcome;
    const isCancelled = this.source.state.activity === 'cancelling';
    const delay = isCancelled ? null : undoRetryDelay(undo.input, open.handlers.get(nodeId), outcome, told.timestamp);
    const until = delay === null ? undefined : told.timestamp + delay;
    this.host.append({ type: 'node:rollback-failed', ...told, error, until });
    if (until === undefined && !isCancelled) this.stop(open, error);
    this.host.changed();
  }

  private pause(until: number): void {
    this.stopPause = callAt(this.ports.scheduler, until, () => {
      this.stopPause = undefined;
      this.host.guard(() => this.host.changed());
    });
  }

  private endPause(): void {
    this.stopPause?.();
    this.stopPause = undefined;
  }

  private complete(open: RollbackState): void {
    const { id: rollbackId, plan } = open;
    const timestamp = this.host.timestamp();
    const { reset } = plan;
    this.host.append({ type: 'execution:rolled-back', timestamp, rollbackId, rolledBack: rolledBackOf(open), reset });
  }

  /** With an error: a handler failed for good at the step that comes next; without one it was cancelled. */
  private stop(open: RollbackState, error?: NodeErrorData): void {
    const { plan, state } = this.source;
    const { id: rollbackId, then } = open;
    const timestamp = this.host.timestamp();
    // The end of a rollback that nobody is there to go on with comes first: it has the measurements.
    if (error && then && state.status !== then) this.host.append(endEvent({ then, error: open.error }, { timestamp }));
    const remaining = remainingOf(open);
    const reset = resetSoFar(plan, open.plan, (nodeId) => isDone(open, nodeId));
    const where = error && { failedNodeId: remaining[0], error };
    this.host.append({
      type: 'execution:rollback-stopped',
      timestamp,
      rollbackId,
      rolledBack: rolledBackOf(open),
      remaining,
      ...where,
      reset,
    });
  }
}
