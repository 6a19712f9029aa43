import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import { NodeError } from '../errors.js';
import type { JournalEvent } from '../journal/events.js';
import { nodeOf } from '../journal/fold-nodes.js';
import type { Scheduler } from '../ports.js';
import { decideNode } from '../scheduling/next-nodes.js';
import { Schedule } from '../scheduling/schedule.js';
import type { ExecutionState } from '../state/execution-state.js';
import { waitingAgainEvent } from './drive-outcome.js';
import type { EventWriter } from './event-writer.js';
import type { NodeRunner } from './node-runner.js';
import type { Obstacles } from './obstacles.js';
import { WaitingNodes } from './waiting-nodes.js';

/** What it asks of the driver. */
export interface SequenceHost {
  /** False while nothing may start: it pauses, ends or leaves. */
  mayStart(): boolean;
  /** Does the work unless the driver has stopped; an error in it is the driver's to handle. */
  guard(work: () => void): void;
  /** Something has changed: more may start, or that was the end. */
  changed(): void;
}

/** Which node comes next, and what follows for others from what came of one. */
export class NodeSequence {
  private schedule: Schedule;
  private readonly waiting: WaitingNodes;

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly state: ExecutionState,
    scheduler: Scheduler,
    private readonly parts: { writer: EventWriter; obstacles: Obstacles; runner: NodeRunner },
    private readonly host: SequenceHost,
  ) {
    this.schedule = new Schedule(plan, state);
    this.waiting = new WaitingNodes(plan, scheduler, {
      mayGoOn: () => host.mayStart(),
      isDue: (node) => host.guard(() => this.isDue(node)),
    });
  }

  /** Nodes that have not ended. */
  get remaining(): number {
    return this.schedule.remaining;
  }

  /** When the first node that waits is due, in epoch ms; Infinity when none is. */
  nextDue(): number {
    return this.waiting.earliest();
  }

  /** Anew from the journal. */
  takeUp(): void {
    this.schedule = new Schedule(this.plan, this.state);
    this.waiting.takeUp(this.state);
  }

  /** What came due while nothing might start is done now. */
  goOn(): void {
    this.waiting.goOn();
  }

  /** Nothing comes due any more. */
  stop(): void {
    this.waiting.clear();
  }

  /** Decides the next node, and runs it if it is to run; false when there is none. */
  startNext(): boolean {
    const node = this.schedule.next();
    if (node) this.decide(node);
    return node !== undefined;
  }

  /** The node may be decided once more, as soon as anything may start. */
  putBack(node: PlanNode): void {
    this.schedule.putBack(node);
    this.host.changed();
  }

  /** The event is what came of the node, and is journaled. */
  recorded(node: PlanNode, event: JournalEvent): void {
    switch (event.type) {
      case 'node:completed':
        this.schedule.settle(node, this.state);
        break;
      case 'node:waiting':
      case 'node:retrying':
        this.waiting.wait(node, event.until);
        break;
      case 'node:failed':
        if (this.state.activity === 'cancelling') break;
        if (!this.parts.obstacles.nodeFailed(node, event)) this.schedule.settle(node, this.state);
        break;
      case 'node:interrupted':
        this.parts.obstacles.asks(node);
        break;
      default:
        break;
    }
    this.host.changed();
  }

  private decide(node: PlanNode): void {
    const { writer, runner } = this.parts;
    const decision = decideNode(this.plan, this.state, node);
    if (decision === 'dead' || decision === 'disabled') {
      writer.append({ type: 'node:skipped', timestamp: writer.timestamp(), nodeId: node.id, reason: decision });
      return this.schedule.settle(node, this.state);
    }
    // A condition before the node failed, and so does the node, without having run.
    if (typeof decision === 'object') {
      return runner.fail(node, new NodeError('EXPRESSION_ERROR', decision.error, { details: decision.details }));
    }
    const waiting = waitingAgainEvent(node.id, nodeOf(this.state, node.id), writer.timestamp());
    if (!waiting) return runner.run(node);
    writer.append(waiting);
    this.recorded(node, waiting);
  }

  private isDue(node: PlanNode): void {
    if (nodeOf(this.state, node.id).retryAt !== undefined) return this.putBack(node);
    this.parts.runner.endWait(node);
    this.host.changed();
  }
}
