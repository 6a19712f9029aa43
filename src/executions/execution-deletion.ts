import { Injectable } from '@nestjs/common';
import { atMost } from '../config/at-most.js';
import { Log } from '../config/logger.js';
import { ExecutionMonitor } from '../monitoring/execution-monitor.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import {
  type CleanupFilter,
  type DeletionRefusal,
  ExecutionDeletionRepository,
} from '../repositories/execution-deletion.repository.js';

/** Nobody waits longer for a node type to forget. */
const FORGET_MS = 10_000;

/** Deletes executions, and with them what node types have kept for them outside the journal. */
@Injectable()
export class ExecutionDeletion {
  constructor(
    private readonly deletions: ExecutionDeletionRepository,
    private readonly registry: NodeRegistry,
    private readonly monitor: ExecutionMonitor,
    private readonly log: Log,
  ) {}

  /** @returns `deleted`, `missing`, or what stands in the way */
  async delete(id: string): Promise<'deleted' | 'missing' | DeletionRefusal> {
    const outcome = await this.deletions.delete(id);
    if (outcome === 'deleted') await this.forget([id]);
    return outcome;
  }

  /** Deletes in batches; gives how many. `stop` ends it between two of them. */
  cleanup(filter: CleanupFilter, stop?: AbortSignal): Promise<number> {
    return this.deletions.cleanup(filter, (ids) => this.forget(ids), stop);
  }

  /** How many executions a cleanup would take now. */
  countDeletable(filter: CleanupFilter): Promise<number> {
    return this.deletions.countDeletable(filter);
  }

  /** They are deleted for good by now: what cannot be forgotten is left behind, and the log says so. */
  private async forget(executionIds: readonly string[]): Promise<void> {
    if (executionIds.length === 0) return;
    this.monitor.committed();
    for (const type of this.registry.list()) {
      if (!type.forget) continue;
      try {
        await atMost(FORGET_MS, type.forget(executionIds));
      } catch (error) {
        const fields = { err: error as unknown, nodeType: type.type, executionIds };
        this.log.error(fields, 'what a node type has kept for deleted executions is left behind');
      }
    }
  }
}
