import type { ExecutionPlan, PlanNode } from '../definition/execution-plan.js';
import type { Scheduler } from '../ports.js';
import { DueTimers } from '../scheduling/due-timers.js';
import type { ExecutionState } from '../state/execution-state.js';

/** What it asks of the driver. */
export interface WaitingHost {
  /** False while the execution pauses, ends or leaves: what comes due then is held. */
  mayGoOn(): boolean;
  /** The node's wait is over, or its next attempt is due. */
  isDue(node: PlanNode): void;
}

/** The nodes that wait for a moment, between attempts too. Each comes due once. */
export class WaitingNodes {
  private readonly timers: DueTimers;
  private held: PlanNode[] = [];

  constructor(
    private readonly plan: ExecutionPlan,
    scheduler: Scheduler,
    private readonly host: WaitingHost,
  ) {
    this.timers = new DueTimers(scheduler, (index) => {
      const node = plan.nodes[index];
      if (node) this.due(node);
    });
  }

  /** Takes up every node that waits by the journal. */
  takeUp(state: ExecutionState): void {
    for (const node of this.plan.nodes) {
      const nodeState = state.nodes.get(node.id);
      if (nodeState?.status !== 'running') continue;
      this.wait(node, nodeState.retryAt ?? nodeState.waiting?.until);
    }
  }

  /** The node waits until then (epoch ms); undefined: for a signal alone. */
  wait(node: PlanNode, until: number | undefined): void {
    this.timers.arm(node.index, until ?? Infinity);
  }

  /** The execution goes on: what came due meanwhile is due now. */
  goOn(): void {
    for (const node of this.held.splice(0)) this.due(node);
  }

  clear(): void {
    this.timers.clear();
    this.held = [];
  }

  /** The earliest due time that lies ahead (epoch ms), Infinity when there is none. */
  earliest(): number {
    return this.timers.earliest();
  }

  private due(node: PlanNode): void {
    if (this.host.mayGoOn()) this.host.isDue(node);
    else this.held.push(node);
  }
}
