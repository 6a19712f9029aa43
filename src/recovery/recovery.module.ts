import { Module } from '@nestjs/common';
import { ExecutionsModule } from '../executions/executions.module.js';
import { NodesModule } from '../nodes/nodes.module.js';
import { RepositoriesModule } from '../repositories/repositories.module.js';
import { Rerun } from './rerun.js';
import { ResumeController } from './resume.controller.js';
import { ResumeManager } from './resume-manager.js';
import { RetryManager } from './retry-manager.js';
import { RollbackController } from './rollback.controller.js';
import { RollbackManager } from './rollback-manager.js';

/** Recovery: what is undone, and how an execution goes on afterwards. */
@Module({
  imports: [ExecutionsModule, NodesModule, RepositoriesModule],
  controllers: [ResumeController, RollbackController],
  providers: [Rerun, ResumeManager, RetryManager, RollbackManager],
})
export class RecoveryModule {}
