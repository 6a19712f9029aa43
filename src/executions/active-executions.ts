import { Injectable } from '@nestjs/common';
import { runInContext } from '../config/request-context.js';
import { Log } from '../config/logger.js';
import { EngineError } from '../engine/errors.js';
import type { ExecutionErrorData, JournalEvent } from '../engine/journal/events.js';
import type { RunningAttempt } from '../engine/journal/execution-record.js';
import type { Driven } from '../engine/progress/progress.js';
import type { StreamLoss } from '../engine/journal/journal-stream.js';
import type { Claim } from '../repositories/claim.repository.js';
import { PrometheusMetrics } from '../monitoring/prometheus-metrics.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import type { JournalReading } from '../repositories/journal-rows.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { MetricRepository, type SampleTotals } from '../repositories/metric.repository.js';
import { ActiveExecutionFactory } from './active-execution.factory.js';
import type { ActiveExecution, ActiveEvents, ActiveOptions } from './active-execution.js';
import { executionNotFound } from './execution-not-found.js';
import { Plans } from './plans.js';
import { WorkflowUsage } from './workflow-usage.js';

/** A creation that was not written, or of which that is not known: why, for who asked. */
export class CreationLost extends Error {
  override readonly name = 'CreationLost';

  constructor(
    readonly loss: StreamLoss | 'unconfirmed',
    message: string,
  ) {
    super(message);
  }
}

/** The executions in this instance's memory. */
@Injectable()
export class ActiveExecutions implements ActiveEvents {
  private readonly byId = new Map<string, ActiveExecution>();
  private readonly creations = new Map<string, (error: CreationLost) => void>();
  private onRoom: () => void = () => undefined;

