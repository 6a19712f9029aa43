import { DataFlow } from '../data-flow.js';
import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { EngineError, NodeError } from '../errors.js';
import type { EventOf, ExecutionErrorData, JournalEvent } from '../journal/events.js';
import { foldEvent } from '../journal/fold.js';
import { nodeOf } from '../journal/fold-nodes.js';
import { LONGEST_TIMER_MS, callAt } from '../scheduling/call-at.js';
import { decideNode, isHandled } from '../scheduling/next-nodes.js';
import { RunLimit } from '../scheduling/run-limit.js';
import { Schedule } from '../scheduling/schedule.js';
import { decideCommand, endEvent, type Command } from '../state/decide-command.js';
import type { ExecutionState } from '../state/execution-state.js';
import { isEnded } from '../state/transitions.js';
import type { AttemptInput } from './attempt-context.js';
import { waitingAgainEvent } from './drive-outcome.js';
import type { DriverPorts } from './driver-ports.js';
import { logLineOf, verboseLineOf } from './engine-log.js';
import { cancelled, openAttempts, standingFailure, timeoutError } from './interrupted-work.js';
import { NodeRunner } from './node-runner.js';
import { WaitingNodes } from './waiting-nodes.js';

/** A driver works at most this long in one turn of the event loop. */
const TURN_MS = 5;

/** Why an execution leaves memory, and when somebody has to look at it again (epoch ms; null: at a command alone). */
export interface Leave {
  wakeAt: number | null;
}

export interface DriverOptions {
  executionId: string;
  plan: ExecutionPlan;
  /** Folded from the journal; the driver carries it on. */
  state: ExecutionState;
  /** How long an aborted attempt may take to end by itself, in ms. */
  cancelGraceMs: number;
  /** Called once, when everything is handed to the journal and the execution needs no memory for now. */
  onLeave(leave: Leave): void;
  /** Called once when the engine itself failed; the driver has stopped and writes nothing more. */
  onFault(error: unknown): void;
}

/**
 * Drives one execution: next nodes → run → event → journal, until it ends, pauses or only waits. Everything it knows
 * follows from the journal's fold, so it can be dropped at any moment and made again from there.
 */
export class ExecutionDriver {
  private readonly flow: DataFlow;
  private readonly runner: NodeRunner;
  private readonly waiting: WaitingNodes;
  private readonly limit: RunLimit;
  private schedule: Schedule;
  /** True once what the journal left open has been taken up. */
  private begun = false;
  private failure: ExecutionErrorData | undefined;
  private pumping = false;
  private pumpAgain = false;
  private turnAsked = false;
  private draining = false;
  private gone = false;
  private stopGrace: (() => void) | undefined;

  constructor(
    private readonly options: DriverOptions,
    private readonly ports: DriverPorts,
  ) {
    const { executionId, plan, state } = options;
    this.flow = new DataFlow(plan, state);
    this.runner = new NodeRunner({ executionId, plan, state, flow: this.flow }, ports, {
      append: (event) => this.append(event),
      timestamp: () => this.timestamp(),
      recorded: (node, event) => this.recorded(node, event),
      guard: (work) => this.guard(work),
      mayRetry: () => !this.failure && state.activity !== 'cancelling',
      endingError: () => (state.activity === 'cancelling' ? cancelled() : null),
    });
    this.waiting = new WaitingNodes(plan, ports.scheduler, {
      mayGoOn: () => this.mayStart(),
      isDue: (node) => this.guard(() => this.isDue(node)),
    });
    this.limit = new RunLimit(ports.scheduler, () => this.guard(() => this.onTimeout()));
    this.schedule = new Schedule(plan, state);
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
    this.guard(() => {
      if (this.state.status === 'pending') this.append({ type: 'execution:started', timestamp: this.timestamp() });
    });
    this.pump();
  }

