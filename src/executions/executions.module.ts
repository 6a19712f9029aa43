import { Module } from '@nestjs/common';
import { NodesModule } from '../nodes/nodes.module.js';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { ActiveExecutionFactory } from './active-execution.factory.js';
import { ActiveExecutions } from './active-executions.js';
import { BatchRetention } from './batch-retention.js';
import { Clock } from './clock.js';
import { Dispatcher } from './dispatcher.js';
import { ExecutionIntake } from './execution-intake.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionsService } from './executions.service.js';
import { JournalQueue } from './journal-queue.js';
import { KeyedCreations } from './keyed-creations.js';
import { Lease } from './lease.js';
import { NodeDurations } from './node-durations.js';
import { Plans } from './plans.js';
import { Retention } from './retention.js';
import { WorkflowUsage } from './workflow-usage.js';
import { ExecutionCommandsController } from './execution-commands.controller.js';
import { ExecutionCounters } from './execution-counters.js';
import { ExecutionDefinition } from './execution-definition.js';
import { ExecutionDeletion } from './execution-deletion.js';
import { ExecutionEnds } from './execution-ends.js';
import { ExecutionHistory } from './execution-history.js';
import { ExecutionJournal } from './execution-journal.js';
import { ExecutionReader } from './execution-reader.js';
import { ExecutionReadsController } from './execution-reads.controller.js';
import { ExecutionsController } from './executions.controller.js';

/** Executions: intake, driving, commands and what is read of them. */
@Module({
  imports: [RepositoriesModule, NodesModule],
  controllers: [ExecutionCommandsController, ExecutionReadsController, ExecutionsController],
  providers: [
    ExecutionReader,
    ExecutionJournal,
    ExecutionCounters,
    ExecutionDefinition,
    ExecutionDeletion,
    ExecutionEnds,
    ExecutionHistory,
    ActiveExecutionFactory,
    ActiveExecutions,
    BatchRetention,
    Clock,
    Dispatcher,
    ExecutionIntake,
    ExecutionLifecycle,
    ExecutionsService,
    JournalQueue,
    KeyedCreations,
    Lease,
    NodeDurations,
    Plans,
    Retention,
    WorkflowUsage,
  ],
})
export class ExecutionsModule {}