  constructor(
    private readonly factory: ActiveExecutionFactory,
    private readonly folds: ExecutionFolds,
    private readonly plans: Plans,
    private readonly metrics: MetricRepository,
    private readonly usage: WorkflowUsage,
    private readonly prometheus: PrometheusMetrics,
    private readonly identity: InstanceIdentity,
    private readonly log: Log,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  /** Who is told when an execution has left memory. */
  begin(onRoom: () => void): void {
    this.onRoom = onRoom;
  }

  get(executionId: string): ActiveExecution | undefined {
    return this.byId.get(executionId);
  }

  /** Attempts that run here now; the journal does not know those of pure nodes. */
  running(executionId: string): RunningAttempt[] {
    const attempts = this.byId.get(executionId)?.driver.running() ?? [];
    return attempts.map(({ node, run, attempt, startTime }) => ({ nodeId: node.id, run, attempt, startTime }));
  }

  /** What its driver knows of an execution; undefined when it is not driven here. To be read at once. */
  driven(executionId: string): Driven | undefined {
    const active = this.byId.get(executionId);
    return active && { state: active.state, running: this.running(executionId) };
  }

  ids(): Iterable<string> {
    return this.byId.keys();
  }

  all(): ActiveExecution[] {
    return [...this.byId.values()];
  }

  /** Takes a new execution in; it is created with the batch that is sealed next. */
  add(
    options: Pick<ActiveOptions, 'executionId' | 'plan' | 'state' | 'creation'>,
    created: JournalEvent,
  ): ActiveExecution {
    const active = this.factory.make(options, this);
    this.byId.set(active.executionId, active);
    active.create(created);
    return active;
  }

  /** Resolves once the creation is committed; call it before anything else is handed in. */
  created(active: ActiveExecution): Promise<void> {
    return new Promise((resolve, reject) => {
      this.creations.set(active.executionId, reject);
      void active.stream.committed().then(() => {
        this.creations.delete(active.executionId);
        this.usage.created(active.state.workflowId, active.state.createdAt);
        resolve();
      });
    });
  }

  /** Reads what {@link load} needs of many executions at once, as far as that goes. */
  beginReading(executionIds: string[]): Promise<Map<string, JournalReading>> {
    return this.folds.beginReading(executionIds);
  }

  /**
   * Reads an execution that was claimed from its journal, once; `begun` is what was read of it with others.
   * @throws EngineError NOT_FOUND; SERVICE_UNAVAILABLE when the lease was lost meanwhile, and the claim with it
   */
  async load(
    { id: executionId, claimer, claims }: Pick<Claim, 'id' | 'claimer' | 'claims'>,
    begun?: JournalReading,
  ): Promise<ActiveExecution> {
    const state = await this.folds.loadFresh(executionId, begun);
    if (!state) throw executionNotFound(executionId);
    const hasRun = state.startedAt !== undefined;
    const [plan, measured] = await Promise.all([
      this.plans.of(state),
      hasRun ? this.metrics.totals(executionId) : undefined,
    ]);
    if (claimer !== this.identity.id) {
      throw new EngineError('SERVICE_UNAVAILABLE', 'The lease was lost while the execution was read; try again');
    }
    return this.take({ executionId, plan, state, claims }, measured);
  }

  /** Forgets everything: the lease is lost, so others drive it now. */
  abandonAll(): void {
    for (const active of this.all()) {
      const loss = active.stream.isUnderWay ? 'unconfirmed' : 'lease-lost';
      active.abandon();
      this.failCreation(active.executionId, loss, 'The instance has lost its lease');
    }
    this.byId.clear();
  }

  onLeft(active: ActiveExecution): void {
    this.forget(active);
    const { status, startedAt, endedAt, workflowId } = active.state;
    if (endedAt !== undefined && active.hasEndedHere) {
      this.prometheus.executionEnded(status);
      if (isCounted(status)) this.usage.ended(workflowId, status, endedAt - (startedAt ?? endedAt));
    }
    this.onRoom();
  }

  onLost(active: ActiveExecution, loss: StreamLoss, message: string): void {
    this.forget(active);
    if (this.failCreation(active.executionId, loss, message)) return;
    if (loss === 'lease-lost') return;
    this.log.warn({ executionId: active.executionId, loss, reason: message }, 'dropped an execution from memory');
    if (loss === 'unstorable') this.failFromJournal(active, { code: 'UNSTORABLE', message });
    this.onRoom();
  }

  onFault(active: ActiveExecution, error: unknown): void {
    this.forget(active);
    active.abandon();
    this.log.error({ executionId: active.executionId, err: error }, 'the engine failed on an execution');
    // Its last batch may be under way: the failure's seq is known once that is settled.
    void active.stream.settled().then(() =>
      this.failFromJournal(active, {
        code: 'INTERNAL_ERROR',
        message: 'The engine failed; the log says why',
      }),
    );
  }

  private take(
    options: Pick<ActiveOptions, 'executionId' | 'plan' | 'state' | 'claims'>,
    measured: SampleTotals | undefined,
  ): ActiveExecution {
    const { executionId } = options;
    // A command may have had the same journal read meanwhile: one alone may write.
    const present = this.byId.get(executionId);
    if (present && !present.isLeaving) return present;
    const active = runInContext({ executionId }, () => this.factory.make(options, this, measured));
    this.byId.set(executionId, active);
    return active;
  }

  /** The execution is read anew from the journal, and its failure takes the next seq. */
  private failFromJournal({ executionId, instanceId }: ActiveExecution, error: ExecutionErrorData): void {
    this.load({ id: executionId, claimer: instanceId, claims: 0 }).then(
      (active) => active.failWith(error),
      (reason: unknown) => {
        // Nothing of it was written: who asked for it is told so.
        if (this.failCreation(executionId, 'unstorable', error.message)) return;
        this.log.error({ executionId, err: reason }, 'could not end a failed execution');
      },
    );
  }

  private failCreation(executionId: string, loss: CreationLost['loss'], message: string): boolean {
    const reject = this.creations.get(executionId);
    this.creations.delete(executionId);
    reject?.(new CreationLost(loss, message));
    return reject !== undefined;
  }

  private forget(active: ActiveExecution): void {
    if (this.byId.get(active.executionId) === active) this.byId.delete(active.executionId);
  }
}

function isCounted(status: string): status is 'completed' | 'failed' {
  return status === 'completed' || status === 'failed';
}
