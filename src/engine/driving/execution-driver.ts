import { DataFlow } from '../data-flow.js';
import type { ExecutionPlan } from '../definition/execution-plan.js';
import { EngineError } from '../errors.js';
import type { ExecutionErrorData, JournalEvent } from '../journal/events.js';
import { rollbackBefore } from '../recovery/decide-rollback.js';
import { changesPlan } from '../recovery/resume-plan.js';
import { callAt } from '../scheduling/call-at.js';
import { RunLimit } from '../scheduling/run-limit.js';
import { decideCommand, type Command } from '../state/decide-command.js';
import type { ExecutionState } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import type { AttemptInput } from './attempt-context.js';
import { conclude, type EndAfterRollback, pausedToAsk } from './conclude.js';
import { DriveLoop } from './drive-loop.js';
import type { DriverOptions, DriverPorts } from './driver-ports.js';
import { EventWriter } from './event-writer.js';
import { cancelled, openAttempts, timeoutError } from './interrupted-work.js';
import { NodeRunner } from './node-runner.js';
import { NodeSequence } from './node-sequence.js';
import { Obstacles } from './obstacles.js';
import { RollbackRun } from './rollback-run.js';

/**
 * Drives one execution: next nodes → run → event → journal, until it ends, pauses or only waits. Everything it knows
 * follows from the journal's fold, so it can be dropped at any moment and made again from there.
 */
export class ExecutionDriver {
  private readonly writer: EventWriter;
  private readonly obstacles: Obstacles;
  private readonly runner: NodeRunner;
  private readonly sequence: NodeSequence;
  private readonly rollback: RollbackRun;
  private readonly limit: RunLimit;
  private readonly loop: DriveLoop;
  /** True once what the journal left open has been taken up. */
  private begun = false;
  private draining = false;
  private gone = false;
  private stopGrace: (() => void) | undefined;

  constructor(
    private readonly options: DriverOptions,
    private readonly ports: DriverPorts,
  ) {
    const { executionId, plan, state } = options;
    this.writer = new EventWriter(plan, state, ports);
    this.obstacles = new Obstacles(plan, state);
    const source = { executionId, plan, state, flow: new DataFlow(plan, state) };
    this.runner = new NodeRunner(source, ports, {
      append: (event) => this.writer.append(event),
      timestamp: () => this.writer.timestamp(),
      recorded: (node, event) => this.sequence.recorded(node, event),
      mayRunAgain: (node) => this.sequence.putBack(node),
      guard: (work) => this.guard(work),
      mayRetry: () => !this.obstacles.failure && state.activity !== 'cancelling',
      endingError: () => (state.activity === 'cancelling' ? cancelled() : null),
    });
    const parts = { writer: this.writer, obstacles: this.obstacles, runner: this.runner };
    this.sequence = new NodeSequence(plan, state, ports.scheduler, parts, {
      mayStart: () => this.mayStart(),
      guard: (work) => this.guard(work),
      changed: () => this.loop.run(),
    });
    this.rollback = new RollbackRun(source, ports, {
      append: (event) => this.writer.append(event),
      timestamp: () => this.writer.timestamp(),
      guard: (work) => this.guard(work),
      changed: () => this.loop.run(),
    });
    this.limit = new RunLimit(ports.scheduler, () => this.guard(() => this.onTimeout()));
    this.loop = new DriveLoop(
      {
        guard: (work) => this.guard(work),
        begin: () => this.begin(),
        mayStart: () => this.mayUndo() || (this.mayStart() && this.runner.size < plan.settings.maxConcurrency),
        startNext: () => (this.mayUndo() ? this.rollback.startNext() : this.sequence.startNext()),
        conclude: () => this.concludeIfIdle(),
        rest: () => this.keepLimit(),
      },
      ports,
    );
  }

  get state(): ExecutionState {
    return this.options.state;
  }

  get plan(): ExecutionPlan {
    return this.options.plan;
  }

  /** Attempts in hand; those of pure nodes are known here alone. */
  running(): AttemptInput[] {
    return this.runner.running();
  }

  /**
   * Starts a pending execution, or goes on where the journal stands: attempts that were cut off are told so first. It
   * does nothing for one that it drives already.
   */
  start(): void {
    this.guard(() => this.leavePending());
    this.loop.run();
  }

  /**
   * Carries a command out; gives the seq of its last event, null when it changed nothing. After one that changes what is
   * run, the execution leaves memory and is due at once: it goes on from the journal, under the new plan.
   * @throws EngineError INVALID_TRANSITION or CONFLICT, and the command has changed nothing; SERVICE_UNAVAILABLE when the
   * execution has just left memory
   */
  command(command: Command): number | null {
    this.guard(() => this.begin());
    if (this.gone) throw new EngineError('SERVICE_UNAVAILABLE', 'The execution has just left memory; try again');
    const now = { timestamp: this.writer.timestamp(), running: this.runner.size };
    const { events, abort } = decideCommand(this.plan, this.state, command, now);
    if (events.length === 0) return null;
    let { seq } = this.state;
    const resumes = events.some(({ type }) => type === 'execution:resumed');
    const withdrawsPause = resumes && this.state.activity === 'pausing';
    this.guard(() => {
      for (const event of events) this.writer.append(event);
      ({ seq } = this.state);
      if (events.some(changesPlan)) return this.leave(now.timestamp);
      if (withdrawsPause) this.sequence.goOn();
      else if (resumes) this.begun = false;
      if (abort && command.kind === 'pause') this.runner.interruptAll('abort');
      else if (abort) this.abortWithGrace();
    });
    this.loop.run();
    return seq;
  }

