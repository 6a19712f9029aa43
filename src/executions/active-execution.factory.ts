import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { createCountingFetch } from '../nodes/counting-fetch.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { ActiveExecution, type ActiveEvents, type ActiveOptions } from './active-execution.js';
import { Clock } from './clock.js';
import { JournalQueue } from './journal-queue.js';
import { Lease } from './lease.js';

/** Gives a driver what it needs from outside: time, node types, the journal's queue and the lease. */
@Injectable()
export class ActiveExecutionFactory {
  constructor(
    private readonly config: Config,
    private readonly identity: InstanceIdentity,
    private readonly registry: NodeRegistry,
    private readonly clock: Clock,
    private readonly queue: JournalQueue,
    private readonly lease: Lease,
  ) {}

  make(
    options: Pick<ActiveOptions, 'executionId' | 'plan' | 'state' | 'creation'>,
    events: ActiveEvents,
  ): ActiveExecution {
    const instanceId = this.identity.id;
    const ports = {
      scheduler: this.clock,
      catalog: this.registry,
      createFetch: createCountingFetch,
      instanceId: () => instanceId,
      confirmLease: () => this.lease.confirm(),
    };
    const { cancelGraceMs } = this.config;
    return new ActiveExecution({ ...options, instanceId, cancelGraceMs }, this.queue.current, ports, events);
  }
}
