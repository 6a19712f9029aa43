import { Injectable } from '@nestjs/common';
import { Config } from '../config/env.js';
import { Log } from '../config/logger.js';
import type { Activity } from '../engine/journal/summary.js';
import type { ExecutionState } from '../engine/state/execution-state.js';
import { InstanceIdentity } from '../repositories/instance-identity.js';
import { MetricRepository, type MetricRow, type RowsToThin } from '../repositories/metric.repository.js';
import type { ExecutionMeter } from './execution-meter.js';
import { ProcessMeter } from './process-meter.js';
import { RowSpacing } from './row-spacing.js';

/** An execution that this process drives. */
export interface SampledExecution {
  readonly executionId: string;
  readonly state: ExecutionState;
  /** What goes on in it now. */
  readonly activity: Activity | null;
  readonly meter: ExecutionMeter;
}

/** Where the executions are and what time it is. */
export interface SamplerSource {
  /** Epoch ms by the database's clock. */
  now(): number;
  executions(): Iterable<SampledExecution>;
  /** These samples were taken now. */
  sampled(rows: readonly MetricRow[]): void;
}

/** While something acts, or is about to; in all others it is only waited. */
const RUNNING: ReadonlySet<Activity | null> = new Set(['executing', 'pausing', 'cancelling', 'rolling-back']);

/**
 * Samples what this process drives every METRICS_INTERVAL_MS: a row for each execution that runs, all in one statement.
 * Rows that cannot be written are dropped: nothing waits for them.
 */
@Injectable()
export class MetricsSampler {
  private readonly spacings = new WeakMap<ExecutionMeter, RowSpacing>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly metrics: MetricRepository,
    private readonly process: ProcessMeter,
    private readonly identity: InstanceIdentity,
    private readonly log: Log,
  ) {}

  begin(source: SamplerSource): void {
    this.timer = setInterval(() => this.sample(source), this.config.metricsIntervalMs);
  }

  /** What is being written is written. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  /** Takes the samples that are due; while the ones before are still being written, the next ones have to wait. */
  private sample(source: SamplerSource): void {
    // Also when nothing runs: what ends within 100 ms is told the CPU of the time since the reading before.
    this.process.read();
    if (this.writing) return;
    const now = source.now();
    const rows: MetricRow[] = [];
    const toThin: RowsToThin[] = [];
    for (const { executionId, state, activity, meter } of source.executions()) {
      if (!RUNNING.has(activity)) {
        meter.rest(state, now);
        continue;
      }
      const { isDue, thinTo } = this.spacingOf(meter).next(now - (state.startedAt ?? now));
      if (isDue) rows.push({ executionId, sample: meter.sample(state, now) });
      if (thinTo !== undefined) toThin.push({ executionId, spacing: thinTo });
    }
    if (rows.length === 0) return;
    source.sampled(rows);
    this.writing = this.write(rows, toThin).finally(() => {
      this.writing = undefined;
    });
  }

  private async write(rows: readonly MetricRow[], toThin: readonly RowsToThin[]): Promise<void> {
    try {
      await this.metrics.add(this.identity.id, rows);
      if (toThin.length > 0) await this.metrics.thin(toThin);
    } catch (error) {
      this.log.warn({ err: error, rows: rows.length }, 'metrics could not be written; they are dropped');
    }
  }

  private spacingOf(meter: ExecutionMeter): RowSpacing {
    let spacing = this.spacings.get(meter);
    if (!spacing) {
      spacing = new RowSpacing(this.config.metricsIntervalMs);
      this.spacings.set(meter, spacing);
    }
    return spacing;
  }
}
