import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { buildExecutionPlan, type ExecutionPlan } from '../engine/definition/execution-plan.js';
import { canonicalJson } from '../engine/canonical-json.js';
import type { PlannedRevision } from '../engine/definition/changed-nodes.js';
import { mergeConfig, withConfig, type ConfigChanges } from '../engine/definition/with-config.js';
import { EngineError } from '../engine/errors.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { ExecutionConfigRepository } from '../repositories/execution-config.repository.js';
import { WorkflowHeadRepository, type WorkflowHead } from '../repositories/workflow-head.repository.js';
import { WorkflowRepository, type StoredRevision } from '../repositories/workflow.repository.js';

/** Plans are kept until they hold this many nodes together. */
const NODES_KEPT = 200_000;

type Corrected = Pick<ExecutionState, 'configChanges' | 'keptConfigs'>;

/** The plans of revisions, made once each: a revision never changes. The least used go first. */
@Injectable()
export class Plans {
  private readonly plans = new Map<string, { plan: Promise<ExecutionPlan>; nodes: number }>();
  private nodesKept = 0;

  constructor(
    private readonly heads: WorkflowHeadRepository,
    private readonly workflows: WorkflowRepository,
    private readonly registry: NodeRegistry,
    private readonly configs: ExecutionConfigRepository,
  ) {}

  /** @throws EngineError NOT_FOUND when the workflow has no such revision */
  get(workflowId: string, revision: number, changes: ConfigChanges = {}): Promise<ExecutionPlan> {
    const key = keyOf(workflowId, revision, changes);
    const entry = this.plans.get(key) ?? this.make(key, this.load(workflowId, revision, changes));
    // Put at the end: a Map keeps the order of insertion, so the first is the least recently used.
    this.plans.delete(key);
    this.plans.set(key, entry);
    return entry.plan;
  }

  /**
   * What an execution runs: its revision, with the configs that were corrected for it.
   * @throws EngineError NOT_FOUND when that is not kept any more
   */
  async of(state: Corrected & Pick<ExecutionState, 'workflowId' | 'revision'>): Promise<ExecutionPlan> {
    return this.get(state.workflowId, state.revision, await this.corrected(state));
  }

  /**
   * The configs that were corrected for an execution, whole: the journal has their secrets masked.
   * @throws EngineError NOT_FOUND when they are not kept any more
   */
  async corrected({ configChanges, keptConfigs }: Corrected): Promise<ConfigChanges> {
    if (keptConfigs.length === 0) return configChanges;
    const kept = await this.configs.find(keptConfigs);
    return keptConfigs.reduce((changes, id) => {
      const config = kept.get(id);
      if (!config) throw new EngineError('NOT_FOUND', 'The corrected config is not kept any more', { id });
      return mergeConfig(changes, config);
    }, configChanges);
  }

  /** A revision as it is stored, and its plan. @throws EngineError NOT_FOUND when the workflow has no such revision */
  async revision(workflowId: string, revision: number): Promise<PlannedRevision> {
    const [{ content }, plan] = await Promise.all([this.find(workflowId, revision), this.get(workflowId, revision)]);
    return { content, plan };
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

  private make(key: string, plan: Promise<ExecutionPlan>): { plan: Promise<ExecutionPlan>; nodes: number } {
    const entry = { plan, nodes: 0 };
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

  private async load(workflowId: string, revision: number, changes: ConfigChanges): Promise<ExecutionPlan> {
    const found = await this.find(workflowId, revision);
    return buildExecutionPlan({ ...found, content: withConfig(found.content, changes) }, this.registry);
  }

  private async find(workflowId: string, revision: number): Promise<StoredRevision> {
    const found = await this.workflows.findRevision(workflowId, revision);
    if (!found) throw new EngineError('NOT_FOUND', 'Workflow revision not found', { id: workflowId, revision });
    return found;
  }

  private shrink(): void {
    for (const [key, { nodes }] of this.plans) {
      if (this.nodesKept <= NODES_KEPT || this.plans.size === 1) return;
      this.plans.delete(key);
      this.nodesKept -= nodes;
    }
  }
}

/** Each correction of configs makes another plan; the corrections themselves may be large. */
function keyOf(workflowId: string, revision: number, changes: ConfigChanges): string {
  const key = `${revision}@${workflowId}`;
  if (Object.keys(changes).length === 0) return key;
  return `${key} ${createHash('sha256').update(canonicalJson(changes)).digest('base64')}`;
}
