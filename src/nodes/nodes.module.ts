import { Module } from '@nestjs/common';
import { builtInNodeTypes } from './built-in-node-types.js';
import { NodeRegistry } from './node-registry.js';
import { NodeTypesController } from './node-types.controller.js';

/** The node types and their catalogue. */
@Module({
  providers: [
    {
      provide: NodeRegistry,
      useFactory: () => new NodeRegistry(builtInNodeTypes),
    },
  ],
  controllers: [NodeTypesController],
  exports: [NodeRegistry],
})
export class NodesModule {}
