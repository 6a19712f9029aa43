import type { DataFlow } from '../data-flow.js';
import { NodeError, type NodeErrorData } from '../errors.js';
import { ExecutionEvaluations } from '../expressions/execution-evaluations.js';
import type { ScopeSource } from '../expressions/expression-scope.js';
import { PinnedEnvironment } from '../expressions/pinned-environment.js';
import { idempotencyKey } from '../idempotency-key.js';
import type { JournalEvent } from '../journal/events.js';
import { nodeOf } from '../journal/fold-nodes.js';
import { hasCompensation } from '../recovery/undo-of-node.js';
import type { RollbackStep } from '../recovery/planned-rollback.js';
import { isDone, remainingOf, rolledBackOf } from '../recovery/rollback-progress.js';
import { resetSoFar } from '../recovery/rollback-plan.js';
import { decideRetry } from '../retry/decide-retry.js';
import { callAt } from '../scheduling/call-at.js';
import { seededRandom } from '../seeded-random.js';
import { endEvent } from '../state/decide-end.js';
import type { RollbackState } from '../state/execution-state.js';
import { AttemptInputs } from './attempt-inputs.js';
import type { DriverPorts } from './driver-ports.js';
import { Undo, undoKey, type UndoOutcome, type UndoPorts } from './undo-node.js';
import type { UndoInput } from './undo-parameters.js';

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
  private reading: { evaluations: ExecutionEvaluations; inputs: AttemptInputs } | undefined;

  constructor(
    private readonly source: ScopeSource & { flow: DataFlow },
    private readonly ports: DriverPorts,
    private readonly host: RollbackHost,
  ) {}

  /** Whether a rollback is in progress. */
  get isOpen(): boolean {
    return this.open !== undefined;
  }

  /** Whether the next step may be done now. */
  mayStart(): boolean {
    if (this.inHand || this.stopPause) return false;
    return this.source.state.activity === 'cancelling' ? this.isInFlight() : this.nextStep() !== undefined;
  }

  /** Does the next step, or begins to when it has a handler. */
  startNext(): boolean {
    const step = this.nextStep();
    if (!step) return false;
    const node = this.source.plan.byId.get(step.nodeId);
    const { nodeId, run, action } = step;
    const hasHandler = node && hasCompensation(node.type, node.rollback);
    if (action === 'compensate' || (action === 'unknown' && hasHandler)) {
      this.begin(step);
      return true;
    }
    const outcome = action === 'nothing-to-do' ? 'nothing-to-do' : 'left';
    this.host.append({ type: 'node:rolled-back', timestamp: this.host.timestamp(), nodeId, run, attempt: 0, outcome });
    return true;
  }

  /**
   * Ends the rollback when every step is done, or it is cancelled and no handler acts; true while something is in hand.
   * A pause between two attempts does not keep an instance from leaving that stops.
   */
  conclude(isDraining: boolean): boolean {
    const { open } = this;
    if (!open) return false;
    if (this.inHand) return true;
    const isCancelled = this.source.state.activity === 'cancelling';
    if (this.stopPause && !isDraining && !isCancelled) return true;
    this.endPause();
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

  /** A handler was cut off with its process: it is called once more, also when the rollback is cancelled. */
  private isInFlight(): boolean {
    const step = this.nextStep();
    if (!step || !this.open) return false;
    const { nodes, handlers } = this.open;
    return (handlers.get(step.nodeId)?.attempts ?? 0) > (nodes.get(step.nodeId)?.attempts ?? 0);
  }

  private begin(step: RollbackStep): void {
    const { nodeId, run } = step;
    const { executionId } = this.source;
    // One that was cut off by a crash has no outcome.
    const { nodes, handlers } = this.open ?? {};
    const attempt = Math.max(nodes?.get(nodeId)?.attempts ?? 0, handlers?.get(nodeId)?.attempts ?? 0) + 1;
    const timestamp = this.host.timestamp();
    const key = undoKey(idempotencyKey(executionId, nodeId, run));
    this.host.append({ type: 'node:rolling-back', timestamp, nodeId, run, attempt, key });
    const undo: Undo = new Undo(this.inputOf(step, attempt, timestamp), this.undoPorts(), (outcome) =>
      this.host.guard(() => this.take(undo, step, outcome)),
    );
    this.inHand = undo;
    undo.start();
  }

  private inputOf({ nodeId, run, action }: RollbackStep, attempt: number, timestamp: number): UndoInput {
    const { source } = this;
    const { evaluations, inputs } = this.read();
    const node = source.plan.byId.get(nodeId);
    if (!node) throw new Error(`The plan of the execution has no node ${nodeId} any more`);
    const { outputs, config: recordedConfig } = nodeOf(source.state, nodeId);
    const random = seededRandom(`${source.executionId}\0${nodeId}\0${run}\0undo`);
    return {
      ...inputs.asItWas(node),
      run,
      attempt,
      startTime: timestamp,
      source,
      undoing: new PinnedEnvironment(timestamp, random, evaluations),
      outputs: action === 'unknown' ? undefined : outputs,
      recordedConfig,
    };
  }

  private read(): { evaluations: ExecutionEvaluations; inputs: AttemptInputs } {
    if (!this.reading) {
      const evaluations = new ExecutionEvaluations(this.ports.turns);
      this.reading = { evaluations, inputs: new AttemptInputs(this.source, evaluations, () => this.host.timestamp()) };
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
    const timestamp = this.host.timestamp();
    if (outcome.kind === 'undone') {
      this.host.append({ type: 'node:rolled-back', timestamp, nodeId, run, attempt, outcome: 'undone' });
      return this.host.changed();
    }
    const { error } = outcome;
    this.host.append({ type: 'node:rollback-failed', timestamp, nodeId, run, attempt, error });
    const delay = this.pauseAfter(open, undo, outcome, timestamp);
    if (delay !== null) this.pause(timestamp + delay);
    else if (this.source.state.activity === 'rolling-back') this.stop(open, error);
    this.host.changed();
  }

  /** The pause in ms before the handler's next attempt, or null when there is none. */
  private pauseAfter(
    open: RollbackState,
    { input: { node, run, attempt } }: Undo,
    { error: { code, message }, status, retryAfterMs }: Extract<UndoOutcome, { kind: 'failed' }>,
    now: number,
  ): number | null {
    const { failures = 1, firstStartTime = now } = open.handlers.get(node.id) ?? {};
    const isFinal = node.type.finalErrors?.includes(code);
    const random = seededRandom(`${this.source.executionId}\0${node.id}\0${run}\0undo\0${attempt}`);
    return decideRetry(
      node.retry,
      { code, message, isFinal, status, retryAfterMs, failures, firstStartTime, now },
      random,
    );
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
