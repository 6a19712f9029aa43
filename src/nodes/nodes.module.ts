import { Module } from '@nestjs/common';
import { NodeRegistry } from './node-registry.js';
import { NodeTypesController } from './node-types.controller.js';

/** The node types and their catalogue. */
@Module({ providers: [NodeRegistry], controllers: [NodeTypesController], exports: [NodeRegistry] })
export class NodesModule {}
