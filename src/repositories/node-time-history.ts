import { Injectable } from '@nestjs/common';
import { NodeTime, type NodeTimes } from '../engine/progress/node-time.js';
import { NodeDurationRepository, type NodeDurationSums } from './node-duration.repository.js';
import { storableText } from './storable-text.js';

/** What is read serves at least so long, and so many times as long as its reading took: that takes 2 % of the time at most. */
const KEEP_MS = 1000;
const KEEP_FACTOR = 50;
/** The histories of the workflows that were read last are kept until they have this many nodes together. */
const NODES_KEPT = 50_000;

interface Kept {
  times: Promise<NodeTimes>;
  nodes: number;
  /** By the monotonic clock, in ms; Infinity while it is being read. */
  until: number;
}

/** How long the nodes of workflows have taken in past executions; it may lag some seconds. */
@Injectable()
export class NodeTimeHistory {
  /** By workflow, the one that was read longest ago first. */
  private readonly kept = new Map<string, Kept>();
  private nodesKept = 0;

  constructor(private readonly durations: NodeDurationRepository) {}

  /** Who asks while it is being read shares that. */
  of(workflowId: string): Promise<NodeTimes> {
    const kept = this.kept.get(workflowId);
    if (kept && kept.until > performance.now()) return kept.times;
    this.forget(workflowId);
    const entry: Kept = { times: Promise.resolve(NOTHING), nodes: 0, until: Infinity };
    this.kept.set(workflowId, entry);
    entry.times = this.read(workflowId, entry);
    return entry.times;
  }

  private async read(workflowId: string, entry: Kept): Promise<NodeTimes> {
    const began = performance.now();
    try {
      const sums = (await this.durations.ofWorkflows([workflowId])).get(workflowId);
      const times = sums ? timesOf(sums) : NOTHING;
      const now = performance.now();
      entry.until = now + Math.max(KEEP_MS, KEEP_FACTOR * (now - began));
      entry.nodes = 1 + (sums?.size ?? 0);
      this.nodesKept += entry.nodes;
      this.shrink();
      return times;
    } catch (error) {
      this.kept.delete(workflowId);
      throw error;
    }
  }

  private shrink(): void {
    for (const workflowId of this.kept.keys()) {
      if (this.nodesKept <= NODES_KEPT || this.kept.size === 1) return;
      this.forget(workflowId);
    }
  }

  private forget(workflowId: string): void {
    this.nodesKept -= this.kept.get(workflowId)?.nodes ?? 0;
    this.kept.delete(workflowId);
  }
}

const NOTHING: NodeTimes = { get: () => undefined };

function timesOf(sums: NodeDurationSums): NodeTimes {
  const times = new Map<string, NodeTime>();
  for (const [nodeId, { histogram, durationSum, count }] of sums) {
    times.set(nodeId, new NodeTime(histogram, durationSum, count));
  }
  return { get: (nodeId) => times.get(storableText(nodeId)) };
}
