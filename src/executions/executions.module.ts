import { Module } from '@nestjs/common';
import { MonitoringModule } from '../monitoring/monitoring.module.js';
import { NodesModule } from '../nodes/nodes.module.js';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { ActiveExecutionFactory } from './active-execution.factory.js';
import { ActiveExecutions } from './active-executions.js';
import { BatchRetention } from './batch-retention.js';
import { CommandAnswers } from './command-answers.js';
import { CommandInbox } from './command-inbox.js';
import { CommandRetention } from './command-retention.js';
import { Clock } from './clock.js';
import { Dispatcher } from './dispatcher.js';
import { ExecutionIntake } from './execution-intake.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionsService } from './executions.service.js';
import { JournalQueue } from './journal-queue.js';
import { KeyedCreations } from './keyed-creations.js';
import { Lease } from './lease.js';
import { LocalCommands } from './local-commands.js';
import { NodeDurations } from './node-durations.js';
import { NodeSettlement } from './node-settlement.js';
import { Plans } from './plans.js';
import { PostedCommands } from './posted-commands.js';
import { ResumePreparation } from './resume-preparation.js';
import { Retention } from './retention.js';
import { WakeUps } from './wake-ups.js';
import { Takeovers } from './takeovers.js';
import { UndoDescriptions } from './undo-descriptions.js';
import { WorkflowUsage } from './workflow-usage.js';
import { ExecutionCommandsController } from './execution-commands.controller.js';
import { ExecutionCounters } from './execution-counters.js';
import { ExecutionDefinition } from './execution-definition.js';
import { ExecutionDeletion } from './execution-deletion.js';
import { ExecutionEnds } from './execution-ends.js';
import { ExecutionExplainer } from './execution-explainer.js';
import { ExecutionFeedSource } from './execution-feed-source.js';
import { ExecutionHistory } from './execution-history.js';
import { ExecutionJournal } from './execution-journal.js';
import { ExecutionMetrics } from './execution-metrics.js';
import { ExecutionReader } from './execution-reader.js';
import { ExecutionReadsController } from './execution-reads.controller.js';
import { ExecutionsController } from './executions.controller.js';
import { InstancesController } from './instances.controller.js';

/** Executions: intake, driving, commands and what is read of them. */
@Module({
  imports: [RepositoriesModule, NodesModule, MonitoringModule],
  controllers: [ExecutionCommandsController, ExecutionReadsController, ExecutionsController, InstancesController],
  providers: [
    ExecutionReader,
    ExecutionJournal,
    ExecutionCounters,
    ExecutionDefinition,
    ExecutionDeletion,
    ExecutionEnds,
    ExecutionExplainer,
    ExecutionFeedSource,
    ExecutionHistory,
    ExecutionMetrics,
    ActiveExecutionFactory,
    ActiveExecutions,
    BatchRetention,
    Clock,
    CommandAnswers,
    CommandInbox,
    CommandRetention,
    Dispatcher,
    ExecutionIntake,
    ExecutionLifecycle,
    ExecutionsService,
    JournalQueue,
    KeyedCreations,
    Lease,
    LocalCommands,
    NodeDurations,
    NodeSettlement,
    Plans,
    PostedCommands,
    ResumePreparation,
    Retention,
    Takeovers,
    UndoDescriptions,
    WakeUps,
    WorkflowUsage,
  ],
  exports: [ActiveExecutions, Clock, ExecutionReader, ExecutionsService, Plans, ResumePreparation, UndoDescriptions],
})
export class ExecutionsModule {}
