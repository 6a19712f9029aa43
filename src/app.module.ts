import { Module } from '@nestjs/common';
import { ExecutionsModule } from './executions/executions.module.js';
import { NodesModule } from './nodes/nodes.module.js';
import { WorkflowsModule } from './workflows/workflows.module.js';

/** The features of the server. */
@Module({ imports: [NodesModule, WorkflowsModule, ExecutionsModule] })
export class AppModule {}
