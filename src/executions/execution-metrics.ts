import { Injectable } from '@nestjs/common';
import type { MetricSample } from '../engine/journal/metric-sample.js';
import { ExecutionFolds } from '../repositories/execution-folds.js';
import { MetricRepository } from '../repositories/metric.repository.js';
import type { ListMetricsQuery } from './dto/list-metrics.query.js';
import { LATEST_TIME } from './dto/latest-time.js';
import { evenlyPicked } from './evenly-picked.js';
import { executionNotFound } from './execution-not-found.js';

export interface MetricList {
  executionId: string;
  metrics: MetricSample[];
  count: number;
}

/** What was measured while executions ran. */
@Injectable()
export class ExecutionMetrics {
  constructor(
    private readonly metrics: MetricRepository,
    private readonly folds: ExecutionFolds,
  ) {}

  /** The samples that were taken between, and those of the execution's ends. @throws EngineError NOT_FOUND */
  async list(executionId: string, { from = 0, to = LATEST_TIME, points }: ListMetricsQuery): Promise<MetricList> {
    const between = await this.metrics.list(executionId, { from, to });
    const state = await this.folds.load(executionId);
    if (!state) throw executionNotFound(executionId);
    const atEnds = state.closings.map(({ sample }) => sample);
    const all = [...between, ...atEnds.filter(({ timestamp }) => timestamp >= from && timestamp <= to)];
    all.sort((a, b) => a.timestamp - b.timestamp);
    const metrics = evenlyPicked(all, points);
    return { executionId, metrics, count: metrics.length };
  }
}
