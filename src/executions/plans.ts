import { Injectable } from '@nestjs/common';
import { buildExecutionPlan, type ExecutionPlan } from '../engine/definition/execution-plan.js';
import { EngineError } from '../engine/errors.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { WorkflowHeadRepository, type WorkflowHead } from '../repositories/workflow-head.repository.js';
import { WorkflowRepository } from '../repositories/workflow.repository.js';

/** Plans are kept until they hold this many nodes together. */
const NODES_KEPT = 200_000;

/** The plans of revisions, made once each: a revision never changes. The least used go first. */
@Injectable()
export class Plans {
  private readonly plans = new Map<string, { plan: Promise<ExecutionPlan>; nodes: number }>();
  private nodesKept = 0;

  constructor(
    private readonly heads: WorkflowHeadRepository,
    private readonly workflows: WorkflowRepository,
    private readonly registry: NodeRegistry,
  ) {}

  /** @throws EngineError NOT_FOUND when the workflow has no such revision */
  get(workflowId: string, revision: number): Promise<ExecutionPlan> {
    const key = `${revision}@${workflowId}`;
    const entry = this.plans.get(key) ?? this.make(key, workflowId, revision);
    // Put at the end: a Map keeps the order of insertion, so the first is the least recently used.
    this.plans.delete(key);
    this.plans.set(key, entry);
    return entry.plan;
  }

  /**
   * What a new execution of the workflow runs: the given revision, else the current one.
   * @throws EngineError NOT_FOUND; CONFLICT when the workflow is not active
   */
  async forNew(workflowId: string, revision?: number): Promise<{ head: WorkflowHead; plan: ExecutionPlan }> {
    const head = await this.heads.find(workflowId);
    if (!head) throw new EngineError('NOT_FOUND', 'Workflow not found', { id: workflowId });
    if (head.status !== 'active') {
      throw new EngineError('CONFLICT', `The workflow is ${head.status}`, { id: workflowId, status: head.status });
    }
    return { head, plan: await this.get(workflowId, revision ?? head.revision) };
  }

  private make(key: string, workflowId: string, revision: number): { plan: Promise<ExecutionPlan>; nodes: number } {
    const entry = { plan: this.load(workflowId, revision), nodes: 0 };
    entry.plan.then(
      ({ nodes }) => {
        if (this.plans.get(key) !== entry) return;
        entry.nodes = nodes.length;
        this.nodesKept += nodes.length;
        this.shrink();
      },
      () => this.plans.delete(key),
    );
    return entry;
  }

  private async load(workflowId: string, revision: number): Promise<ExecutionPlan> {
    const found = await this.workflows.findRevision(workflowId, revision);
    if (!found) throw new EngineError('NOT_FOUND', 'Workflow revision not found', { id: workflowId, revision });
    return buildExecutionPlan(found, this.registry);
  }

  private shrink(): void {
    for (const [key, { nodes }] of this.plans) {
      if (this.nodesKept <= NODES_KEPT || this.plans.size === 1) return;
      this.plans.delete(key);
      this.nodesKept -= nodes;
    }
  }
}
