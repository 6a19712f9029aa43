import { Injectable } from '@nestjs/common';
import { Log } from '../config/logger.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { UsageRepository, type UsageDelta } from '../repositories/usage.repository.js';

const FLUSH_EVERY_MS = 1000;

/** How often workflows are used and how their executions end: added up here, flushed once a second. */
@Injectable()
export class WorkflowUsage {
  private deltas = new Map<string, UsageDelta>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly usage: UsageRepository,
    private readonly identity: InstanceIdentity,
    private readonly log: Log,
  ) {}

  begin(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS);
  }

  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  created(workflowId: string, at: number): void {
    const delta = this.deltaOf(workflowId);
    delta.used += 1;
    delta.lastExecutedAt = Math.max(delta.lastExecutedAt, at);
  }

  ended(workflowId: string, status: 'completed' | 'failed', durationMs: number): void {
    const delta = this.deltaOf(workflowId);
    delta[status] += 1;
    if (status === 'completed') delta.durationSum += durationMs;
  }

  private deltaOf(workflowId: string): UsageDelta {
    let delta = this.deltas.get(workflowId);
    if (!delta) {
      delta = { workflowId, used: 0, completed: 0, failed: 0, durationSum: 0, lastExecutedAt: 0 };
      this.deltas.set(workflowId, delta);
    }
    return delta;
  }

  private async flush(): Promise<void> {
    if (this.deltas.size === 0) return;
    const deltas = [...this.deltas.values()].sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
    this.deltas = new Map();
    try {
      await this.usage.add(this.identity.id, deltas);
    } catch (error) {
      // Counters may lag, but what was counted is not dropped.
      for (const delta of deltas) this.putBack(delta);
      this.log.debug({ err: error }, 'the usage counters could not be flushed; trying again');
    }
  }

  private putBack(old: UsageDelta): void {
    const delta = this.deltaOf(old.workflowId);
    delta.used += old.used;
    delta.completed += old.completed;
    delta.failed += old.failed;
    delta.durationSum += old.durationSum;
    delta.lastExecutedAt = Math.max(delta.lastExecutedAt, old.lastExecutedAt);
  }
}
