import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { NodeError } from '../errors.js';
import type { EventOf, ExecutionErrorData } from '../journal/events.js';
import { isHandled } from '../scheduling/next-nodes.js';
import type { ExecutionState } from '../state/execution-state.js';
import { standingFailure } from './interrupted-work.js';

/** What keeps an execution from starting anything more: what runs comes to its end, then it ends or is paused. */
export class Obstacles {
  /** The first failure that ends it. */
  failure: ExecutionErrorData | undefined;
  /** A node whose outcome only a person can say. */
  asking: PlanNode | undefined;

  constructor(
    private readonly plan: ExecutionPlan,
    private readonly state: ExecutionState,
  ) {}

  get areThere(): boolean {
    return this.failure !== undefined || this.asking !== undefined;
  }

  /** Those that the journal tells of. */
  takeUp(): void {
    this.failure = standingFailure(this.plan, this.state);
    this.asking = this.plan.nodes.find((node) => this.state.nodes.get(node.id)?.asks);
  }

  /** The node has failed for good; false when the execution goes on all the same. */
  nodeFailed(node: PlanNode, { error: { message, code } }: EventOf<'node:failed'>): boolean {
    if (this.plan.settings.errorHandling === 'continue' || isHandled(this.state, node)) return false;
    this.failure ??= { message, code, failedNodeId: node.id, failedNodeName: node.name };
    return true;
  }

  /** Past its limit it fails with that, whatever has failed before. */
  ranTooLong({ code, message }: NodeError): void {
    this.failure = { code, message };
  }

  /** Nobody can tell what came of the node. */
  asks(node: PlanNode): void {
    this.asking ??= node;
  }
}
