import { Injectable } from '@nestjs/common';
import type { WorkflowStats } from '../engine/definition/workflow-definition.js';
import type { JsonValue } from '../engine/json.js';
import { estimateExecutionMs } from '../engine/progress/estimate-execution.js';
import { NodeDurationRepository } from '../repositories/node-duration.repository.js';
import { storableText } from '../repositories/storable-text.js';
import { WorkflowListRepository } from '../repositories/workflow-list.repository.js';
import type { WorkflowSummary } from '../repositories/workflow-rows.js';

/** Lists are asked for again and again; an estimate moves slowly. */
const KEEP_MS = 10_000;
const KEPT = 1000;

interface KeptEstimate {
  revision: number;
  /** Epoch ms. */
  at: number;
  ms: number | undefined;
}

/** What a document's nodes and edges say; whatever they are. */
interface Graph {
  nodes: readonly JsonValue[];
  edges: readonly JsonValue[];
}

/** How long an execution of a workflow takes, from how long its nodes have taken before. */
@Injectable()
export class WorkflowEstimates {
  /** By workflow, the oldest first. */
  private readonly kept = new Map<string, KeptEstimate>();

  constructor(
    private readonly durations: NodeDurationRepository,
    private readonly lists: WorkflowListRepository,
  ) {}

  /** The stats of a valid document of the workflow, with the estimate when there is a history. */
  async complete(workflowId: string, graph: Graph, stats: WorkflowStats): Promise<WorkflowStats> {
    return withEstimate(stats, await this.estimate(workflowId, graph));
  }

  /** The stats of listed workflows, in their order. An estimate may be ten seconds old. */
  async completeListed(listed: readonly WorkflowSummary[]): Promise<WorkflowStats[]> {
    const now = Date.now();
    const missing = listed.filter((workflow) => workflow.usage.usageCount > 0 && !this.isFresh(workflow, now));
    if (missing.length > 0) {
      const ids = missing.map((workflow) => workflow.id);
      for await (const { id, revision, content } of this.lists.documents(ids)) {
        this.keep(id, { revision, at: now, ms: await this.estimate(id, content) });
      }
    }
    return listed.map(({ id, stats }) => withEstimate(stats, this.kept.get(id)?.ms));
  }

  private async estimate(workflowId: string, { nodes, edges }: Graph): Promise<number | undefined> {
    const sums = (await this.durations.ofWorkflows([workflowId])).get(workflowId);
    if (!sums) return undefined;
    return estimateExecutionMs(nodes, edges, (id) => sums.get(storableText(id))?.histogram.percentile(0.5) ?? null);
  }

  private isFresh({ id, revision }: WorkflowSummary, now: number): boolean {
    const kept = this.kept.get(id);
    return kept !== undefined && kept.revision === revision && now - kept.at < KEEP_MS;
  }

  private keep(id: string, estimate: KeptEstimate): void {
    this.kept.delete(id);
    this.kept.set(id, estimate);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) return;
      this.kept.delete(oldest);
    }
  }
}

function withEstimate(stats: WorkflowStats, ms: number | undefined): WorkflowStats {
  return ms === undefined ? stats : { ...stats, estimatedExecutionTime: ms };
}