  /** Leaves again when there is nothing to do, as after a command that was refused. */
  release(): void {
    this.loop.run();
  }

  /** Stops at once and writes nothing more: somebody else has the execution, or the journal refused it. */
  abandon(): void {
    this.stop();
    this.runner.dropAll();
    this.rollback.drop();
  }

  /** Starts nothing more and leaves as soon as nothing runs. */
  drain(): void {
    this.draining = true;
    this.loop.run();
  }

  /** Cuts off what still runs, at the end of a shutdown's grace. */
  interrupt(): void {
    this.draining = true;
    this.guard(() => {
      if (this.state.activity === 'cancelling') this.runner.giveUpAll(cancelled());
      else this.runner.interruptAll('shutdown');
      this.rollback.drop();
    });
    this.loop.run();
  }

  /** Ends the execution as failed for a reason of the engine's own, whatever its nodes say. */
  failWith(error: ExecutionErrorData): void {
    this.guard(() => {
      if (this.rollback.isOpen) return this.stopRollback(error);
      if (isEnded(this.state.status)) return this.leave(null);
      this.runner.interruptAll('abort');
      this.leavePending();
      for (const event of openAttempts(this.plan, this.state, this.writer.timestamp())) this.writer.append(event);
      this.end({ type: 'execution:failed', timestamp: this.writer.timestamp(), error });
    });
  }

  /**
   * Pauses the execution for a reason of the engine's own instead of driving it; what was cut off is told first. One that
   * has failed already, or is on its way to another end, goes that way.
   */
  pauseWith(code: string): void {
    this.guard(() => {
      if (this.rollback.isOpen) return this.stopRollback({ code, message: 'The rollback was stopped by the engine' });
      this.leavePending();
      this.begin();
      const { status, activity } = this.state;
      if (status !== 'running' || this.obstacles.failure || (activity !== null && activity !== 'pausing')) return;
      this.writer.append({ type: 'execution:paused', timestamp: this.writer.timestamp(), code });
    });
    this.loop.run();
  }

  private stopRollback({ code, message }: ExecutionErrorData): void {
    this.rollback.stopWith({ code, message });
    this.leave(null);
  }

  private leavePending(): void {
    if (this.state.status !== 'pending') return;
    this.writer.append({ type: 'execution:started', timestamp: this.writer.timestamp() });
  }

  /** Takes up what ran, waited or was between attempts when the journal was last written, once. */
  private begin(): void {
    if (this.begun || this.state.status !== 'running') return;
    this.begun = true;
    for (const event of openAttempts(this.plan, this.state, this.writer.timestamp())) this.writer.append(event);
    this.obstacles.takeUp();
    this.sequence.takeUp();
    const { failure, asking } = this.obstacles;
    const { activity } = this.state;
    if (!asking || failure || (activity !== null && activity !== 'pausing')) return;
    this.writer.append(pausedToAsk(asking, this.writer.timestamp()));
  }

  /** An error of the engine's own must neither take the process down nor leave the execution half driven. */
  private guard(work: () => void): void {
    if (this.gone) return;
    try {
      work();
    } catch (error) {
      this.abandon();
      this.options.onFault(error);
    }
  }

  private mayStart(): boolean {
    const { status, activity } = this.state;
    return status === 'running' && activity === null && !this.obstacles.areThere && !this.draining;
  }

  private mayUndo(): boolean {
    return !this.draining && this.rollback.mayStart();
  }

  /** The execution's own limit counts what runs. */
  private keepLimit(): void {
    if (this.runner.isActing) this.limit.run(this.plan.settings.timeout - this.state.clock.used);
    else this.limit.rest();
  }

  private onTimeout(): void {
    const error = timeoutError(this.plan);
    this.obstacles.ranTooLong(error);
    this.runner.giveUpAll(error);
    this.loop.run();
  }

  private abortWithGrace(): void {
    this.runner.abortAll(cancelled());
    const { scheduler } = this.ports;
    const graceEnds = scheduler.now() + this.options.cancelGraceMs;
    this.stopGrace = callAt(scheduler, graceEnds, () => this.runner.giveUpAll(cancelled()));
  }

  private concludeIfIdle(): void {
    if (this.runner.size > 0 || this.rollback.conclude(this.draining)) return;
    const idle = {
      rollsBackOnFailure: this.plan.settings.errorHandling === 'rollback',
      remaining: this.sequence.remaining,
      isDraining: this.draining,
      nextDue: () => this.sequence.nextDue(),
      undoDue: () => this.rollback.dueAt,
    };
    const conclusion = conclude(this.state, this.obstacles, idle, this.writer.timestamp());
    if (!conclusion) return;
    if ('event' in conclusion) this.end(conclusion.event);
    else if ('rollBack' in conclusion) this.rollBackBefore(conclusion.rollBack);
    else this.leave(conclusion.wakeAt);
  }

  private rollBackBefore({ then, error, ...by }: EndAfterRollback): void {
    const caused = { timestamp: this.writer.timestamp(), ...by };
    this.writer.append(rollbackBefore(this.plan, this.state, { then, error }, caused));
    this.loop.run();
  }

  private end(event: JournalEvent): void {
    this.writer.append(event);
    this.leave(null);
  }

  private leave(wakeAt: number | null): void {
    this.stop();
    this.options.onLeave({ wakeAt });
  }

  private stop(): void {
    this.gone = true;
    this.loop.stop();
    this.sequence.stop();
    this.runner.close();
    this.rollback.close();
    this.limit.rest();
    this.stopGrace?.();
  }
}
