import { Module } from '@nestjs/common';
import { NodesModule } from '../nodes/nodes.module.js';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { NodeStatistics } from './node-statistics.js';
import { WorkflowCatalog } from './workflow-catalog.js';
import { WorkflowEstimates } from './workflow-estimates.js';
import { WorkflowImport } from './workflow-import.js';
import { WorkflowRevisionsController } from './workflow-revisions.controller.js';
import { WorkflowRevisions } from './workflow-revisions.js';
import { WorkflowSchemaController } from './workflow-schema.controller.js';
import { WorkflowStorage } from './workflow-storage.js';
import { WorkflowsController } from './workflows.controller.js';

/** Workflow documents: their storage, their revisions, import, export and statistics. */
@Module({
  imports: [NodesModule, RepositoriesModule],
  controllers: [WorkflowsController, WorkflowRevisionsController, WorkflowSchemaController],
  providers: [WorkflowStorage, WorkflowCatalog, WorkflowEstimates, WorkflowImport, WorkflowRevisions, NodeStatistics],
})
export class WorkflowsModule {}