  /**
   * Carries a command out; true when it changed something.
   * @throws EngineError INVALID_TRANSITION or CONFLICT, and the command has changed nothing; SERVICE_UNAVAILABLE when the
   * execution has just left memory
   */
  command(command: Command): boolean {
    this.guard(() => this.begin());
    if (this.gone) throw new EngineError('SERVICE_UNAVAILABLE', 'The execution has just left memory; try again');
    const now = { timestamp: this.timestamp(), running: this.runner.size };
    const { event, abort } = decideCommand(this.plan, this.state, command, now);
    if (!event) return false;
    const withdrawsPause = event.type === 'execution:resumed' && this.state.activity === 'pausing';
    this.guard(() => {
      this.append(event);
      if (withdrawsPause) this.waiting.goOn();
      else if (event.type === 'execution:resumed') this.begun = false;
      if (abort && command.kind === 'pause') this.runner.interruptAll('abort');
      else if (abort) this.abortWithGrace();
    });
    this.pump();
    return true;
  }

  /** Leaves again when there is nothing to do, as after a command that was refused. */
  release(): void {
    this.pump();
  }

  /** Stops at once and writes nothing more: somebody else has the execution, or the journal refused it. */
  abandon(): void {
    this.stop();
    this.runner.dropAll();
  }

  /** Starts nothing more and leaves as soon as nothing runs. */
  drain(): void {
    this.draining = true;
    this.pump();
  }

  /** Cuts off what still runs, at the end of a shutdown's grace. */
  interrupt(): void {
    this.draining = true;
    this.guard(() => {
      if (this.state.activity === 'cancelling') this.runner.giveUpAll(cancelled());
      else this.runner.interruptAll('shutdown');
    });
    this.pump();
  }

  /** Ends the execution as failed for a reason of the engine's own, whatever its nodes say. */
  failWith(error: ExecutionErrorData): void {
    this.guard(() => {
      if (isEnded(this.state.status)) return this.leave(null);
      this.runner.interruptAll('abort');
      if (this.state.status === 'pending') this.append({ type: 'execution:started', timestamp: this.timestamp() });
      for (const event of openAttempts(this.plan, this.state, this.timestamp())) this.append(event);
      this.end({ type: 'execution:failed', timestamp: this.timestamp(), error });
    });
  }

  private timestamp(): number {
    return Math.max(this.ports.scheduler.now(), this.state.timestamp);
  }

  /** Folds and journals an event. */
  private append(event: JournalEvent): void {
    const text = JSON.stringify(event);
    foldEvent(this.state, this.state.seq + 1, event);
    this.ports.journal.append(text);
    const line = logLineOf(event) ?? (this.plan.settings.verboseLogging ? verboseLineOf(event) : null);
    if (line) this.ports.journal.log(line);
  }

  /** Takes up what ran, waited or was between attempts when the journal was last written, once. */
  private begin(): void {
    if (this.begun || this.state.status !== 'running') return;
    this.begun = true;
    for (const event of openAttempts(this.plan, this.state, this.timestamp())) this.append(event);
    this.failure = standingFailure(this.plan, this.state);
    this.schedule = new Schedule(this.plan, this.state);
    this.waiting.takeUp(this.state);
    this.pauseIfAsked();
  }

  /** A node whose outcome only a person can say holds the execution up. */
  private pauseIfAsked(): void {
    if (this.failure || this.state.activity !== null) return;
    const asking = this.plan.nodes.find((node) => this.state.nodes.get(node.id)?.asks);
    if (!asking) return;
    this.append({ type: 'execution:paused', timestamp: this.timestamp(), code: 'OUTCOME_UNKNOWN', nodeId: asking.id });
  }

