import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { OutputCache } from '../engine/caching/output-cache.js';
import { EvaluationTurns } from '../engine/expressions/evaluation-turns.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { ExecutionMeter } from '../monitoring/execution-meter.js';
import { ProcessMeter } from '../monitoring/process-meter.js';
import { PrometheusMetrics } from '../monitoring/prometheus-metrics.js';
import { createCountingFetch } from '../nodes/counting-fetch.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import type { SampleTotals } from '../repositories/metric.repository.js';
import { ActiveExecution, type ActiveEvents, type ActiveOptions } from './active-execution.js';
import { Clock } from './clock.js';
import { JournalQueue } from './journal-queue.js';
import { Lease } from './lease.js';
import { NodeDurations } from './node-durations.js';

/** Gives a driver what it needs from outside: time, node types, the journal's queue and the lease. */
@Injectable()
export class ActiveExecutionFactory {
  private readonly cache = new OutputCache();
  /** In which the expressions of all executions of this instance are evaluated. */
  readonly turns: EvaluationTurns;

  constructor(
    private readonly config: Config,
    private readonly identity: InstanceIdentity,
    private readonly registry: NodeRegistry,
    private readonly clock: Clock,
    private readonly queue: JournalQueue,
    private readonly lease: Lease,
    private readonly durations: NodeDurations,
    private readonly process: ProcessMeter,
    private readonly prometheus: PrometheusMetrics,
  ) {
    this.turns = new EvaluationTurns({
      elapsed: () => performance.now(),
      defer: (callback) => this.clock.defer(callback),
    });
  }

  /** @param measured what was measured of it before it came into memory */
  make(
    options: Pick<ActiveOptions, 'executionId' | 'plan' | 'state' | 'creation' | 'claims'>,
    events: ActiveEvents,
    measured?: SampleTotals,
  ): ActiveExecution {
    const instanceId = this.identity.id;
    const meter = new ExecutionMeter(this.process, options.state, this.clock.now(), measured);
    const { plan } = options;
    const ports = {
      scheduler: this.clock,
      catalog: this.registry,
      cache: this.cache,
      turns: this.turns,
      createFetch: createCountingFetch,
      instanceId: () => instanceId,
      confirmLease: () => this.lease.confirm(),
      measureEnd: (state: ExecutionState, timestamp: number) => meter.close(state, timestamp),
      onNodeEnded: (nodeId: string, durationMs: number, hasFailed: boolean) => {
        this.durations.ended(plan.workflowId, nodeId, durationMs, hasFailed);
        const node = plan.byId.get(nodeId);
        if (node) this.prometheus.nodeEnded(node.type.type, durationMs, hasFailed);
      },
    };
    const { cancelGraceMs } = this.config;
    return new ActiveExecution({ ...options, meter, instanceId, cancelGraceMs }, this.queue.current, ports, events);
  }
}
