import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { UsageRepository, type UsageDelta } from '../repositories/usage.repository.js';
import { AddedUp } from './added-up.js';

/** How often workflows are used and how their executions end. */
@Injectable()
export class WorkflowUsage implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly deltas: AddedUp<UsageDelta>;

  constructor(
    private readonly usage: UsageRepository,
    private readonly identity: InstanceIdentity,
    private readonly log: Log,
  ) {
    this.deltas = new AddedUp({
      foldGone: () => this.usage.foldGone(),
      empty: (workflowId) => ({ workflowId, used: 0, completed: 0, failed: 0, durationSum: 0, lastExecutedAt: 0 }),
      merge,
      write: (deltas) => this.usage.add(this.identity.id, deltas),
      onFailure: (err) => this.log.debug({ err }, 'the usage counters could not be flushed; trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.deltas.begin();
  }

  /** By now everything that was driven has ended or was given up. */
  onApplicationShutdown(): Promise<void> {
    return this.deltas.end();
  }

  created(workflowId: string, at: number): void {
    const delta = this.deltas.of(workflowId);
    delta.used += 1;
    delta.lastExecutedAt = Math.max(delta.lastExecutedAt, at);
  }

  ended(workflowId: string, status: 'completed' | 'failed', durationMs: number): void {
    const delta = this.deltas.of(workflowId);
    delta[status] += 1;
    if (status === 'completed') delta.durationSum += durationMs;
  }
}

function merge(sum: UsageDelta, more: UsageDelta): void {
  sum.used += more.used;
  sum.completed += more.completed;
  sum.failed += more.failed;
  sum.durationSum += more.durationSum;
  sum.lastExecutedAt = Math.max(sum.lastExecutedAt, more.lastExecutedAt);
}
