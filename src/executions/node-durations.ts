import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { DurationHistogram } from '../engine/progress/duration-histogram.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { NodeDurationRepository, type NodeDurationSum } from '../repositories/node-duration.repository.js';
import { AddedUp } from './added-up.js';

/** Of one workflow: by node. */
interface WorkflowSums {
  workflowId: string;
  nodes: Map<string, NodeDurationSum>;
}

/** How long nodes take and how often they fail. */
@Injectable()
export class NodeDurations implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sums: AddedUp<WorkflowSums>;

  constructor(
    private readonly durations: NodeDurationRepository,
    private readonly identity: InstanceIdentity,
    private readonly log: Log,
  ) {
    this.sums = new AddedUp({
      foldGone: () => this.durations.foldGone(),
      empty: (workflowId) => ({ workflowId, nodes: new Map() }),
      merge,
      write: (sums) => this.durations.add(this.identity.id, sums),
      onFailure: (err) => this.log.debug({ err }, 'the durations of nodes could not be flushed; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.sums.begin();
  }

  /** By now everything that was driven has ended or was given up. */
  onApplicationShutdown(): Promise<void> {
    return this.sums.end();
  }

  /** A node has ended by itself. How long a failed one took says nothing of how long it takes, so that is not counted. */
  ended(workflowId: string, nodeId: string, durationMs: number, hasFailed: boolean): void {
    const sum = sumOf(this.sums.of(workflowId), nodeId);
    sum.count += 1;
    if (hasFailed) sum.failures += 1;
    else {
      sum.durationSum += durationMs;
      sum.histogram.add(durationMs);
    }
  }
}

function sumOf({ nodes }: WorkflowSums, nodeId: string): NodeDurationSum {
  let sum = nodes.get(nodeId);
  if (!sum) {
    sum = { count: 0, failures: 0, durationSum: 0, histogram: new DurationHistogram() };
    nodes.set(nodeId, sum);
  }
  return sum;
}

function merge(into: WorkflowSums, { nodes }: WorkflowSums): void {
  for (const [nodeId, more] of nodes) {
    const sum = sumOf(into, nodeId);
    sum.count += more.count;
    sum.failures += more.failures;
    sum.durationSum += more.durationSum;
    sum.histogram.merge(more.histogram.counts);
  }
}
