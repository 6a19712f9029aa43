import type { ExecutionPlan } from '../engine/definition/execution-plan.js';
import { ExecutionDriver } from '../engine/driving/execution-driver.js';
import type { DriverPorts } from '../engine/driving/driver-ports.js';
import type { ExecutionErrorData, JournalEvent } from '../engine/journal/events.js';
import type { CreationRow, ExecutionIdentity, SummaryRow } from '../engine/journal/batch.js';
import type { GroupCommit } from '../engine/journal/group-commit.js';
import type { JournalStream, StreamLoss, StreamOwner } from '../engine/journal/journal-stream.js';
import { activityOf, summarize, type Activity } from '../engine/journal/summary.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import type { ExecutionMeter } from '../monitoring/execution-meter.js';
import type { SampledExecution } from '../monitoring/metrics-sampler.js';
import { CrashCount } from './crash-count.js';

/** Between changes of status the summary row is written at most this often. */
const SUMMARY_EVERY_MS = 1000;

export interface ActiveOptions {
  executionId: string;
  plan: ExecutionPlan;
  /** Folded from the journal; the driver carries it on. */
  state: ExecutionState;
  /** Present: the row is yet to be inserted. */
  creation?: { identity: ExecutionIdentity; idempotency?: CreationRow['idempotency'] };
  /** How often in a row it was claimed after a death; absent: never. */
  claims?: number;
  meter: ExecutionMeter;
  instanceId: string;
  cancelGraceMs: number;
}

export interface ActiveEvents {
  /** Everything is committed and the execution is out of memory. */
  onLeft(active: ActiveExecution): void;
  /** What was queued will not be written. */
  onLost(active: ActiveExecution, loss: StreamLoss, message: string): void;
  /** The engine itself failed. */
  onFault(active: ActiveExecution, error: unknown): void;
}

/** An execution in this instance's memory: its driver, its place in the journal's queue and its summary row. */
export class ActiveExecution implements StreamOwner, SampledExecution {
  readonly driver: ExecutionDriver;
  readonly stream: JournalStream;
  readonly crashes: CrashCount;
  /** Resolves when it is out of memory, whichever way. */
  readonly left: Promise<void>;
  private resolveLeft!: () => void;
  private readonly endedBefore: number | undefined;
  private inserted: boolean;
  private abandoned = false;
  private leaving: { wakeAt: number | null } | undefined;
  private written: { at: number; seq: number; shown: string } | undefined;

  constructor(
    private readonly options: ActiveOptions,
    journal: GroupCommit,
    private readonly ports: Omit<DriverPorts, 'journal'>,
    private readonly events: ActiveEvents,
  ) {
    const { executionId, plan, state, cancelGraceMs } = options;
    this.inserted = options.creation === undefined;
    this.endedBefore = state.endedAt;
    this.crashes = new CrashCount(state, options.claims ?? 0);
    this.left = new Promise((resolve) => {
      this.resolveLeft = resolve;
    });
    this.stream = journal.open(executionId, this.inserted ? state.seq : 0, this);
    this.driver = new ExecutionDriver(
      {
        executionId,
        plan,
        state,
        cancelGraceMs,
        onLeave: ({ wakeAt }) => this.leave(wakeAt),
        onFault: (error) => events.onFault(this, error),
      },
      { ...ports, journal: this.stream },
    );
  }

  get executionId(): string {
    return this.options.executionId;
  }

  /** The id of the instance under which it was taken into memory. */
  get instanceId(): string {
    return this.options.instanceId;
  }

  get state(): ExecutionState {
    return this.options.state;
  }

  get meter(): ExecutionMeter {
    return this.options.meter;
  }

  get activity(): Activity | null {
    return activityOf(this.state, this.runningNow());
  }

  get isKeyed(): boolean {
    return !this.inserted && this.options.creation?.idempotency !== undefined;
  }

  /** True when its end came in this instance's memory, where a command that is refused brings an ended one too. */
  get hasEndedHere(): boolean {
    return this.state.endedAt !== undefined && this.state.endedAt !== this.endedBefore;
  }

  /** True once it is on its way out: a command has to wait and claim it anew. */
  get isLeaving(): boolean {
    return this.leaving !== undefined;
  }

  /** True when it was forgotten before all was written: what was handed in last may be lost. */
  get isAbandoned(): boolean {
    return this.abandoned;
  }

  /** Hands the creation in. The event is folded already. */
  create(event: JournalEvent): void {
    this.stream.append(JSON.stringify(event));
  }

  /** Leaves memory: it has ended, or waits in the table for a place, its time (epoch ms) or a command. */
  leave(wakeAt: number | null): void {
    this.leaving = { wakeAt };
    this.stream.touch();
    void this.stream.committed().then(() => {
      this.stream.close();
      this.events.onLeft(this);
      this.resolveLeft();
    });
  }

  /** Forgets it at once: this instance writes nothing more for it. */
  abandon(): void {
    this.abandoned = true;
    this.driver.abandon();
    this.stream.close();
    this.resolveLeft();
  }

  /** Ends the execution as failed, from the journal as it stands. */
  failWith(error: ExecutionErrorData): void {
    this.driver.failWith(error);
  }

  /** Pauses it instead of driving it once more: again and again its process has died. A resume gives it as many lives. */
  pauseLoop(): void {
    this.crashes.clear();
    this.driver.pauseWith('CRASH_LOOP');
  }

  /** The summary row has been behind for long enough to be written. */
  refresh(): void {
    if (this.inserted && !this.leaving && this.isStale()) this.stream.touch();
  }

  rowFor(partial: boolean): { creation?: CreationRow; change?: SummaryRow } {
    const { creation, instanceId } = this.options;
    if (!this.inserted && creation) {
      this.inserted = true;
      const row = this.row();
      this.remember(row, partial);
      if (!partial) return { creation: { ...row, ...creation } };
      // Events that the state knows of stay behind: until they are written too, the row must be one that is claimed.
      const summary = { ...row.summary, status: 'running' as const, endedAt: null };
      return { creation: { ...creation, summary, owner: instanceId, wakeAt: null } };
    }
    if (partial || !this.isChanged()) return {};
    const row = this.row();
    this.remember(row, false);
    return { change: row };
  }

  lost(loss: StreamLoss, message: string): void {
    this.abandon();
    this.events.onLost(this, loss, message);
  }

  private row(): SummaryRow {
    const { plan, state, instanceId } = this.options;
    const summary = summarize(plan, state, this.runningNow());
    const claims = this.crashes.toWrite();
    return { summary, owner: this.leaving ? null : instanceId, wakeAt: this.leaving?.wakeAt ?? null, claims };
  }

  private runningNow(): number {
    return this.driver.running().filter(({ node }) => this.state.nodes.get(node.id)?.status !== 'running').length;
  }

  private isChanged(): boolean {
    if (this.leaving !== undefined || this.crashes.isOutdated) return true;
    return this.written?.shown !== shown(this.state) || this.isStale();
  }

  private isStale(): boolean {
    const { written } = this;
    if (!written) return true;
    return written.seq !== this.state.seq && this.ports.scheduler.now() - written.at >= SUMMARY_EVERY_MS;
  }

  private remember(row: SummaryRow, partial: boolean): void {
    this.written = { at: this.ports.scheduler.now(), seq: row.summary.seq, shown: partial ? '' : shown(this.state) };
  }
}

/** What of the summary must not lag. */
function shown(state: ExecutionState): string {
  return `${state.status} ${state.activity}`;
}
