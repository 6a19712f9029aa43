import { Module } from '@nestjs/common';
import { ExecutionsModule } from './executions/executions.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { NodesModule } from './nodes/nodes.module.js';
import { WorkflowsModule } from './workflows/workflows.module.js';

/** The features of the server. */
@Module({ imports: [NodesModule, WorkflowsModule, ExecutionsModule, RecoveryModule] })
export class AppModule {}
