import { Module } from '@nestjs/common';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { MetricsSampler } from './metrics-sampler.js';
import { ProcessMeter } from './process-meter.js';

/** What is measured and told of executions while they run. */
@Module({
  imports: [RepositoriesModule],
  providers: [MetricsSampler, ProcessMeter],
  exports: [MetricsSampler, ProcessMeter],
})
export class MonitoringModule {}
