import { Module } from '@nestjs/common';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { ExecutionMonitor } from './execution-monitor.js';
import { FeedSubscriptions } from './feed-subscriptions.js';
import { JournalFollower } from './journal-follower.js';
import { JournalPositions } from './journal-positions.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsSampler } from './metrics-sampler.js';
import { ProcessMeter } from './process-meter.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { CursorHeaders } from './wire/cursor-headers.js';
import { EventStreams } from './wire/event-streams.js';
import { EventsController } from './wire/events.controller.js';
import { FeedAccess } from './wire/feed-access.js';
import { MonitorBroadcaster } from './wire/monitor-broadcaster.js';
import { MonitorGateway } from './wire/monitor.gateway.js';

/** What is measured and told of executions while they run. */
@Module({
  imports: [RepositoriesModule],
  controllers: [MetricsController, EventsController],
  providers: [
    ExecutionMonitor,
    FeedSubscriptions,
    JournalFollower,
    JournalPositions,
    MetricsSampler,
    ProcessMeter,
    PrometheusMetrics,
    CursorHeaders,
    EventStreams,
    FeedAccess,
    MonitorBroadcaster,
    MonitorGateway,
  ],
  exports: [ExecutionMonitor, FeedSubscriptions, MetricsSampler, ProcessMeter, PrometheusMetrics],
})
export class MonitoringModule {}
