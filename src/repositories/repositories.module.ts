import { Module } from '@nestjs/common';
import { BatchRepository } from './batch.repository.js';
import { ClaimRepository } from './claim.repository.js';
import { CommandRepository } from './command.repository.js';
import { DeletionBatches } from './deletion-batches.js';
import { ExecutionFolds } from './execution-folds.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { InstanceRepository } from './instance.repository.js';
import { JournalRepository } from './journal.repository.js';
import { UsageRepository } from './usage.repository.js';
import { WorkflowHeadRepository } from './workflow-head.repository.js';
import { WorkflowListRepository } from './workflow-list.repository.js';
import { WorkflowRepository } from './workflow.repository.js';
import { EventRepository } from './event.repository.js';
import { ExecutionConfigRepository } from './execution-config.repository.js';
import { ExecutionCounterRepository } from './execution-counter.repository.js';
import { ExecutionDeletionRepository } from './execution-deletion.repository.js';
import { ExecutionStatisticsRepository } from './execution-statistics.repository.js';
import { ExecutionRepository } from './execution.repository.js';
import { LogRepository } from './log.repository.js';
import { WakeChannel } from './wake-channel.js';
import { MetricRepository } from './metric.repository.js';
import { NodeDurationRepository } from './node-duration.repository.js';
import { NodeTimeHistory } from './node-time-history.js';
import { OwnerRepository } from './owner.repository.js';

const REPOSITORIES = [
  BatchRepository,
  LogRepository,
  ExecutionRepository,
  ExecutionConfigRepository,
  ExecutionCounterRepository,
  ExecutionStatisticsRepository,
  ExecutionDeletionRepository,
  EventRepository,
  ClaimRepository,
  CommandRepository,
  DeletionBatches,
  ExecutionFolds,
  IdempotencyRepository,
  InstanceRepository,
  JournalRepository,
  MetricRepository,
  NodeDurationRepository,
  NodeTimeHistory,
  OwnerRepository,
  UsageRepository,
  WakeChannel,
  WorkflowHeadRepository,
  WorkflowListRepository,
  WorkflowRepository,
];

/** The one storage layer that the feature modules share. */
@Module({ providers: REPOSITORIES, exports: REPOSITORIES })
export class RepositoriesModule {}
