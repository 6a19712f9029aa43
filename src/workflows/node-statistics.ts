import { Injectable } from '@nestjs/common';
import { nodeDisplayName } from '../engine/definition/workflow-definition.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { NodeDurationRepository } from '../repositories/node-duration.repository.js';
import { storableText } from '../repositories/storable-text.js';
import { WorkflowStorage } from './workflow-storage.js';

/** How a node has run, in all executions and revisions of its workflow. */
export interface NodeStatisticsRow {
  nodeId: string;
  nodeName: string;
  nodeType: string;
  /** How often it has ended; not counted are skipped, cached, settled and cancelled ones, and attempts that were retried. */
  count: number;
  /** How often it failed for good. */
  failures: number;
  /** failures / count, 0..1; 0 when it never ended. */
  failureShare: number;
  /** Half of what did not fail took at most so long (ms, within 6 %); null when nothing did. */
  p50: number | null;
  /** The same for 95 of 100. */
  p95: number | null;
}

export interface NodeStatisticsList {
  workflowId: string;
  /** Of the current revision, in the order of the document. */
  nodes: NodeStatisticsRow[];
  count: number;
}

/** How the nodes of a workflow have run so far. It may lag a few seconds. */
@Injectable()
export class NodeStatistics {
  constructor(
    private readonly storage: WorkflowStorage,
    private readonly durations: NodeDurationRepository,
    private readonly catalog: NodeRegistry,
  ) {}

  /** @throws EngineError NOT_FOUND */
  async ofWorkflow(workflowId: string): Promise<NodeStatisticsList> {
    const { content } = await this.storage.get(workflowId);
    const sums = (await this.durations.ofWorkflows([workflowId])).get(workflowId);
    const nodes = content.nodes.map((node) => {
      const { count, failures, histogram } = sums?.get(storableText(node.id)) ?? { count: 0, failures: 0 };
      return {
        nodeId: node.id,
        nodeName: nodeDisplayName(node),
        nodeType: this.catalog.get(node.type)?.type ?? node.type,
        count,
        failures,
        failureShare: count === 0 ? 0 : failures / count,
        p50: histogram?.percentile(0.5) ?? null,
        p95: histogram?.percentile(0.95) ?? null,
      };
    });
    return { workflowId, nodes, count: nodes.length };
  }
}
