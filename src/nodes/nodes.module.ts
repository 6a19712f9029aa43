import { Module } from '@nestjs/common';
import { Config } from '../config/env.js';
import { DatabaseConnections } from './database/database-connections.js';
import { FilesFolder } from './files/files-folder.js';
import { NodeRegistry } from './node-registry.js';
import { NodeTypesController } from './node-types.controller.js';
import { registerOwnNodeTypes } from './own-node-types.js';
import { ScriptPool } from './script/script-pool.js';
import { serverNodeTypes } from './server-node-types.js';

/** The node types and their catalogue. */
@Module({
  providers: [
    {
      provide: NodeRegistry,
      inject: [ScriptPool, DatabaseConnections, Config],
      useFactory: async (scripts: ScriptPool, databases: DatabaseConnections, config: Config) => {
        const files = new FilesFolder(config.filesDir);
        const registry = new NodeRegistry(serverNodeTypes(scripts, databases, files));
        if (config.nodeTypesDir !== undefined) await registerOwnNodeTypes(registry, config.nodeTypesDir);
        return registry;
      },
    },
    ScriptPool,
    DatabaseConnections,
  ],
  controllers: [NodeTypesController],
  exports: [NodeRegistry],
})
export class NodesModule {}