  /** Starts what may start, then sees whether that was the end. A call from within is made good by the one that runs. */
  private pump(): void {
    if (this.pumping) {
      this.pumpAgain = true;
      return;
    }
    this.pumping = true;
    this.guard(() => {
      this.begin();
      do {
        this.pumpAgain = false;
        if (!this.gone && !this.turnAsked && this.startNodes()) this.concludeIfIdle();
      } while (this.pumpAgain);
      if (this.runner.size > 0) this.limit.run(this.plan.settings.timeout - this.state.clock.used);
      else this.limit.rest();
    });
    this.pumping = false;
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

  /** False when it gave its turn away and will be called again. */
  private startNodes(): boolean {
    const { scheduler, journal } = this.ports;
    const turnEnds = scheduler.now() + TURN_MS;
    const places = this.plan.settings.maxConcurrency;
    while (this.mayStart() && this.runner.size < places) {
      if (journal.isFull) return this.later((again) => journal.whenRoom(again));
      if (scheduler.now() > turnEnds) return this.later((again) => scheduler.defer(again));
      const node = this.schedule.next();
      if (!node) break;
      this.decide(node);
    }
    return true;
  }

  private later(ask: (again: () => void) => void): false {
    this.turnAsked = true;
    ask(() => {
      this.turnAsked = false;
      this.pump();
    });
    return false;
  }

  private mayStart(): boolean {
    return this.state.status === 'running' && this.state.activity === null && !this.failure && !this.draining;
  }

  private decide(node: PlanNode): void {
    const decision = decideNode(this.plan, this.state, node);
    if (decision === 'dead' || decision === 'disabled') {
      this.append({ type: 'node:skipped', timestamp: this.timestamp(), nodeId: node.id, reason: decision });
      return this.schedule.settle(node, this.state);
    }
    // A condition before the node failed, and so does the node, without having run.
    if (typeof decision === 'object') return this.runner.fail(node, new NodeError('EXPRESSION_ERROR', decision.error));
    const waiting = waitingAgainEvent(node.id, nodeOf(this.state, node.id), this.timestamp());
    if (!waiting) return this.runner.run(node);
    this.append(waiting);
    this.recorded(node, waiting);
  }

  private recorded(node: PlanNode, event: JournalEvent): void {
    switch (event.type) {
      case 'node:completed':
        if (!event.cached) this.ports.onNodeEnded?.(node.id, event.timestamp - event.startTime, false);
        this.schedule.settle(node, this.state);
        break;
      case 'node:waiting':
      case 'node:retrying':
        this.waiting.wait(node, event.until);
        break;
      case 'node:failed':
        this.nodeFailed(node, event);
        break;
      default:
        break;
    }
    this.pump();
  }

  private nodeFailed(node: PlanNode, event: EventOf<'node:failed'>): void {
    if (this.state.activity === 'cancelling') return;
    this.ports.onNodeEnded?.(node.id, event.timestamp - event.startTime, true);
    const stops = this.plan.settings.errorHandling !== 'continue' && !isHandled(this.state, node);
    if (!stops) return this.schedule.settle(node, this.state);
    this.failure ??= {
      message: event.error.message,
      code: event.error.code,
      failedNodeId: node.id,
      failedNodeName: node.name,
    };
  }

  private isDue(node: PlanNode): void {
    if (nodeOf(this.state, node.id).retryAt === undefined) this.runner.endWait(node);
    else this.schedule.putBack(node);
    this.pump();
  }

  private onTimeout(): void {
    const error = timeoutError(this.plan);
    this.failure = { code: error.code, message: error.message };
    this.runner.giveUpAll(error);
    this.pump();
  }

  private abortWithGrace(): void {
    this.runner.abortAll(cancelled());
    const { scheduler } = this.ports;
    const graceEnds = scheduler.now() + this.options.cancelGraceMs;
    this.stopGrace = callAt(scheduler, graceEnds, () => this.runner.giveUpAll(cancelled()));
  }

  private concludeIfIdle(): void {
    if (this.runner.size > 0) return;
    const { state } = this;
    const timestamp = this.timestamp();
    if (state.activity === 'cancelling' && state.ending) return this.end(endEvent(state.ending, { timestamp }));
    if (isEnded(state.status) || state.status === 'paused') return this.leave(null);
    if (state.status === 'pending') return this.leave(state.runAt ?? timestamp);
    if (this.failure) return this.end({ type: 'execution:failed', timestamp, error: this.failure });
    if (this.schedule.remaining === 0) return this.end({ type: 'execution:completed', timestamp });
    if (state.activity === 'pausing') return this.end({ type: 'execution:paused', timestamp });
    if (this.draining) return this.leave(timestamp);
    const next = this.waiting.earliest();
    if (next > timestamp + LONGEST_TIMER_MS) this.leave(next === Infinity ? null : next);
  }

  private end(event: JournalEvent): void {
    this.append(event);
    this.leave(null);
  }

  private leave(wakeAt: number | null): void {
    this.stop();
    this.options.onLeave({ wakeAt });
  }

  private stop(): void {
    this.gone = true;
    this.waiting.clear();
    this.runner.close();
    this.limit.rest();
    this.stopGrace?.();
  }
}
