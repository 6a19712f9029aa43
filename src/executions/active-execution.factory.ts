import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { OutputCache } from '../engine/caching/output-cache.js';
import { EvaluationTurns } from '../engine/expressions/evaluation-turns.js';
import { createCountingFetch } from '../nodes/counting-fetch.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { ActiveExecution, type ActiveEvents, type ActiveOptions } from './active-execution.js';
import { Clock } from './clock.js';
import { JournalQueue } from './journal-queue.js';
import { Lease } from './lease.js';
import { NodeDurations } from './node-durations.js';

/** Gives a driver what it needs from outside: time, node types, the journal's queue and the lease. */
@Injectable()
export class ActiveExecutionFactory {
  private readonly cache = new OutputCache();
  private readonly turns: EvaluationTurns;

  constructor(
    private readonly config: Config,
    private readonly identity: InstanceIdentity,
    private readonly registry: NodeRegistry,
    private readonly clock: Clock,
    private readonly queue: JournalQueue,
    private readonly lease: Lease,
    private readonly durations: NodeDurations,
  ) {
    this.turns = new EvaluationTurns({
      elapsed: () => performance.now(),
      defer: (callback) => this.clock.defer(callback),
    });
  }

  make(
    options: Pick<ActiveOptions, 'executionId' | 'plan' | 'state' | 'creation'>,
    events: ActiveEvents,
  ): ActiveExecution {
    const instanceId = this.identity.id;
    const { workflowId } = options.plan;
    const ports = {
      scheduler: this.clock,
      catalog: this.registry,
      cache: this.cache,
      turns: this.turns,
      createFetch: createCountingFetch,
      instanceId: () => instanceId,
      confirmLease: () => this.lease.confirm(),
      onNodeEnded: (nodeId: string, durationMs: number, hasFailed: boolean) =>
        this.durations.ended(workflowId, nodeId, durationMs, hasFailed),
    };
    const { cancelGraceMs } = this.config;
    return new ActiveExecution({ ...options, instanceId, cancelGraceMs }, this.queue.current, ports, events);
  }
}
